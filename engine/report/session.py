"""What a session has come to, as one value: tallies, comparisons, plots' points; MPCO's verdicts only."""

from collections.abc import Iterable, Sequence
from statistics import fmean

import msgspec

from engine.model import Candidate, Evaluation
from engine.report.crossings import Crossing, Premise, Proven, crossings, guaranteed, premise
from engine.report.edits import CLASSES, edit_class
from engine.report.tally import PASSED, Nouns, Tally, by_approach, by_llm, by_prompt, cost, ended, named_approach


class Pick(msgspec.Struct, frozen=True):
    """Taking the best proven candidate of each bottleneck, from one LLM or from all."""

    llm: str
    """Empty for the whole team."""
    gain: float
    """Mean over the bottlenecks that were tried of the guaranteed gain, in percent; 0 where nothing is proven."""
    proven: int
    bottlenecks: int


class Point(msgspec.Struct, frozen=True):
    """One measured candidate."""

    llm: str
    strategy: str
    bottleneck: str
    verdict: str
    gain: float
    low: float
    high: float
    guaranteed: float
    """0 when it is not proven faster."""
    usd: float | None
    front: bool = False
    """Whether it is proven and nothing as cheap or cheaper has a larger guaranteed gain."""


class Combination(msgspec.Struct, frozen=True):
    """The best combination of hunks of all candidates, measured afresh."""

    title: str
    llms: tuple[str, ...]
    hunks: int
    verdict: str
    """Of the evaluation; its state where there is none yet."""
    gain: float | None
    low: float | None
    high: float | None
    guaranteed: float


class BreakEven(msgspec.Struct, frozen=True):
    """What was spent against what the best proven variant saves."""

    usd: float | None
    seconds_spent: float
    """LLMs' time, and that of all runs of the benchmark."""
    seconds_saved: float
    """For each run of the benchmark, of the best proven variant: at least so much."""

    @property
    def runs(self) -> float | None:
        """After so many runs the time is won back; None when nothing is proven."""
        return self.seconds_spent / self.seconds_saved if self.seconds_saved else None

    @property
    def usd_per_second(self) -> float | None:
        """Dollars for each second that a run takes less; None when it is free, not known, or nothing is proven."""
        return self.usd / self.seconds_saved if self.usd and self.seconds_saved else None


class Report(msgspec.Struct, frozen=True):
    """All of it."""

    tallies: tuple[Tally, ...]
    """By LLM and approach."""
    llms: tuple[Tally, ...]
    prompts: tuple[Tally, ...]
    picks: tuple[Pick, ...]
    """The whole team first, then each LLM, the best first."""
    combined: Combination | None
    crossings: tuple[Crossing, ...]
    premise: Premise | None
    edits: tuple[tuple[str, int, int], ...]
    """(class, hunks, hunks of candidates proven faster)."""
    points: tuple[Point, ...]
    break_even: BreakEven


def report(nouns: Nouns) -> Report:
    """The report; answers that still stream do not count yet."""
    proven = ended(nouns)
    return Report(
        tallies=tuple(by_approach(nouns)),
        llms=tuple(by_llm(nouns)),
        prompts=tuple(by_prompt(nouns)),
        picks=_picks(proven),
        combined=_combination(nouns),
        crossings=crossings(nouns, proven),
        premise=premise(nouns, proven),
        edits=_edits(proven),
        points=with_front(_points(nouns, proven)),
        break_even=_break_even(nouns, proven),
    )


def _picks(proven: Proven) -> tuple[Pick, ...]:
    places = {candidate.bottleneck for candidate, _ in proven}

    def pick(llm: str) -> Pick:
        best = dict.fromkeys(places, 0.0)
        for candidate, evaluation in proven:
            if llm in ("", candidate.llm):
                best[candidate.bottleneck] = max(best[candidate.bottleneck], guaranteed(evaluation))
        return Pick(llm, fmean(best.values()), sum(value > 0 for value in best.values()), len(places))

    if not places:
        return ()
    single = [pick(llm) for llm in dict.fromkeys(candidate.llm for candidate, _ in proven)]
    return (pick(""), *sorted(single, key=lambda item: -item.gain))


def _combination(nouns: Nouns) -> Combination | None:
    made = nouns.combined
    if made is None:
        return None
    owners = [item.llm for item in nouns.candidates.values() if {hunk.id for hunk in item.hunks} & set(made.hunks)]
    estimate = made.estimate
    return Combination(
        title=made.title,
        llms=tuple(dict.fromkeys(owners)),
        hunks=len(made.hunks),
        verdict=made.verdict or made.state,
        gain=estimate.percent_improvement if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        guaranteed=guaranteed(made),
    )


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
            guaranteed(evaluation),
            cost(nouns, [candidate]),
        )


def with_front(points: Iterable[Point]) -> tuple[Point, ...]:
    """The points in their order; those that nothing as cheap or cheaper beats are on the (Pareto) front."""
    every = list(points)
    known = [(item.usd, -item.guaranteed, place) for place, item in enumerate(every) if item.usd is not None]
    best, front = 0.0, set()
    for _, loss, place in sorted(known):
        if -loss > best:
            best = -loss
            front.add(place)
    return tuple(msgspec.structs.replace(item, front=place in front) for place, item in enumerate(every))


def _break_even(nouns: Nouns, proven: Sequence[tuple[Candidate, Evaluation | None]]) -> BreakEven:
    runs = {(item.arm, item.at, item.wall) for each in nouns.evaluations.values() for item in each.measurements}
    saved = 0.0
    for evaluation in (*(evaluation for _, evaluation in proven), nouns.combined):
        baseline = [item.wall for item in evaluation.measurements if item.arm == "baseline"] if evaluation else []
        if baseline and evaluation is not None and evaluation.objective == "runtime":
            saved = max(saved, fmean(baseline) * guaranteed(evaluation) / 100)
    spent = sum(candidate.seconds for candidate, _ in proven) + sum(wall for _, _, wall in runs)
    return BreakEven(cost(nouns, [candidate for candidate, _ in proven]), spent, saved)
