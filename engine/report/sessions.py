"""Sessions in short, two beside each other, and one function in many profiles: pure functions over what was read."""

import time
from collections.abc import Iterator, Sequence

import msgspec

from engine.model import Profile
from engine.protocol import Snapshot
from engine.report.crossings import guaranteed
from engine.report.tables import NOTHING, Table, money
from engine.report.tally import Nouns, by_approach, ended

CURRENT = "current"
"""The name of the session that the engine works on."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """One session, in short."""

    name: str
    bytes: int
    began: float | None = None
    """Of its oldest noun; None when it is empty or cannot be read."""
    ended: float | None = None
    candidates: int = 0
    evaluations: int = 0
    proven: int = 0
    """Candidates that are proven faster."""
    usd: float = 0.0
    """As far as prices are known."""
    best: float = 0.0
    """The largest guaranteed gain, in percent."""
    best_of: str = ""
    """Whose it is: `function: LLM`."""
    commit: str = ""
    """Of its newest profile."""
    problem: str = ""
    """Why it cannot be read."""


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One function in one profile."""

    at: float
    commit: str
    session: str
    function: str
    profiler: str
    self_share: float
    addressable_share: float
    seconds: float | None
    """Of its own; None when the profile counts something else."""
    whole: float | None
    """Seconds of the whole profile."""


def nouns_of(kept: Snapshot, profiles: Sequence[Profile]) -> Nouns:
    """A session for a report, with the bottlenecks of all its profiles."""
    known = {item.id: item for profile in profiles for item in profile.bottlenecks}
    return Nouns(
        prompts={item.id: item for item in kept.prompts},
        candidates={item.id: item for item in kept.candidates},
        evaluations={item.id: item for item in kept.evaluations},
        bottlenecks=tuple(known.values()),
    )


def facts(name: str, size: int, kept: Snapshot, nouns: Nouns) -> Facts:
    """A session of `size` bytes in short."""
    times = [item.at for group in (kept.prompts, kept.candidates, kept.evaluations, kept.jobs) for item in group]
    times += [kept.profile.at] if kept.profile else []
    gains = [(guaranteed(evaluation), candidate) for candidate, evaluation in ended(nouns)]
    best, owner = max(gains, key=lambda pair: pair[0], default=(0.0, None))
    usages = [item.usage for item in kept.prompts] + [item.usage for item in kept.candidates]
    return Facts(
        name=name,
        bytes=size,
        began=min(times, default=None),
        ended=max(times, default=None),
        candidates=len(kept.candidates),
        evaluations=len([item for item in kept.evaluations if item.verdict and not item.search]),
        proven=sum(gain > 0 for gain, _ in gains),
        usd=sum(usage.usd or 0.0 for usage in usages if usage is not None),
        best=best,
        best_of=f"{_function(nouns, owner.bottleneck)}: {owner.llm}" if best and owner else "",
        commit=kept.profile.commit if kept.profile else "",
    )


def trend_points(session: str, profile: Profile, function: str) -> Iterator[TrendPoint]:
    """Where one profile of a session names the function."""
    timed = profile.unit == "seconds"
    for item in profile.bottlenecks:
        if item.function == function:
            yield TrendPoint(
                at=profile.at,
                commit=profile.commit,
                session=session,
                function=function,
                profiler=profile.profiler,
                self_share=item.self_share,
                addressable_share=item.addressable_share,
                seconds=item.self_share * profile.seconds if timed else None,
                whole=profile.seconds if timed else None,
            )


def tables_of_two(facts: Sequence[Facts], both: Sequence[tuple[str, Nouns]]) -> tuple[Table, ...]:
    """Two sessions beside each other: in short, by bottleneck, by LLM and approach."""
    return (_in_short(facts), _by_bottleneck(both), _by_approach(both))


def _in_short(facts: Sequence[Facts]) -> Table:
    rows = [
        ("began", *(when(item.began) for item in facts)),
        ("commit", *(item.commit or NOTHING for item in facts)),
        ("candidates", *(str(item.candidates) for item in facts)),
        ("evaluated", *(str(item.evaluations) for item in facts)),
        ("proven faster", *(str(item.proven) for item in facts)),
        ("spent", *(money(item.usd) for item in facts)),
        ("best, at least", *(best_words(item) for item in facts)),
    ]
    return Table("Two sessions", "", ("", *(item.name for item in facts)), tuple(rows))


def _by_bottleneck(both: Sequence[tuple[str, Nouns]]) -> Table:
    best: dict[str, list[tuple[float, str]]] = {}
    for place, (_, nouns) in enumerate(both):
        for candidate, evaluation in ended(nouns):
            name = _function(nouns, candidate.bottleneck)
            cells = best.setdefault(name, [(-1.0, "")] * len(both))
            cells[place] = max(cells[place], (guaranteed(evaluation), candidate.llm))
    rows = tuple((name, *(_gain(*cell) for cell in cells)) for name, cells in best.items())
    note = (
        "The largest guaranteed gain, each against its own session's baseline: runs of two sessions are never pooled."
    )
    return Table("By bottleneck", note, ("bottleneck", *(name for name, _ in both)), rows)


def _gain(gain: float, llm: str) -> str:
    if gain < 0:
        return NOTHING
    return f"at least {gain:.1f}% ({llm})" if gain else "nothing proven"


def _by_approach(both: Sequence[tuple[str, Nouns]]) -> Table:
    cells: dict[tuple[str, str], list[str]] = {}
    for place, (_, nouns) in enumerate(both):
        for row in by_approach(nouns):
            words = f"{row.faster} of {row.tried} faster, {row.per_try:.1f}% a try"
            cells.setdefault((row.llm, row.strategy), [NOTHING] * len(both))[place] = words
    rows = tuple((*way, *words) for way, words in cells.items())
    return Table("By LLM and strategy", "", ("LLM", "strategy", *(name for name, _ in both)), rows)


def when(at: float | None) -> str:
    """A time as people write it."""
    return NOTHING if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def best_words(facts: Facts) -> str:
    """The best result of a session."""
    return f"{facts.best:.1f}% ({facts.best_of})" if facts.best else NOTHING


def _function(nouns: Nouns, id: str) -> str:
    return next((item.function for item in nouns.bottlenecks if item.id == id), id)
