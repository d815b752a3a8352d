"""Experiments: a grid of cells that is worked through once, whatever happens in between."""

from pathlib import Path

import msgspec
import pytest

from engine.errors import EngineError
from engine.model import prompt_to_send
from engine.protocol import Cancel, ExperimentPlan, RunExperiment, RunProfile
from engine.report.session import report
from tests.engine.conftest import CONFIG, followed, kill
from tui.experiment_rows import Result, estimate, grid, json_rows, results
from tui.report_rows import nouns
from tui.state import State


async def test_a_grid_goes_on_after_a_kill_and_asks_no_cell_twice(project: Path) -> None:
    command = RunExperiment(strategies=("mpco",), repetitions=2, cross=True)
    (project / "mpco.toml").write_text(
        CONFIG.replace("max_pairs = 40", "max_pairs = 1").replace("[test]", '[test]\nbehaviour = "off"')
    )
    async with followed(project) as engine:
        with pytest.raises(EngineError, match="no profile yet"):
            await engine.send(command)
        await engine.done([(await engine.send(RunProfile()))["job"]])
        with pytest.raises(EngineError, match="bose"):
            await engine.send(RunExperiment(strategies=("bose",)))
        begun = await engine.send(command)
        with pytest.raises(EngineError, match="under way"):
            await engine.send(command)
        await engine.until(lambda state: any(item.state != "queued" for item in state.evaluations.values()))
        await engine.send(Cancel(job=begun["job"]))
        state = await engine.done([begun["job"]])
        assert state.jobs[begun["job"]].state == "cancelled"
        begun = await engine.send(RunExperiment(experiment=begun["experiment"]))
        await engine.until(lambda state: any(item.verdict for item in state.evaluations.values()))
        before = {item.id for item in engine.state.candidates.values()}
        await kill(project)
    async with followed(project) as engine:
        state = await engine.done([begun["job"]])
        assert state.jobs[begun["job"]].state == "done"
        (experiment,) = state.experiments.values()
        cells = results(state, experiment)
        assert len(cells) == 2 * 2 * len(experiment.llms) and all(cell.candidate for cell in cells)
        live = [item for item in state.candidates.values() if item.state not in ("interrupted", "failed")]
        assert len(live) == len(cells) and before <= set(state.candidates)
        assert all(cell.evaluation and cell.evaluation.verdict for cell in cells if cell.candidate.kept)
        meta = [item for item in state.prompts.values() if item.state == "ready" and item.strategy == "mpco"]
        assert len(meta) == 2 * len(experiment.llms)  # the second repetition asks with the same prompts
        assert_lent(state, cells)

        assert [row["repetition"] for row in json_rows(experiment, cells)].count(2) == len(cells) // 2
        told = await engine.send(RunExperiment(experiment=experiment.id, plan=True))
        left = estimate(msgspec.convert(told, ExperimentPlan))
        assert left == f"0 of {len(cells)} cells to ask for, 0 prompts to have written"
        again = await engine.send(RunExperiment(experiment=experiment.id))
        state = await engine.done([again["job"]])
        assert results(state, experiment) == cells


def assert_lent(state: State, cells: list[Result]) -> None:
    """Each LLM was given the other's prompt as it was, which it is not sent by itself."""
    lent = [cell for cell in cells if cell.cell.written_for]
    pairs = {(cell.cell.written_for, cell.cell.llm) for cell in lent}
    assert pairs == {("algorithms", "caching"), ("caching", "algorithms")}
    for cell in lent:
        assert cell.candidate is not None
        prompt = state.prompts[cell.candidate.prompt]
        own = state.prompts[prompt.parent]
        assert (own.llm, own.text, prompt.usage) == (cell.cell.written_for, prompt.text, None)
        assert prompt_to_send(state.prompt_versions(prompt.bottleneck, prompt.llm)) != prompt
    assert "caching     1    algorithms  " in grid(cells)
    crossed = {(item.written_for, item.given_to): item.tried for item in report(nouns(state)).crossings}
    assert crossed["algorithms", "caching"] >= 2  # those that the kill cut off count as well


PRICED = """
[[llm]]
label = "dear"
model = "openai/gpt-4o"

[[llm]]
label = "odd"
model = "openai/nobody-knows-this"
"""


async def test_what_it_costs_is_told_before_anything_was_asked(project: Path) -> None:
    (project / "mpco.toml").write_text(CONFIG + PRICED)
    async with followed(project) as engine:
        await engine.done([(await engine.send(RunProfile()))["job"]])

        async def plan(**given: object) -> ExperimentPlan:
            command = RunExperiment(strategies=("mpco", "base"), plan=True, **given)  # type: ignore[arg-type]
            return msgspec.convert(await engine.send(command), ExperimentPlan)

        free = await plan(llms=("algorithms",))
        assert (free.usd, free.max_usd, free.left, free.prompts, free.guessed) == (0.0, 0.0, 2, 1, False)
        dear = await plan(llms=("dear",))
        assert dear.usd and dear.max_usd and 0 < dear.usd < dear.max_usd and dear.guessed
        both = await plan(llms=("dear", "algorithms"), cross=True)
        assert (both.left, both.prompts) == (2 + 2 + 2, 2)
        assert both.usd and both.usd == pytest.approx(dear.usd * 3 / 2, rel=0.1)  # three answers in place of two
        odd = await plan(llms=("dear", "odd"))
        assert odd.usd is None and odd.unpriced == ("openai/nobody-knows-this",)
        assert "price of openai/nobody-knows-this is not known" in estimate(odd)
