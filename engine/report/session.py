"""What a session has come to: failures in every denominator, and the paper's figures apart from MPCO's verdicts.

An approach is a strategy with the contexts that were left out and the meta-prompter, as stored with each prompt.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean, stdev

import msgspec

from engine.model import Bottleneck, Candidate, Evaluation, Prompt, Usage
from engine.report.edits import CLASSES, edit_class

BEFORE_BUILD = ("unappliable",)
PASSED = ("faster", "slower", "equivalent", "inconclusive")


class Nouns(msgspec.Struct, frozen=True):
    """What a report is computed from; mappings by id, in order of creation."""

    prompts: Mapping[str, Prompt]
    candidates: Mapping[str, Candidate]
    evaluations: Mapping[str, Evaluation]
    bottlenecks: Sequence[Bottleneck] = ()


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What one LLM achieved with one approach; gains, in percent, are of candidates that passed and were measured."""

    llm: str
    strategy: str
    """The approach: `mpco`, `mpco without task`, `base`, ..."""
    tried: int
    generated: int
    """Answers that came to their end."""
    applied: int
    """Answers whose edits found their places."""
    built: int
    passed: int
    """The tests passed, and the benchmark ran to its end."""
    faster: int
    gains: tuple[float, ...]
    guaranteed: tuple[float, ...]
    usd: float | None
    """None when a price is not known."""

    @property
    def mean(self) -> float | None:
        """The mean gain in percent; None when nothing was measured."""
        return fmean(self.gains) if self.gains else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the gains; None below two."""
        return stdev(self.gains) if len(self.gains) > 1 else None

    @property
    def at_least(self) -> float | None:
        """The mean of what is safe to claim for each."""
        return fmean(self.guaranteed) if self.guaranteed else None

    @property
    def correct(self) -> float:
        """The share of all that was tried that passed the tests."""
        return self.passed / self.tried

    @property
    def per_point(self) -> float | None:
        """Dollars for each point of gain; None when it is free, the price is not known or nothing was gained."""
        gain = sum(value for value in self.gains if value > 0)
        return self.usd / gain if self.usd and gain else None


class Pick(msgspec.Struct, frozen=True):
    """Taking the best proven candidate of each bottleneck, from one LLM or from all."""

    llm: str
    """Empty for the whole team."""
    gain: float
    """Mean over the bottlenecks that were tried of the guaranteed gain, in percent; 0 where nothing is proven."""
    proven: int
    bottlenecks: int


class Crossing(msgspec.Struct, frozen=True):
    """Prompts that were written for one LLM, given to another or the same."""

    written_for: str
    given_to: str
    tried: int
    passed: int
    mean: float | None
    """Of %PI, over what was measured; None when nothing was."""


class Point(msgspec.Struct, frozen=True):
    """One measured candidate."""

    llm: str
    strategy: str
    bottleneck: str
    verdict: str
    gain: float
    low: float
    high: float
    usd: float | None


class BreakEven(msgspec.Struct, frozen=True):
    """What was spent against what the best proven candidates save."""

    usd: float | None
    seconds_spent: float
    """LLMs' time, and that of all runs of the benchmark."""
    seconds_saved: float
    """For each run of the benchmark, of the best proven candidate: at least so much."""

    @property
    def runs(self) -> float | None:
        """After so many runs the time is won back; None when nothing is proven."""
        return self.seconds_spent / self.seconds_saved if self.seconds_saved else None


class Report(msgspec.Struct, frozen=True):
    """All of it."""

    tallies: tuple[Tally, ...]
    picks: tuple[Pick, ...]
    """The whole team first, then each LLM, the best first."""
    crossings: tuple[Crossing, ...]
    edits: tuple[tuple[str, int, int], ...]
    """(class, hunks, hunks of candidates proven faster)."""
    points: tuple[Point, ...]
    break_even: BreakEven


def report(nouns: Nouns) -> Report:
    """The report; answers that still stream do not count yet."""
    done = [item for item in nouns.candidates.values() if item.state != "streaming"]
    newest = evaluated(nouns.evaluations.values())
    proven = [(item, newest.get(item.id)) for item in done]
    return Report(
        tallies=tuple(tallies(nouns)),
        picks=_picks(proven),
        crossings=_crossings(nouns, proven),
        edits=_edits(proven),
        points=tuple(_points(nouns, proven)),
        break_even=_break_even(nouns, proven),
    )


def evaluated(evaluations: Iterable[Evaluation]) -> dict[str, Evaluation]:
    """The newest evaluation of each candidate that has come to a verdict."""
    return {item.candidate: item for item in evaluations if item.candidate and item.verdict}


def tallies(nouns: Nouns) -> list[Tally]:
    """One row for each (LLM, approach) that was asked, the best mean gain first."""
    newest = evaluated(nouns.evaluations.values())
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in nouns.candidates.values():
        if candidate.state != "streaming":
            groups.setdefault((candidate.llm, named_approach(nouns, candidate)), []).append(candidate)
    rows = [_tally(nouns, newest, llm, name, items) for (llm, name), items in groups.items()]
    return sorted(rows, key=lambda row: (row.mean is None, -(row.mean or 0.0)))


