"""What each hunk is worth, and the best combination of several candidates, through the engine's socket.

The benchmark counts steps instead of taking time, so every effect is exact.
"""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.model import Evaluation, Measurement
from engine.protocol import (
    AddAnswer,
    Apply,
    Cancel,
    Combine,
    Decide,
    Evaluate,
    EvaluateVariant,
    MeasureWorth,
    PreviewVariant,
    RunProfile,
    UndoDecision,
)
from tests.engine.conftest import Follower, followed, kill, stop
from tui.state import State

WORK = """CHEAP = False
FLOOR = 0


def alpha():
    steps = 500
    return 50 if CHEAP else steps


def beta():
    steps = 300
    return steps


def gamma():
    steps = 100
    return steps


def run():
    return sum(alpha() + beta() + gamma() for _ in range(1000)) // 1000
"""
BENCH = """import json
from work import run

json.dump({"steps": run()}, open("results.json", "w"))
"""
CONFIG = """[project]
protected = ["bench.py", "test_work.py", "mpco.toml"]
[test]
command = "python3 test_work.py"
behaviour = "off"
[benchmark]
command = "python3 bench.py"
output = "results-file"
results = "results.json"
max_pairs = 5
calm_seconds = 0
noise_check = false
[profile]
profiler = "cprofile"
"""


def made(root: Path) -> Path:
    """A project whose benchmark counts the steps of three functions: 500, 300 and 100."""
    root.mkdir()
    files = {
        "work.py": WORK,
        "bench.py": BENCH,
        "test_work.py": "import work\nassert work.run()\n",
        "mpco.toml": CONFIG,
    }
    for name, text in files.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One such project, with one engine and one session, for tests that leave its files as they are."""
    folder = Path(tempfile.mkdtemp(prefix="mpco-run-"))
    root = made(tmp_path_factory.mktemp("shared") / "work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield root
        asyncio.run(stop(root))
    shutil.rmtree(folder)


@pytest.fixture
def work(tmp_path: Path, runtime: Path) -> Iterator[Path]:
    """Such a project of the test's own."""
    yield made(tmp_path / "work")
    asyncio.run(stop(tmp_path / "work"))


async def propose(engine: Follower, *changes: tuple[str, str], llm: str = "pasted") -> str:
    """A candidate that makes these replacements in work.py; its id."""
    if not engine.state.bottlenecks:
        await engine.done([str((await engine.send(RunProfile()))["job"])])
    text = WORK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    answer = f"work.py\n```python\n{text}```\n"
    id = str((await engine.send(AddAnswer(bottleneck="run", answer=answer, llm=llm)))["candidate"])
    state = await engine.until(lambda state: id in state.candidates)
    assert len(state.candidates[id].hunks) >= 1, state.candidates[id]
    return id


async def measured(engine: Follower, *candidates: str) -> list[Evaluation]:
    """The candidates' evaluations, when they have ended."""
    begun = await engine.send(Evaluate(candidates=candidates))
    state = await engine.done(begun["jobs"])
    return [state.evaluations[id] for id in begun["evaluations"]]


async def taken_apart(engine: Follower, *changes: tuple[str, str]) -> tuple[str, Evaluation]:
    """A candidate with these changes, measured and taken apart."""
    candidate = await propose(engine, *changes)
    (whole,) = await measured(engine, candidate)
    assert whole.verdict == "faster", whole
    state = await engine.done((await engine.send(MeasureWorth(evaluation=whole.id)))["jobs"])
    return candidate, state.evaluations[whole.id]


async def test_each_hunk_shows_its_share_and_what_adds_nothing_is_offered_for_dropping(shared: Path) -> None:
    changes = (("steps = 500", "steps = 50"), ("steps = 300", "steps = 200 + 100"), ("steps = 100", "steps = 10"))
    async with followed(shared) as engine:
        candidate, whole = await taken_apart(engine, *changes)
        big, nothing, small = whole.worth
        # 450 of 810 steps without the first hunk are its own, 90 of 450 without the last one its
        assert big.estimate is not None and big.estimate.percent_improvement == pytest.approx(55.6, abs=0.1)
        assert big.estimate.low <= 55.6 <= big.estimate.high
        assert (nothing.verdict, small.verdict) == ("equivalent", "faster")
        assert small.estimate is not None and small.estimate.percent_improvement == pytest.approx(20.0, abs=0.1)
        assert whole.spare == (nothing.hunk,)

        await engine.send(Decide(candidate=candidate, hunks=whole.spare, decision="rejected"))
        state = await engine.until(lambda state: len(state.candidates[candidate].kept) == 2)
        (smaller,) = await measured(engine, candidate)
        assert smaller.verdict == "faster" and smaller.patch.count("@@ ") == 2
        await engine.send(UndoDecision())
        state = await engine.until(lambda state: len(state.candidates[candidate].kept) == 3)
        steps = steps_of(state, whole.id)
        assert len(steps) == 3 and all(item.measurements for item in steps)


