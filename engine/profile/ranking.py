"""Recorded calls and stacks -> the project's functions, ranked, with their callers, callees and hot lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from engine.model import Bottleneck, Edge, LineHeat, Unmapped
from engine.profile.places import DRIVER, Owner, Places
from engine.profile.records import CallRecord, LineRecord

LEAST_SHARE = 0.001
"""Functions, edges and unmapped modules below this share of their whole are left out."""
MOST_EDGES = 12
LEAST_HEAT = 0.0005
_ROUNDS = 12


class _Times:
    """What the profile says about one owner; times in seconds."""

    def __init__(self) -> None:
        self.own = 0.0
        self.total = 0.0
        """Of the function's own code object."""
        self.calls = 0
        self.inner_total = 0.0
        """Of lambdas and comprehensions in it: mostly part of `total`, and all there is when they ran without it."""
        self.inner_calls = 0


class Graph:
    """All recorded processes as one: times by owner, and calls between different owners."""

    def __init__(self, records: Sequence[CallRecord], places: Places) -> None:
        self.times: dict[Owner, _Times] = defaultdict(_Times)
        self.calls: dict[Owner, dict[Owner, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0, 0.0]))
        self.callers: dict[Owner, dict[Owner, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0, 0.0]))
        for record in records:
            self._add(record, places)
        self.seconds = sum(times.own for owner, times in self.times.items() if owner.group != DRIVER)
        self._project_part = self._find_project_part()

    def _add(self, record: CallRecord, places: Places) -> None:
        owners = [places.owner(record.root, item.file, item.line, item.name) for item in record.functions]
        itself = [
            owner.group != "" or places.is_function_itself(owner, item.line, item.name)
            for owner, item in zip(owners, record.functions, strict=True)
        ]
        for owner, item, whole in zip(owners, record.functions, itself, strict=True):
            times = self.times[owner]
            times.own += item.own
            if whole:
                times.total += item.total
                times.calls += item.calls
            else:
                times.inner_total += item.total
                times.inner_calls += item.calls
        for call in record.calls:
            caller, callee = owners[call.caller], owners[call.callee]
            if caller != callee:
                _count(self.calls[caller][callee], call.calls, call.total)
                if itself[call.callee]:
                    _count(self.callers[callee][caller], call.calls, call.total)

    def total(self, owner: Owner) -> float:
        """Seconds in the function and in all that it called."""
        times = self.times[owner]
        return min(self.seconds, max(times.total or times.inner_total, times.own))

    def addressable(self, owner: Owner) -> float:
        """Own seconds plus those of outside code called directly, without what that code calls back in the project."""
        outside = sum(
            total * (1 - self._project_part[callee])
            for callee, (_, total) in self.calls[owner].items()
            if not callee.in_project
        )
        return max(self.times[owner].own, min(self.total(owner), self.times[owner].own + outside))

    def _find_project_part(self) -> dict[Owner, float]:
        """The fraction of an outside function's total time in which code of the project runs, as with `sorted(key=…)`.

        Calls among outside functions can be cyclic, so the fractions are approached in a few rounds.
        """
        outside = [owner for owner in self.times if not owner.in_project]
        part = dict.fromkeys(outside, 0.0)
        for _ in range(_ROUNDS):
            changed = False
            for owner in outside:
                inside = sum(
                    total * (1.0 if callee.in_project else part[callee])
                    for callee, (_, total) in self.calls[owner].items()
                )
                total = self.times[owner].total
                new = min(1.0, inside / total) if total > 0 else 0.0
                changed = changed or abs(new - part[owner]) > 0.001
                part[owner] = new
            if not changed:
                break
        return part


def _count(sums: list[float], calls: int, total: float) -> None:
    sums[0] += calls
    sums[1] += total


def rank(graph: Graph, heat: Mapping[Owner, tuple[LineHeat, ...]], places: Places) -> tuple[Bottleneck, ...]:
    """The project's functions by addressable share, largest first; module-level code only if nothing else."""
    found = [owner for owner in graph.times if owner.in_project and not owner.group]
    found = [owner for owner in found if graph.total(owner) >= LEAST_SHARE * graph.seconds]
    if found:
        items = [_bottleneck(graph, owner, owner, heat) for owner in found]
    else:
        modules = [owner for owner in graph.times if owner.group == f"{owner.file} {owner.name}"]
        items = [_bottleneck(graph, owner, places.whole_file(owner), heat) for owner in modules]
        items = [item for item in items if item.addressable_share >= LEAST_SHARE]
    return tuple(sorted(items, key=lambda item: (-item.addressable_share, -item.total_share, item.file, item.line)))


def _bottleneck(graph: Graph, owner: Owner, shown: Owner, heat: Mapping[Owner, tuple[LineHeat, ...]]) -> Bottleneck:
    times = graph.times[owner]
    total = graph.total(owner)
    return Bottleneck(
        id=shown.id,
        file=shown.file,
        function=shown.name,
        line=shown.line,
        end_line=shown.end_line,
        self_share=times.own / graph.seconds,
        total_share=total / graph.seconds,
        addressable_share=graph.addressable(owner) / graph.seconds,
        calls=times.calls or times.inner_calls,
        callers=_edges(graph.callers[owner], total),
        callees=_edges(graph.calls[owner], total),
        heat=heat.get(owner, ()),
    )


def _edges(neighbours: Mapping[Owner, Sequence[float]], whole: float) -> tuple[Edge, ...]:
    edges = [
        Edge(
            function=owner.name,
            file=owner.file,
            line=owner.line,
            share=min(1.0, total / whole) if whole else 0.0,
            calls=int(calls),
        )
        for owner, (calls, total) in neighbours.items()
        if owner.group != DRIVER
    ]
    edges.sort(key=lambda edge: (-edge.share, -edge.calls, edge.function))
    return tuple(edge for edge in edges if edge.share >= LEAST_SHARE)[:MOST_EDGES]


def unmapped(graph: Graph, bottlenecks: Iterable[Bottleneck]) -> tuple[Unmapped, ...]:
    """Time that belongs to none of the bottlenecks, by module or file, largest first."""
    listed = {bottleneck.id for bottleneck in bottlenecks}
    shares: dict[str, float] = defaultdict(float)
    for owner, times in graph.times.items():
        if owner.group != DRIVER and owner.id not in listed:
            shares[owner.group or f"{owner.file}, small functions"] += times.own / graph.seconds
    ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Unmapped(name=name, share=share) for name, share in ranked if share >= LEAST_SHARE)


def line_heat(records: Sequence[LineRecord], places: Places) -> dict[Owner, tuple[LineHeat, ...]]:
    """The share of all samples that each line of the project was on the stack with.

    A function counts once in a sample, with its innermost line: what a callee takes counts at the line that calls
    it, and a recursion counts where it stands, so that the lines of a function add up to its total share.
    """
    counts: dict[Owner, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    samples = 0
    for record in records:
        owners = [places.owner(record.root, file, line) for file, line in record.frames]
        for count, stack in record.stacks:
            samples += count
            innermost_lines: dict[Owner, int] = {}
            for at in stack:
                innermost_lines.setdefault(owners[at], record.frames[at][1])
            for owner, line in innermost_lines.items():
                if owner.in_project:
                    counts[owner][line] += count
    return {
        owner: tuple(
            LineHeat(line=line, share=count / samples)
            for line, count in sorted(lines.items())
            if count / samples >= LEAST_HEAT
        )
        for owner, lines in counts.items()
    }
