"""An experiment as rows: its cells with what became of them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.model import Candidate, Cell, Evaluation, Experiment
from engine.protocol import ExperimentPlan
from tui import lines
from tui.state import State


class Result(NamedTuple):
    """One cell, its candidate and the newest evaluation of it, as far as it has come."""

    cell: Cell
    function: str
    candidate: Candidate | None
    evaluation: Evaluation | None

    @property
    def done(self) -> bool:
        """Whether it has come to its end: with a verdict, or without anything to judge."""
        if self.candidate is None or self.candidate.state in ("streaming", "interrupted", "failed"):
            return False
        return not self.candidate.kept or (self.evaluation is not None and self.evaluation.verdict is not None)

    @property
    def word(self) -> str:
        """Verdict and gain in a few characters, or how far it is."""
        if self.candidate is None:
            return "–"
        if self.evaluation is None:
            return "no change" if self.candidate.state == "empty" else self.candidate.state
        estimate, verdict = self.evaluation.estimate, self.evaluation.verdict or self.evaluation.state
        if verdict == "faster" and estimate is not None:
            return f"≥ {estimate.guaranteed:.1f}% ({estimate.percent_improvement:.1f}%)"
        return verdict


def results(state: State, experiment: Experiment) -> list[Result]:
    """All cells in their order."""
    known = {}
    for item in state.candidates.values():
        if item.experiment == experiment.id and item.prompt in state.prompts:
            meta = state.prompts[item.prompt].meta_prompter
            lent = state.prompts[item.prompt].written_for
            known[item.bottleneck, item.llm, item.strategy, meta, item.repetition, lent] = item
    names = {item.id: item.function for item in state.bottlenecks}
    found = []
    for cell in experiment.cells():
        approach = cell.approach
        way = (approach.strategy, approach.meta_prompter, cell.repetition, cell.written_for)
        place = (cell.bottleneck, cell.llm, *way)
        candidate = known.get(place)
        evaluation = state.latest_evaluation(candidate.id) if candidate else None
        found.append(Result(cell, names.get(cell.bottleneck, cell.bottleneck), candidate, evaluation))
    return found


def estimate(plan: ExperimentPlan) -> str:
    """What is left of it, and what that may cost and take."""
    told = f"{plan.left} of {plan.cells} cells to ask for, {plan.prompts} prompts to have written"
    if plan.usd is None or plan.max_usd is None:
        told += f"; the price of {', '.join(plan.unpriced)} is not known"
    elif plan.max_usd:
        told += f"; about ${plan.usd:.4g}, at most ${plan.max_usd:.4g}, at the models' prices"
        told += " (the lengths of answers are a guess)" if plan.guessed else ""
    elif plan.left:
        told += "; free"
    if plan.left and plan.max_seconds is not None:
        told += f"; at most {max(1, round(plan.max_seconds / 60))} min to measure them, beside builds and tests"
    return told


def grid(found: list[Result]) -> str:
    """A table: a row for each (bottleneck, LLM, repetition, lender of the prompt), a column for each approach."""
    approaches = list(dict.fromkeys(result.cell.approach for result in found))
    several = len({item.meta_prompter for item in approaches if item.meta_prompter}) > 1
    head = ["bottleneck", "LLM", "run", "prompt for"]
    head += [f"{a.strategy} by {a.meta_prompter}" if several and a.meta_prompter else a.strategy for a in approaches]
    rows: dict[tuple[str, str, str, str], dict[Any, str]] = {}
    for function, cell, word in ((result.function, result.cell, result.word) for result in found):
        place = (function, cell.llm, str(cell.repetition), cell.written_for)
        rows.setdefault(place, {})[cell.approach] = word
    every = [[*place, *(row.get(approach, "") for approach in approaches)] for place, row in rows.items()]
    if not any(result.cell.written_for for result in found):
        head, every = [*head[:3], *head[4:]], [[*row[:3], *row[4:]] for row in every]
    return lines.table(head, every)


def json_rows(experiment: Experiment, found: list[Result]) -> Iterator[dict[str, Any]]:
    """The JSON object of each cell."""
    for cell, function, candidate, evaluation in found:
        line = lines.candidate_line(candidate, evaluation, function) if candidate else {}
        usage = candidate.usage if candidate else None
        yield {
            "experiment": experiment.id,
            "bottleneck": function,
            "llm": cell.llm,
            "strategy": cell.approach.strategy,
            "meta_prompter": cell.approach.meta_prompter,
            "repetition": cell.repetition,
            "written_for": cell.written_for or cell.llm,
            "state": candidate.state if candidate else "missing",
            "verdict": line.get("verdict"),
            "percent_improvement": line.get("percent_improvement"),
            "interval": line.get("interval"),
            "guaranteed": line.get("guaranteed"),
            "usd": usage.usd if usage else None,
            "reason": line.get("reason", ""),
        }
