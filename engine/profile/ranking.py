"""A tally -> the project's functions, ranked, with their callers, callees and hot lines; and what is not theirs."""

import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from engine.model import Allocation, Bottleneck, Edge, LineHeat, Profile, Unmapped
from engine.profile.places import DRIVER, Owner
from engine.profile.tally import Tally

LEAST_SHARE = 0.001
"""Functions, edges and unmapped modules below this share of their whole are left out."""
MOST_EDGES = 12
LEAST_HEAT = 0.0005
MOST_UNMAPPED = 60
MOST_ALLOCATIONS = 12


def profile_of(
    tally: Tally, command: str, format: str, *, calls: Tally | None = None, lines: Tally | None = None
) -> Profile:
    """The profile as the other stages see it.

    `calls` and `lines` are second looks at the same program: one that knows who called whom how often, where `tally`
    knows times only, and one that knows lines and stacks, where `tally` knows calls only.
    """
    whole = tally.whole
    bottlenecks = rank(tally, calls or tally, lines or tally)
    optimisable = frozenset(item.id for item in bottlenecks)
    return Profile(
        id=uuid.uuid4().hex,
        command=command,
        format=format,
        seconds=whole if tally.unit == "seconds" else 0.0,
        unit=tally.unit,
        amount=whole,
        at=time.time(),
        bottlenecks=bottlenecks,
        unmapped=unmapped(tally, bottlenecks),
        flame=(lines or tally).flame.nodes(optimisable),
    )


def rank(tally: Tally, calls: Tally, lines: Tally) -> tuple[Bottleneck, ...]:
    """The project's functions by addressable share, largest first; module-level code only if nothing else."""
    whole = tally.whole
    found = [owner for owner in tally.sums if owner.in_project and not owner.group]
    found = [owner for owner in found if tally.total(owner) >= LEAST_SHARE * whole]
    heat = _heat(lines)
    if found:
        items = [_bottleneck(tally, calls, owner, owner, heat, whole) for owner in found]
    else:
        modules = [owner for owner in tally.sums if owner.group == f"{owner.file} {owner.name}"]
        items = [_bottleneck(tally, calls, owner, tally.places.whole_file(owner), heat, whole) for owner in modules]
        items = [item for item in items if item.addressable_share >= LEAST_SHARE]
    return tuple(sorted(items, key=lambda item: (-item.addressable_share, -item.total_share, item.file, item.line)))


def _bottleneck(
    tally: Tally, calls: Tally, owner: Owner, shown: Owner, heat: Mapping[Owner, tuple[LineHeat, ...]], whole: float
) -> Bottleneck:
    sums = tally.sums[owner]
    known = calls if owner in calls.sums else tally
    total = known.total(owner)
    return Bottleneck(
        id=shown.id,
        file=shown.file,
        function=shown.name,
        line=shown.line,
        end_line=shown.end_line,
        self_share=_share(sums.own, whole),
        total_share=_share(tally.total(owner), whole),
        addressable_share=_share(max(sums.own, sums.addressable), whole),
        calls=known.sums[owner].calls or known.sums[owner].inner_calls,
        callers=_edges(known.callers[owner], total),
        callees=_edges(known.calls[owner], total),
        heat=heat.get(owner, ()),
        allocations=_allocations(tally.allocated.get(owner, {})),
    )


def _allocations(bytes: Mapping[int, float]) -> tuple[Allocation, ...]:
    largest = sorted(bytes.items(), key=lambda item: (-item[1], item[0]))[:MOST_ALLOCATIONS]
    return tuple(Allocation(line=line, bytes=size) for line, size in largest if size >= 1)


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0


def _edges(neighbours: Mapping[Owner, Sequence[float]], whole: float) -> tuple[Edge, ...]:
    edges = [
        Edge(
            function=owner.name,
            file=owner.file,
            line=owner.line,
            share=_share(total, whole),
            calls=int(calls),
        )
        for owner, (calls, total) in neighbours.items()
        if owner.group != DRIVER and total >= LEAST_SHARE * whole
    ]
    edges.sort(key=lambda edge: (-edge.share, -edge.calls, edge.function))
    return tuple(edges[:MOST_EDGES])


def _heat(tally: Tally) -> dict[Owner, tuple[LineHeat, ...]]:
    """The share of all profiled time of each line, where lines are known: a definition's line alone is no news."""
    whole = tally.whole
    found = {}
    for owner, lines in tally.heat.items():
        shown = [
            LineHeat(line=line, share=_share(cost, whole))
            for line, cost in sorted(lines.items())
            if cost >= LEAST_HEAT * whole and (owner.group or owner.line <= line <= owner.end_line)
        ]
        if len(shown) > 1 or any(item.line != owner.line for item in shown) or owner.line == owner.end_line:
            found[owner] = tuple(shown)
    return found


def unmapped(tally: Tally, bottlenecks: Iterable[Bottleneck]) -> tuple[Unmapped, ...]:
    """Time that belongs to none of the bottlenecks, by module or file, largest first; it leaves nothing out."""
    listed = {bottleneck.id for bottleneck in bottlenecks}
    whole = tally.whole
    shares: dict[str, float] = defaultdict(float)
    for owner, sums in tally.sums.items():
        if owner.group != DRIVER and owner.id not in listed and sums.own > 0:
            shares[owner.group or f"{owner.file}, small functions"] += _share(sums.own, whole)
    ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    shown = [item for item in ranked if item[1] >= LEAST_SHARE][:MOST_UNMAPPED]
    rest = sum(share for _, share in ranked[len(shown) :])
    if rest > LEAST_SHARE / 10:
        shown.append((f"{len(ranked) - len(shown)} smaller ones", rest))
    return tuple(Unmapped(name=name, share=share) for name, share in shown)