async def test_hunks_that_make_up_for_each_other_are_not_both_dropped(shared: Path) -> None:
    redundant = (("CHEAP = False", "CHEAP = True"), ("steps = 500", "steps = 50"), ("steps = 100", "steps = 10"))
    async with followed(shared) as engine:
        _, whole = await taken_apart(engine, *redundant)
        alone = {item.hunk: item for item in whole.worth if not item.together}
        assert len(alone) == len(whole.hunks)
        # CHEAP and `steps = 50` each do it alone: either may go, not both
        assert [alone[hunk].verdict for hunk in whole.hunks] == ["equivalent", "equivalent", "faster"]
        (both,) = (item for item in whole.worth if item.together)
        assert both.verdict == "faster" and {both.hunk, *both.together} == set(whole.hunks[:2])
        assert len(whole.spare) == 1 and whole.spare[0] in whole.hunks[:2]


async def test_what_the_rest_does_not_work_without_says_so(shared: Path) -> None:
    needing = (
        ("FLOOR = 0", "LEAST = 5"),
        ("steps = 100", "steps = 5 + LEAST"),
        ("steps = 300", "steps = 30"),
    )
    async with followed(shared) as engine:
        candidate, whole = await taken_apart(engine, *needing)
        alone = {item.hunk: item for item in whole.worth if not item.together}
        hunks = engine.state.candidates[candidate].hunks
        first = next(alone[hunk.id] for hunk in hunks if "LEAST = 5" in hunk.new_lines)
        assert first.needed and first.verdict in ("tests failed", "crashed")
        pair = next(item for item in whole.worth if item.together)
        assert pair.estimate is not None and pair.verdict == "faster"


async def test_cancelled_or_killed_it_goes_on_with_the_runs_it_has(work: Path) -> None:
    (work / "bench.py").write_text("import time\ntime.sleep(0.1)\n" + BENCH)
    async with followed(work) as engine:
        candidate = await propose(engine, ("steps = 500", "steps = 50"), ("steps = 300", "steps = 30"))
        (whole,) = await measured(engine, candidate)
        job = (await engine.send(MeasureWorth(evaluation=whole.id)))["jobs"][0]
        with pytest.raises(EngineError, match="under way"):
            await engine.send(MeasureWorth(evaluation=whole.id))
        await engine.until(lambda state: any(item.measurements for item in steps_of(state)))
        await engine.send(Cancel(job=job))
        state = await engine.done([job])
        assert state.jobs[job].state == "cancelled" and {item.state for item in steps_of(state)} <= {
            "cancelled",
            "done",
        }
        cancelled = runs_by_step(state)

        job = (await engine.send(MeasureWorth(evaluation=whole.id)))["jobs"][0]
        state = await engine.until(lambda state: runs_by_step(state) != cancelled)
        killed = runs_by_step(state)
        await kill(work)
    async with followed(work) as engine:
        state = await engine.done([job])
        assert state.jobs[job].state == "done"
        assert len(state.evaluations[whole.id].worth) == 2
        assert set(runs_by_step(state)) == set(cancelled)
        for before in (cancelled, killed):
            assert all(runs_by_step(state)[id][: len(runs)] == runs for id, runs in before.items())


def steps_of(state: State, whole: str = "") -> list[Evaluation]:
    return [item for item in state.evaluations.values() if item.search and whole in ("", item.of)]


def runs_by_step(state: State) -> dict[str, tuple[Measurement, ...]]:
    return {item.id: item.measurements for item in steps_of(state)}