def _tally(
    nouns: Nouns, newest: Mapping[str, Evaluation], llm: str, name: str, candidates: Sequence[Candidate]
) -> Tally:
    found = [newest[item.id] for item in candidates if item.id in newest]
    estimates = [item.estimate for item in found if item.verdict in PASSED and item.estimate is not None]
    return Tally(
        llm=llm,
        strategy=name,
        tried=len(candidates),
        generated=sum(item.state not in ("failed", "interrupted") for item in candidates),
        applied=sum(item.state == "ready" and bool(item.hunks) for item in candidates),
        built=sum(item.verdict not in (*BEFORE_BUILD, "build failed") for item in found),
        passed=sum(item.verdict in PASSED for item in found),
        faster=sum(item.verdict == "faster" for item in found),
        gains=tuple(estimate.percent_improvement for estimate in estimates),
        guaranteed=tuple(estimate.guaranteed for estimate in estimates),
        usd=_cost(nouns, candidates),
    )


def named_approach(nouns: Nouns, candidate: Candidate) -> str:
    """How a candidate's prompt came to be; the meta-prompter is named where there are several."""
    prompt = nouns.prompts.get(candidate.prompt)
    if prompt is None:
        return candidate.strategy
    without = f" without {', '.join(prompt.without)}" if prompt.without else ""
    several = len({item.meta_prompter for item in nouns.prompts.values() if item.meta_prompter}) > 1
    writer = f" by {prompt.meta_prompter}" if several and prompt.meta_prompter else ""
    lent = f" for {prompt.written_for}" if prompt.written_for else ""
    return candidate.strategy + without + writer + lent


def _cost(nouns: Nouns, candidates: Sequence[Candidate]) -> float | None:
    used = {candidate.prompt for candidate in candidates}
    usages: list[Usage | None] = [item.usage for item in candidates]
    usages += [nouns.prompts[id].usage for id in used if id in nouns.prompts]
    known = [usage for usage in usages if usage is not None]
    if any(usage.usd is None for usage in known):
        return None
    return sum(usage.usd or 0.0 for usage in known)


Proven = Sequence[tuple[Candidate, Evaluation | None]]


def _guaranteed(evaluation: Evaluation | None) -> float:
    if evaluation is None or evaluation.verdict != "faster" or evaluation.estimate is None:
        return 0.0
    return evaluation.estimate.guaranteed


def _picks(proven: Proven) -> tuple[Pick, ...]:
    places = {candidate.bottleneck for candidate, _ in proven}

    def pick(llm: str) -> Pick:
        best = dict.fromkeys(places, 0.0)
        for candidate, evaluation in proven:
            if llm in ("", candidate.llm):
                best[candidate.bottleneck] = max(best[candidate.bottleneck], _guaranteed(evaluation))
        return Pick(llm, fmean(best.values()), sum(value > 0 for value in best.values()), len(places))

    if not places:
        return ()
    single = [pick(llm) for llm in dict.fromkeys(candidate.llm for candidate, _ in proven)]
    return (pick(""), *sorted(single, key=lambda item: -item.gain))


def _written_for(nouns: Nouns, prompt: Prompt) -> str:
    """The LLM that the text was written for: a copy's parent is another LLM's prompt."""
    if prompt.written_for:
        return prompt.written_for
    line = [prompt]
    while line[-1].author == "person" and line[-1].parent in nouns.prompts:
        line.append(nouns.prompts[line[-1].parent])
    return next((old.llm for new, old in reversed(list(pairwise(line))) if new.llm != old.llm), prompt.llm)


def _crossings(nouns: Nouns, proven: Proven) -> tuple[Crossing, ...]:
    groups: dict[tuple[str, str], list[Evaluation | None]] = {}
    for candidate, evaluation in proven:
        prompt = nouns.prompts.get(candidate.prompt)
        if prompt is not None:
            groups.setdefault((_written_for(nouns, prompt), candidate.llm), []).append(evaluation)
    found = []
    for (source, target), items in sorted(groups.items()):
        passed = [item for item in items if item is not None and item.verdict in PASSED]
        gains = [item.estimate.percent_improvement for item in passed if item.estimate]
        found.append(Crossing(source, target, len(items), len(passed), fmean(gains) if gains else None))
    return tuple(found)


def _edits(proven: Proven) -> tuple[tuple[str, int, int], ...]:
    counts = {name: [0, 0] for name in CLASSES}
    for candidate, evaluation in proven:
        measured = set(evaluation.hunks) if evaluation is not None and evaluation.verdict == "faster" else set()
        for hunk in candidate.hunks:
            count = counts[edit_class(hunk)]
            count[0] += 1
            count[1] += hunk.id in measured
    return tuple((name, every, faster) for name, (every, faster) in counts.items() if every)


def _points(nouns: Nouns, proven: Proven) -> Iterable[Point]:
    names = {item.id: item.function for item in nouns.bottlenecks}
    for candidate, evaluation in proven:
        if evaluation is None or evaluation.estimate is None or evaluation.verdict not in PASSED:
            continue
        estimate = evaluation.estimate
        yield Point(
            candidate.llm,
            named_approach(nouns, candidate),
            names.get(candidate.bottleneck, "?"),
            evaluation.verdict,
            estimate.percent_improvement,
            estimate.low,
            estimate.high,
            _cost(nouns, [candidate]),
        )


def _break_even(nouns: Nouns, proven: Proven) -> BreakEven:
    runs = {(item.arm, item.at, item.wall) for each in nouns.evaluations.values() for item in each.measurements}
    saved = 0.0
    for _, evaluation in proven:
        baseline = [item.wall for item in evaluation.measurements if item.arm == "baseline"] if evaluation else []
        if baseline and evaluation is not None and evaluation.objective == "runtime":
            saved = max(saved, fmean(baseline) * _guaranteed(evaluation) / 100)
    spent = sum(candidate.seconds for candidate, _ in proven) + sum(wall for _, _, wall in runs)
    return BreakEven(_cost(nouns, [candidate for candidate, _ in proven]), spent, saved)
