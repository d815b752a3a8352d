"""The report as plain rows, from the read model alone: by LLM and strategy, by candidate, and what was written."""

from datetime import datetime

from engine.model import Application, Candidate, Evaluation
from engine.report import session
from engine.report.session import Nouns, Tally
from engine.report.tables import comparisons, money
from tui.outcomes import outcome, percent
from tui.state import State
from tui.widgets.candidate_list import name_of

NOTHING = "–"


def tallies(state: State) -> list[Tally]:
    """One row for each (LLM, approach) that was asked, the best mean gain first; streaming answers do not count yet."""
    return session.tallies(nouns(state))


def nouns(state: State) -> Nouns:
    """What a report is computed from."""
    return Nouns(state.prompts, state.candidates, state.evaluations, state.bottlenecks)


def _evaluated(state: State, candidate: Candidate) -> Evaluation | None:
    """The newest evaluation of a candidate that has come to a verdict."""
    return session.evaluated(state.evaluations.values()).get(candidate.id)


# ------------------------------------------------------------------------------------------- rows of text

TALLY_COLUMNS = (
    "LLM", "strategy", "tried", "built", "passed", "faster", "mean %PI (SD)", "at least", "cost", "$ per point",
    "correct",
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
    return (
        row.llm,
        row.strategy,
        *(str(count) for count in (row.tried, row.built, row.passed, row.faster)),
        mean + spread,
        NOTHING if row.at_least is None else percent(row.at_least),
        money(row.usd),
        NOTHING if row.per_point is None else f"${row.per_point:.4f}",
        f"{row.correct:.0%}",
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
    verdict: str = {"ready": "not measured", "empty": "no change"}.get(candidate.state, candidate.state)
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


def comparison_rows(state: State) -> list[tuple[str, Cells, list[tuple[str, Cells]]]]:
    """(title, columns, [(key, cells)]) of what compares LLMs, prompts, edits and spending; always as many."""
    found = comparisons(session.report(nouns(state)))
    return [(table.title, table.head, [(str(n), row) for n, row in enumerate(table.rows)]) for table in found]


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
