"""Experiments: a grid of cells that is worked through once, whatever happens in between."""

from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.protocol import Cancel, RunExperiment, RunProfile
from tests.engine.conftest import CONFIG, followed, kill
from tui.experiment_rows import estimate, grid, json_rows, results


async def test_a_grid_goes_on_after_a_kill_and_asks_no_cell_twice(project: Path) -> None:
    command = RunExperiment(strategies=("mpco", "base"), repetitions=2)
    (project / "mpco.toml").write_text(CONFIG.replace("max_pairs = 40", "max_pairs = 1"))
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
        assert len(meta) == len(experiment.llms)  # the second repetition asks with the same prompts

        table = grid(cells)
        assert "mpco" in table and "base" in table
        assert [row["repetition"] for row in json_rows(experiment, cells)].count(2) == len(cells) // 2
        assert estimate(state, experiment).startswith(f"0 of {len(cells)} cells to ask for, 0 prompts")
        again = await engine.send(RunExperiment(experiment=experiment.id))
        state = await engine.done([again["job"]])
        assert results(state, experiment) == cells
