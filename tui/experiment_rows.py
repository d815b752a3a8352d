"""An experiment as rows: its cells with what became of them."""

from collections.abc import Iterator
from statistics import fmean
from typing import Any, NamedTuple

from engine.model import Candidate, Cell, Evaluation, Experiment
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
            known[item.bottleneck, item.llm, item.strategy, meta, item.repetition] = item
    names = {item.id: item.function for item in state.bottlenecks}
    found = []
    for cell in experiment.cells():
        approach = cell.approach
        place = (cell.bottleneck, cell.llm, approach.strategy, approach.meta_prompter, cell.repetition)
        candidate = known.get(place)
        evaluation = state.latest_evaluation(candidate.id) if candidate else None
        found.append(Result(cell, names.get(cell.bottleneck, cell.bottleneck), candidate, evaluation))
    return found


def estimate(state: State, experiment: Experiment) -> str:
    """What is left of it, and what that may cost and take, judged by what the session has seen."""
    left = [result for result in results(state, experiment) if result.candidate is None]
    written = {result.cell[:3] for result in left if result.cell.approach.meta_prompter}
    told = f"{len(left)} of {len(list(experiment.cells()))} cells to ask for, {len(written)} prompts to have written"
    used = [(item.llm, item.usage) for item in state.candidates.values()]
    prices = {llm: usage.usd for llm, usage in used if usage is not None and usage.usd is not None}
    models = {llm.label: llm.model for llm in state.project.llms} if state.project else {}
    asked = [result.cell.llm for result in left]
    costs = [0.0 if models.get(llm, "").startswith("offline/") else prices.get(llm) for llm in asked]
    if None in costs:
        told += "; what an answer costs is not known before the first one"
    elif total := sum(cost for cost in costs if cost):
        told += f"; about ${total:.2f} for the answers, at what the last ones cost"
    seconds = [item.measurements[-1].at - item.at for item in state.evaluations.values() if item.measurements]
    if seconds:
        told += f"; at most {max(1, round(len(left) * fmean(seconds) / 60))} min to measure them, at the pace so far"
    return told


def grid(found: list[Result]) -> str:
    """A table: a row for each (bottleneck, LLM, repetition), a column for each approach."""
    approaches = list(dict.fromkeys(result.cell.approach for result in found))
    several = len({item.meta_prompter for item in approaches if item.meta_prompter}) > 1
    head = ["bottleneck", "LLM", "run"]
    head += [f"{a.strategy} by {a.meta_prompter}" if several and a.meta_prompter else a.strategy for a in approaches]
    rows: dict[tuple[str, str, str], dict[Any, str]] = {}
    for result in found:
        place = (result.function, result.cell.llm, str(result.cell.repetition))
        rows.setdefault(place, {})[result.cell.approach] = result.word
    return lines.table(head, ((*place, *(row.get(a, "–") for a in approaches)) for place, row in rows.items()))


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
            "state": candidate.state if candidate else "missing",
            "verdict": line.get("verdict"),
            "percent_improvement": line.get("percent_improvement"),
            "interval": line.get("interval"),
            "guaranteed": line.get("guaranteed"),
            "usd": usage.usd if usage else None,
            "reason": line.get("reason", ""),
        }
