"""The report as plain rows, from the read model alone: by LLM and strategy, by candidate, and what was written."""

from collections.abc import Sequence
from datetime import datetime
from statistics import fmean, stdev
from typing import NamedTuple

from engine.model import Application, Candidate, Evaluation, Usage
from tui.outcomes import UNBOUNDED, outcome, percent
from tui.state import State
from tui.widgets.candidate_list import name_of

UNKNOWN = "?"
NOTHING = "–"


class Tally(NamedTuple):
    """What one LLM achieved with one strategy; gains are those of candidates that passed and were measured."""

    llm: str
    strategy: str
    tried: int
    built: int
    passed: int
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


def tallies(state: State) -> list[Tally]:
    """One row for each (LLM, strategy) that was asked, the best mean gain first; streaming answers do not count yet."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in state.candidates.values():
        if candidate.state != "streaming":
            groups.setdefault((candidate.llm, candidate.strategy), []).append(candidate)
    rows = [_tally(state, llm, strategy, items) for (llm, strategy), items in groups.items()]
    return sorted(rows, key=lambda row: -(row.mean if row.mean is not None else -UNBOUNDED))


def _tally(state: State, llm: str, strategy: str, candidates: Sequence[Candidate]) -> Tally:
    found = [best for item in candidates if (best := _evaluated(state, item)) is not None]
    passed = [item for item in found if _passed(item)]
    estimates = [item.estimate for item in passed if item.estimate is not None]
    used = {candidate.prompt for candidate in candidates}
    usages = [item.usage for item in candidates] + [state.prompts[id].usage for id in used if id in state.prompts]
    return Tally(
        llm=llm,
        strategy=strategy,
        tried=len(candidates),
        built=sum(_built(item) for item in found),
        passed=len(passed),
        faster=sum(item.verdict == "faster" for item in found),
        gains=tuple(estimate.percent_improvement for estimate in estimates),
        guaranteed=tuple(estimate.guaranteed for estimate in estimates),
        usd=_cost(usages),
    )


def _evaluated(state: State, candidate: Candidate) -> Evaluation | None:
    """The newest evaluation of a candidate that has come to a verdict."""
    done = [item for item in state.evaluations.values() if item.candidate == candidate.id and item.verdict]
    return done[-1] if done else None


def _built(evaluation: Evaluation) -> bool:
    return evaluation.verdict not in ("unappliable", "build failed")


def _passed(evaluation: Evaluation) -> bool:
    """The tests passed; a variant that crashed or timed out later, in the benchmark, is not counted."""
    return evaluation.verdict in ("faster", "slower", "equivalent", "inconclusive")


def _cost(usages: Sequence[Usage | None]) -> float | None:
    known = [usage for usage in usages if usage is not None]
    if any(usage.usd is None for usage in known):
        return None
    return sum(usage.usd or 0.0 for usage in known)


# ------------------------------------------------------------------------------------------- rows of text

TALLY_COLUMNS = (
    "LLM", "strategy", "tried", "built", "passed", "faster", "mean %PI (SD)", "at least", "cost", "$ per point",
)  # fmt: skip
CANDIDATE_COLUMNS = ("candidate", "bottleneck", "strategy", "verdict", "%PI", "95% interval", "pairs", "cost", "took")
WRITTEN_COLUMNS = ("when", "to", "state", "proof", "hunks", "files", "where")
Cells = tuple[str, ...]


def tally_rows(state: State) -> list[tuple[str, Cells]]:
    """(key, cells) for `TALLY_COLUMNS`."""
    return [(f"{row.llm}\n{row.strategy}", _tally_cells(row)) for row in tallies(state)]


def _tally_cells(row: Tally) -> Cells:
    mean = NOTHING if row.mean is None else f"{row.mean:.1f}"
    spread = "" if row.deviation is None else f" ({row.deviation:.1f})"
    gain = sum(value for value in row.gains if value > 0)
    per_point = f"${row.usd / gain:.4f}" if row.usd and gain else NOTHING
    return (
        row.llm,
        row.strategy,
        *(str(count) for count in (row.tried, row.built, row.passed, row.faster)),
        mean + spread,
        NOTHING if row.at_least is None else percent(row.at_least),
        money(row.usd),
        per_point,
    )


def candidate_cells(state: State) -> list[tuple[str, Cells]]:
    """(candidate id, cells) for `CANDIDATE_COLUMNS`, the best proven first."""
    items = list(state.candidates.values())
    return [(item.id, _candidate_cells(state, item)) for item in sorted(items, key=lambda item: -_proven(state, item))]


def _proven(state: State, candidate: Candidate) -> float:
    evaluation = _evaluated(state, candidate)
    if evaluation is None or evaluation.estimate is None:
        return -1.0
    return evaluation.estimate.guaranteed


def _candidate_cells(state: State, candidate: Candidate) -> Cells:
    bottleneck = state.bottleneck(candidate.bottleneck)
    evaluation = state.latest_evaluation(candidate.id)
    estimate = evaluation.estimate if evaluation else None
    verdict: str = candidate.state if candidate.state != "ready" else "not measured"
    if evaluation is not None:
        sign, words, _ = outcome(evaluation)
        verdict = f"{sign} {evaluation.verdict or words}"
    cost = NOTHING if candidate.usage is None else money(candidate.usage.usd)
    return (
        name_of(state, candidate),
        bottleneck.function if bottleneck else NOTHING,
        candidate.strategy,
        verdict,
        f"{estimate.percent_improvement:.1f}" if estimate else NOTHING,
        f"{percent(estimate.low)} to {percent(estimate.high)}" if estimate else NOTHING,
        str(estimate.pairs) if estimate else NOTHING,
        cost,
        f"{candidate.seconds:.1f} s" if candidate.seconds else NOTHING,
    )


def written_rows(state: State) -> list[tuple[str, Cells]]:
    """(application id, cells) for `WRITTEN_COLUMNS`, the newest first."""
    return [(item.id, _written_cells(state, item)) for item in reversed(list(state.applications.values()))]


def _written_cells(state: State, item: Application) -> Cells:
    proof = state.evaluations.get(item.evaluation)
    files = ", ".join(file.path for file in item.files) or NOTHING
    gain = percent(proof.estimate.guaranteed) if proof and proof.estimate else ""
    return (
        datetime.fromtimestamp(item.at).strftime("%H:%M:%S"),
        {"tree": "working tree", "branch": "git branch", "patch": "patch file"}[item.target],
        "taken back" if item.undone else "stands",
        f"≥ {gain}" if gain else "not proven",
        str(len(item.hunks)),
        files,
        NOTHING if item.target == "tree" else item.where,
    )


def money(usd: float | None) -> str:
    """A cost: unknown, free, or dollars."""
    if usd is None:
        return UNKNOWN
    return "free" if usd == 0 else f"${usd:.4f}" if usd < 0.1 else f"${usd:.2f}"