async def test_the_budget_of_runs_holds(shared: Path) -> None:
    (shared / "mpco.toml").write_text(CONFIG.replace("max_pairs = 5", "max_pairs = 5\nsearch_runs = 10"))
    changes = (("steps = 500", "steps = 60"), ("steps = 300", "steps = 30"), ("steps = 100", "steps = 10"))
    async with followed(shared) as engine:
        _, whole = await taken_apart(engine, *changes)
        runs = {(run.at, run.arm) for step in steps_of(engine.state, whole.id) for run in step.measurements}
        assert 0 < len(runs) <= 10
        assert len(whole.worth) == 1
    (shared / "mpco.toml").write_text(CONFIG)


async def test_only_a_proven_variant_of_several_hunks_is_taken_apart(shared: Path) -> None:
    async with followed(shared) as engine:
        one = await propose(engine, ("steps = 500", "steps = 50"))
        worse = await propose(engine, ("steps = 500", "steps = 900"), ("steps = 300", "steps = 900"))
        single, slower = await measured(engine, one, worse)
        for evaluation, words in ((single.id, "only one hunk"), (slower.id, "proven faster"), ("none", "no such")):
            with pytest.raises(EngineError, match=words):
                await engine.send(MeasureWorth(evaluation=evaluation))


async def test_the_best_of_several_candidates_is_found_measured_afresh_and_written_as_proven(work: Path) -> None:
    async with followed(work) as engine:
        one = await propose(engine, ("steps = 500", "steps = 50"), llm="one")
        two = await propose(engine, ("steps = 500", "steps = 100"), ("steps = 300", "steps = 30"), llm="two")
        three = await propose(engine, ("steps = 100", "steps = 10"), llm="three")
        with pytest.raises(EngineError, match="two measured candidates"):
            await engine.send(Combine())
        proofs = await measured(engine, one, two, three)
        assert {item.verdict for item in proofs} == {"faster"}
        begun = await engine.send(Combine())
        state = await engine.done(begun["jobs"])
        assert state.jobs[begun["jobs"][0]].state == "done", state.jobs
        id = begun["evaluations"][0]
        state = await engine.until(lambda state: id in state.evaluations and state.evaluations[id].verdict)
        best = state.evaluations[id]
        # of the two that conflict the better one, with all that fits beside it: 50 + 30 + 10 steps of 900
        assert best.verdict == "faster" and best.estimate is not None
        assert best.estimate.percent_improvement == pytest.approx(90.0, abs=0.1)
        assert not best.search and "best combination" in best.title
        earlier = {run.at for item in state.evaluations.values() if item.id != id for run in item.measurements}
        assert best.measurements and not earlier & {run.at for run in best.measurements}

        seen = await engine.client.send(PreviewVariant(hunks=best.hunks))
        assert seen["evaluation"] == id and seen["patch"] == best.patch
        await engine.send(Apply(hunks=best.hunks, proven=True))
        state = await engine.until(lambda state: state.applications)
        assert next(iter(state.applications.values())).evaluation == id
        text = (work / "work.py").read_text()
        assert all(each in text for each in ("steps = 50\n", "steps = 30\n", "steps = 10\n"))


async def test_a_selection_that_was_never_evaluated_is_not_taken_for_one_that_was(shared: Path) -> None:
    async with followed(shared) as engine:
        candidate = await propose(engine, ("steps = 500", "steps = 51"), ("steps = 300", "steps = 30"))
        (whole,) = await measured(engine, candidate)
        part = whole.hunks[:1]
        seen = await engine.client.send(PreviewVariant(hunks=part))
        assert seen["evaluation"] == ""
        with pytest.raises(EngineError, match="never proven"):
            await engine.send(Apply(hunks=part, proven=True))
        assert (shared / "work.py").read_text() == WORK
        state = await engine.done((await engine.send(MeasureWorth(evaluation=whole.id)))["jobs"])
        # a step of a search has measured these bytes, but not against the project
        seen = await engine.client.send(PreviewVariant(hunks=part))
        assert seen["evaluation"] == ""
        begun = await engine.send(EvaluateVariant(hunks=part))
        state = await engine.done(begun["jobs"])
        assert (await engine.client.send(PreviewVariant(hunks=part)))["evaluation"] == begun["evaluations"][0]
        await engine.send(Apply(hunks=part, proven=True))
        proven = state.evaluations[begun["evaluations"][0]]
        git = await asyncio.create_subprocess_exec("git", "apply", "-R", cwd=shared, stdin=asyncio.subprocess.PIPE)
        await git.communicate(proven.patch.encode())
        assert (shared / "work.py").read_text() == WORK
