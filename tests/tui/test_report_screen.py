"""Stage 5: the aggregation as a function, and the tables as a person sees them."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from engine.model import Application, AppliedFile, Approach, Estimate, Experiment, Usage
from engine.protocol import (
    ApplicationChanged,
    Cancel,
    CandidateChanged,
    EvaluationChanged,
    ExperimentBegun,
    ExperimentPlan,
    JobChanged,
    PromptChanged,
    RankApproaches,
    RunExperiment,
    Snapshot,
    UndoApply,
)
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp
from tui.cli.results import print_candidates
from tui.report_rows import candidate_cells, combined, session_report, tally_rows, written_rows
from tui.state import State


def _state() -> State:
    good, slow, broken = (samples.candidate(f"c{n}", "loops") for n in range(3))
    dear = samples.candidate("c3", "caching", usage=Usage(usd=None), state="empty", hunks=())
    streaming = samples.candidate("c4", "loops", state="streaming")
    evaluations = (
        samples.evaluation("e0", good, estimate=Estimate(percent_improvement=20.0, low=16.0, high=24.0, pairs=9)),
        samples.evaluation(
            "e1", slow, verdict="slower", estimate=Estimate(percent_improvement=-10.0, low=-12.0, high=-8.0, pairs=9)
        ),
        samples.evaluation("e2", broken, verdict="build failed", estimate=None, measurements=()),
    )
    return State(
        prompts={"loops-1": samples.prompt("loops-1", "loops", usage=Usage(usd=0.3))},
        candidates={item.id: item for item in (good, slow, broken, dear, streaming)},
        evaluations={item.id: item for item in evaluations},
    )


def test_tallies_count_each_stage_and_average_what_was_measured() -> None:
    loops, caching = session_report(_state()).tallies
    assert (loops.llm, loops.tried, loops.built, loops.passed, loops.faster) == ("loops", 3, 2, 2, 1)
    assert loops.mean == pytest.approx(5.0)
    assert loops.deviation == pytest.approx(21.213, abs=0.001)
    assert loops.at_least == pytest.approx(8.0)
    assert loops.usd == pytest.approx(0.3)
    assert (caching.tried, caching.built, caching.mean, caching.usd) == (1, 0, None, None)


def test_rows_are_words() -> None:
    state = _state()
    first, second = (cells for _, cells in tally_rows(session_report(state)))
    assert " ".join(first) == "loops mpco 3 2 2 1 5.0 21.2 8.0% 5.3% $0.30 $0.0150 67% 3 3"
    assert second[-9:] == ("–", "–", "–", "0.0%", "?", "–", "0%", "1", "0")
    rows = dict(candidate_cells(state))
    assert next(iter(rows)) == "c0"
    assert rows["c0"][3:7] == ("✔ faster", "20.0", "16.0% to 24.0%", "9")
    assert rows["c2"][3] == "✘ build failed"
    assert rows["c3"][3] == "no change"


def test_the_best_combination_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    state = _state()
    estimate = Estimate(percent_improvement=40.0, low=38.0, high=42.0, pairs=9)
    whole = msgspec.structs.replace(state.evaluations["e0"], id="e9", candidate="", title="best of", estimate=estimate)
    searched = samples.job("j", "combine", subject="e9", state="done")
    state = replace(state, evaluations={**state.evaluations, "e9": whole}, jobs={"j": searched})
    single = [(state.candidates["c0"], state.evaluations["e0"])]
    print_candidates(state, single, False, combined(state))
    print_candidates(state, single, True, combined(state))
    (_, _, line, _, told) = capsys.readouterr().out.splitlines()
    assert line.split()[0] == "combined" and "38.0%" in line
    assert json.loads(told)["llm"] == "combined" and json.loads(told)["guaranteed"] == 38.0
    assert session_report(state).combined


def test_written_rows_name_the_proof() -> None:
    proven = Application(id="a", target="branch", where="mpco/x", files=(), hunks=("1",), at=0.0, evaluation="e0")
    state = State(evaluations=_state().evaluations, applications={"a": proven})
    assert written_rows(state)[0][1][1:] == ("git branch", "stands", "≥ 16.0%", "1", "–", "mpco/x")


@pytest.mark.parametrize("size", SIZES)
async def test_the_tables_are_on_the_screen(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as person:
        await person.press("5")
        await person.sees("by LLM and strategy", "algorithms", "mean %PI", "11.8", "8.9%", "✔ faster", "▶ pair 4")
        if size[1] > 40:
            await person.sees("the team against each LLM", "all LLMs together", "kinds of edits", "break-even")


async def test_prompts_across_llms_are_a_heat_map_and_the_papers_ranks_come_from_the_engine(
    open_app: OpenApp, root: Path
) -> None:
    snapshot = samples.full(root)
    lent = samples.prompt("loops-3", "loops", 3, written_for="algorithms", parent="algorithms-1")
    other = samples.candidate("c-lent", "loops", prompt="loops-3")
    snapshot = msgspec.structs.replace(
        snapshot,
        prompts=(*snapshot.prompts, lent),
        candidates=(*snapshot.candidates, other),
        evaluations=(*snapshot.evaluations, samples.evaluation("e-lent", other)),
    )
    async with open_app(snapshot, size=(120, 90)) as person:
        person.engine.answers[RankApproaches] = [
            {"table": "session", "system": "words", "approach": "mpco", "n": 1, "mean": 11.79, "sd": 0.0, "rank": 1}
        ]
        await person.press("5")
        await person.sees("prompts across LLMs", "written for algorithms", "given to loops", "████ 11.8 (1 of 1)")
        await person.sees("by the paper's procedure", "11.79", "survivors only")
        await person.sees("gain against cost", "where candidates ended", "by prompt", "v3 meta: mpco for algorithms")
        assert len(person.engine.all(RankApproaches)) == 1


async def test_a_write_can_be_taken_back(open_app: OpenApp, root: Path) -> None:
    async with open_app() as person:
        await person.press("5", "u")
        await person.sees("Nothing was written to the working tree")
        files = (AppliedFile(path="logreport/parse.py", before="", after="x"),)
        written = Application(id="a1", target="tree", where=str(root), files=files, hunks=("1",), at=0.0)
        person.engine.push(ApplicationChanged(application=written))
        await person.sees("working tree", "not proven", "stands")
        await person.press("u")
        await person.engine.received(UndoApply)
        person.engine.push(ApplicationChanged(application=msgspec.structs.replace(written, undone=True)))
        await person.sees("taken back")
        await person.press("tab", "tab", "u")
        await person.sees("This write was taken back already.")


async def test_enter_shows_the_diff_of_a_candidate(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("5")
        await person.sees("algorithms v1")
        await person.press("tab", "j", "enter")
        await person.sees("loops v1 ▸ hunk 1 of 3")


async def test_nothing_to_report_names_the_keys(open_app: OpenApp, root: Path) -> None:
    async with open_app(Snapshot(project=samples.project(root))) as person:
        await person.press("5")
        await person.sees("There is nothing to report yet.", "p profiles")


async def test_an_experiment_is_begun_from_the_palette_and_fills_its_grid(open_app: OpenApp, root: Path) -> None:
    planned = Experiment(
        id="x1", at=1.0, bottlenecks=("parse",), llms=("loops", "algorithms"), approaches=(Approach("base"),)
    )
    snapshot = msgspec.structs.replace(samples.full(root), jobs=())
    async with open_app(snapshot, size=(80, 24)) as person:
        plan = ExperimentPlan(
            experiment=planned, cells=2, left=2, prompts=0, usd=0.0312, max_usd=0.25, guessed=True, max_seconds=600.0
        )
        person.engine.answers[RunExperiment] = plan
        await person.press("ctrl+p")
        await person.press(*"experiment", "enter")
        await person.sees(
            "Experiment", "2 of 2 cells to ask for, 0 prompts to have written", "$0.0312", "at most 10 min"
        )
        person.engine.answers[RunExperiment] = {"job": "j1", "experiment": "x1"}
        await person.press("y")
        assert not (await person.engine.received(RunExperiment, 2)).plan
        prompt = samples.prompt("base-1", "loops", strategy="base", meta_prompter="")
        item = samples.candidate("cx", "loops", prompt="base-1", strategy="base", experiment="x1", repetition=1)
        job = samples.job("j1", "experiment", subject="x1", progress="1 of 2 cells")
        person.engine.push(ExperimentBegun(experiment=planned), JobChanged(job=job))
        await person.sees("experiment", "bottleneck", "base", "1 of 2 cells")
        person.engine.push(PromptChanged(prompt=prompt), CandidateChanged(candidate=item))
        person.engine.push(EvaluationChanged(evaluation=samples.evaluation("ex", item)))
        await person.sees("≥ 8.9% (11.8%)")
        person.engine.push(JobChanged(job=samples.job("j2", "evaluate")))
        await person.sees("2 jobs")
        await person.press("x")
        assert (await person.engine.received(Cancel)).job == "j1"
