"""The report as plain rows, from the read model alone: by LLM and strategy, by candidate, and what was written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from engine.model import Application, Candidate, Evaluation
from engine.report.paper import Cell
from engine.report.session import Report, report
from engine.report.tables import comparisons, money, paper_table, tally_table
from engine.report.tally import Nouns, evaluated
from tui.outcomes import outcome, percent
from tui.state import State
from tui.widgets.candidate_list import name_of

NOTHING = "–"


def session_report(state: State) -> Report:
    """What the session has come to."""
    return report(nouns(state))


def nouns(state: State) -> Nouns:
    """What a report is computed from."""
    return Nouns(state.prompts, state.candidates, state.evaluations, state.bottlenecks, combined(state))


def combined(state: State) -> Evaluation | None:
    """The newest best combination of hunks that was measured afresh."""
    made = [state.evaluations.get(job.subject) for job in state.jobs.values() if job.kind == "combine"]
    return next((item for item in reversed(made) if item is not None), None)


# ------------------------------------------------------------------------------------------- rows of text

CANDIDATE_COLUMNS = ("candidate", "bottleneck", "strategy", "verdict", "%PI", "95% interval", "pairs", "cost", "took")
WRITTEN_COLUMNS = ("when", "to", "state", "proof", "hunks", "files", "where")
Cells = tuple[str, ...]


def tally_rows(found: Report) -> list[tuple[str, Cells]]:
    """(key, cells) by LLM and approach, for the columns of `tally_table`."""
    rows = zip(found.tallies, tally_table(found).rows, strict=True)
    return [(f"{row.llm}\n{row.strategy}", cells) for row, cells in rows]


def candidate_cells(state: State) -> list[tuple[str, Cells]]:
    """(candidate id, cells) for `CANDIDATE_COLUMNS`, the best proven first."""
    newest = evaluated(state.evaluations.values())

    def proven(candidate: Candidate) -> float:
        evaluation = newest.get(candidate.id)
        return evaluation.estimate.guaranteed if evaluation and evaluation.estimate else -1.0

    items = sorted(state.candidates.values(), key=lambda item: -proven(item))
    return [(item.id, _candidate_cells(state, item)) for item in items]


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


def paper_rows(told: Any) -> list[tuple[str, Cells]]:
    """(key, cells) of the paper's procedure, from what the engine replies to `RankApproaches`."""
    return numbered(paper_table(msgspec.convert(told, list[Cell])).rows)


def comparison_rows(found: Report) -> list[tuple[str, Cells, list[tuple[str, Cells]]]]:
    """(title, columns, [(key, cells)]) of what compares LLMs, prompts, edits and spending; always as many."""
    return [(table.title, table.head, numbered(table.rows)) for table in comparisons(found)]


def numbered(rows: Sequence[Cells]) -> list[tuple[str, Cells]]:
    """Rows that nothing else tells apart, with their numbers as keys."""
    return [(str(number), row) for number, row in enumerate(rows)]


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
