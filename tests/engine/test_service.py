"""The engine through its socket: one process a project, numbered events, nothing lost to a kill -9."""

import asyncio
import contextlib
import os
import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from engine import paths
from engine.errors import EngineError
from engine.protocol import (
    LINE_LIMIT,
    Apply,
    Cancel,
    Decide,
    EditPrompt,
    Evaluate,
    EvaluatePatch,
    Event,
    Follow,
    Mark,
    MeasureNoise,
    Optimise,
    PreviewPrompt,
    RedoDecision,
    Request,
    RunProfile,
    SetBudget,
    Status,
    Stop,
    UndoApply,
    UndoDecision,
    WritePrompts,
)
from tests.engine.conftest import BENCH, SLOW, Follower, followed, kill
from tui.state import State


async def profiled(engine: Follower) -> str:
    """Profile the project; the id of its bottleneck."""
    result = await engine.send(RunProfile())
    state = await engine.done([str(result["job"])])
    assert state.jobs[str(result["job"])].state == "done", state.jobs
    assert state.bottlenecks[0].function == "distinct"
    return state.bottlenecks[0].id


async def answered(engine: Follower) -> str:
    """Do the job up to the diffs, as far as it is not done; the id of a new candidate with hunks."""
    bottleneck = engine.state.bottlenecks[0].id if engine.state.bottlenecks else await profiled(engine)
    if not engine.state.prompts:
        state = await engine.done((await engine.send(WritePrompts(bottlenecks=(bottleneck,))))["jobs"])
        assert [item.state for item in state.prompts.values()] == ["ready", "ready"]
    before = set(engine.state.candidates)
    prompts = tuple(engine.state.prompt_versions(bottleneck, llm)[0].id for llm in ("algorithms", "caching"))
    state = await engine.done((await engine.send(Optimise(prompts=prompts)))["jobs"])
    new = (item for id, item in state.candidates.items() if id not in before)
    return next(item.id for item in new if item.llm == "algorithms" and item.hunks)


async def test_the_main_job(shared: Path) -> None:
    project = shared
    async with followed(project) as engine:
        id = await answered(engine)
        candidate = engine.state.candidates[id]
        assert candidate.model.endswith("algorithms") and candidate.usage is not None and candidate.usage.usd == 0.0
        assert (project / "words.py").read_text() == SLOW

        begun = await engine.send(Evaluate(candidates=(id,)))
        state = await engine.done(begun["jobs"])
        proof = state.evaluations[begun["evaluations"][0]]
        assert proof.verdict == "faster", proof
        assert proof.estimate is not None and proof.estimate.guaranteed > 0
        assert {run.arm for run in proof.measurements} == {"baseline", "variant"}
        assert (project / "words.py").read_text() == SLOW

        hunks = tuple(hunk.id for hunk in candidate.hunks)
        await engine.send(Decide(candidate=id, hunks=hunks, decision="accepted"))
        written = (await engine.send(Apply(candidates=(id,))))["application"]
        applied = (await engine.until(lambda state: written in state.applications)).applications[str(written)]
        assert applied.evaluation == proof.id
        assert (project / "words.py").read_text() == applied.files[0].after != SLOW
        await engine.send(UndoApply())
        assert (project / "words.py").read_text() == SLOW
        assert engine.numbers == sorted(set(engine.numbers))


async def test_decisions_are_undone_and_redone_without_end(shared: Path) -> None:
    async with followed(shared) as engine:
        id = await answered(engine)
        first = engine.state.candidates[id].hunks[0].id

        def decision() -> str:
            return engine.state.candidates[id].hunks[0].decision

        await engine.send(Decide(candidate=id, hunks=(first,), decision="accepted"))
        await engine.send(Decide(candidate=id, hunks=(first,), decision="rejected"))
        await engine.until(lambda _: decision() == "rejected")
        await engine.send(UndoDecision())
        await engine.until(lambda _: decision() == "accepted")
        await engine.send(UndoDecision())
        await engine.until(lambda _: decision() == "pending")
        await engine.send(RedoDecision())
        await engine.until(lambda _: decision() == "accepted")


async def test_prompts_are_versioned_and_contexts_can_be_left_out(shared: Path) -> None:
    async with followed(shared) as engine:
        await answered(engine)
        bottleneck = engine.state.bottlenecks[0].id
        write = WritePrompts(bottlenecks=(bottleneck,), llms=("algorithms",), without=("task",))
        state = await engine.done((await engine.send(write))["jobs"])
        first = state.prompt_versions(bottleneck, "algorithms")[-1]
        assert first.author == "meta" and {field.context for field in first.fields} == {"project", "llm"}
        assert "Task context" not in "".join(message.content for message in first.sent)
        preview = await engine.send(PreviewPrompt(bottleneck=bottleneck, llm="algorithms"))
        assert "Task context" in str(preview["messages"])

        edited = (await engine.send(EditPrompt(prompt=first.id, text="Replace the list by a set.")))["prompt"]
        second = (await engine.until(lambda state: edited in state.prompts)).prompts[str(edited)]
        assert (second.author, second.parent, second.version) == ("person", first.id, first.version + 1)


async def test_one_engine_a_project_and_a_private_socket(project: Path) -> None:
    async with followed(project) as one, followed(project) as two:
        first, second = await one.client.send(Status()), await two.client.send(Status())
        assert first["pid"] == second["pid"] and second["clients"] == 2
        assert stat.S_IMODE(os.stat(first["socket"]).st_mode) == 0o600
        assert (project / ".mpco" / ".gitignore").read_text().startswith("*\n")


async def test_what_was_told_survives_a_kill_and_an_evaluation_goes_on_after_it(project: Path) -> None:
    (project / "bench.py").write_text("import time\n\ntime.sleep(0.2)\n" + BENCH)
    async with followed(project) as engine:
        id = await answered(engine)
        await engine.send(Mark(bottlenecks=(engine.state.bottlenecks[0].id,), marked=True))
        begun = await engine.send(Evaluate(candidates=(id,)))
        evaluation = begun["evaluations"][0]
        before = await engine.until(lambda state: _measured(state, evaluation))
        last = engine.numbers[-1]
        kept = before.evaluations[evaluation].measurements
        await kill(project)
    async with followed(project) as engine:
        assert engine.state.profile == before.profile and engine.state.bottlenecks[0].marked
        assert engine.state.prompts == before.prompts
        assert engine.state.n >= last
        state = await engine.until(lambda state: state.evaluations[evaluation].state == "done")
        assert state.evaluations[evaluation].measurements[: len(kept)] == kept
        assert state.evaluations[evaluation].verdict == "faster"


def _measured(state: State, evaluation: str) -> bool:
    return evaluation in state.evaluations and bool(state.evaluations[evaluation].measurements)


async def test_a_lost_engine_is_started_again_and_the_client_goes_on(project: Path) -> None:
    async with followed(project) as engine:
        await kill(project)
        waiting = asyncio.ensure_future(engine.until(lambda state: state.project and state.project.max_usd == 7.0))
        while not waiting.done():
            with contextlib.suppress(EngineError):
                await engine.send(SetBudget(max_usd=7.0))
            await asyncio.sleep(0.05)
        await waiting


async def test_a_job_can_be_cancelled_with_its_whole_process_tree(project: Path) -> None:
    (project / "bench.py").write_text("import subprocess\nsubprocess.run(['sleep', '4711.25'])\n")
    async with followed(project) as engine:
        patch = (
            '--- a/words.py\n+++ b/words.py\n@@ -1,1 +1,1 @@\n-"""Counts distinct words, slowly."""\n+"""Counts."""\n'
        )
        begun = await engine.send(EvaluatePatch(title="sleeps", patch=patch))
        evaluation = begun["evaluations"][0]
        async with asyncio.timeout(60):
            while not _runs("4711.25"):
                await asyncio.sleep(0.05)
        await engine.send(Cancel(job=begun["jobs"][0]))
        state = await engine.done(begun["jobs"])
        assert state.jobs[begun["jobs"][0]].state == "cancelled"
        assert state.evaluations[evaluation].state == "cancelled"
        assert not _runs("4711.25")


def _runs(word: str) -> bool:
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and f"sleep\0{word}" in (folder / "cmdline").read_text():
                return True
        except OSError:
            continue
    return False


async def test_a_folder_that_was_removed_and_made_again_gets_an_engine_of_its_own(
    project: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(project, kept)
    async with followed(project) as engine:
        old = (await engine.client.send(Status()))["pid"]
        await profiled(engine)
    shutil.rmtree(project)
    shutil.copytree(kept, project)
    async with followed(project) as engine:
        assert not engine.state.bottlenecks
        assert (await engine.client.send(Status()))["pid"] != old
        await profiled(engine)


async def test_bad_words_on_the_socket_get_a_sentence_and_break_nothing(project: Path) -> None:
    async with followed(project) as engine:
        reader, writer = await asyncio.open_unix_connection(str(paths.socket_path(project)))
        for line in (
            b"nonsense\n",
            b'{"id": 7, "command": {"type": "fly"}}\n',
            b"[]\n",
            b"\xff\xfe\n",
            b'{"id": 7, "command": "\x80"}\n',
            b'{"id":' + b"[" * 9000 + b"\n",
        ):
            writer.write(line)
            assert b"does not understand" in await reader.readline()
        writer.close()
        for command in (
            Mark(bottlenecks=("no",), marked=True),
            Cancel(job="no"),
            Apply(candidates=("no",)),
            Optimise(prompts=()),
            UndoDecision(),
        ):
            with pytest.raises(EngineError):
                await engine.send(command)
        assert (await engine.client.send(Status()))["jobs"] == 0


async def test_events_after_a_number_are_replayed(shared: Path) -> None:
    async with followed(shared) as engine:
        bottleneck = engine.state.bottlenecks[0].id if engine.state.bottlenecks else await profiled(engine)
        for marked in (True, False):
            await engine.send(Mark(bottlenecks=(bottleneck,), marked=marked))
            await engine.until(lambda state, marked=marked: state.bottlenecks[0].marked is marked)  # type: ignore[misc]
        last = engine.numbers[-1]
        reader, writer = await asyncio.open_unix_connection(str(paths.socket_path(shared)), limit=LINE_LIMIT)
        writer.write(msgspec.json.encode(Request(1, Follow(after=last - 2))) + b"\n")
        seen = [msgspec.json.decode(await reader.readline(), type=Event) for _ in range(2)]
        assert [event.n for event in seen] == [last - 1, last]
        writer.close()


async def test_stop_ends_the_engine_and_its_followers(project: Path) -> None:
    async with followed(project) as engine:
        await engine.send(Stop())
        with pytest.raises(StopAsyncIteration):
            await engine.until(lambda _: False, seconds=20)


async def test_an_engine_that_is_ending_gives_way_to_the_next(project: Path) -> None:
    for _ in range(3):
        async with followed(project) as engine:
            await engine.send(Stop())
            await engine.client.closed()


async def test_another_runtime_folder_makes_no_second_engine(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with followed(project):
        other = tmp_path / "other"
        other.mkdir(mode=0o700)
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("XDG_RUNTIME_DIR", str(other))
            with pytest.raises(EngineError, match="works on this session already"):
                async with followed(project):
                    pass


async def test_the_noise_is_measured_when_asked_for_and_kept(project: Path) -> None:
    async with followed(project) as engine:
        await engine.send(MeasureNoise())
        with pytest.raises(EngineError, match="already"):
            await engine.send(MeasureNoise())
        state = await engine.until(lambda state: state.noise is not None and not state.noise.measuring)
        noise = state.noise
        assert noise is not None
        assert (noise.reason, noise.limit is not None) == ("", True)
        assert {run.arm for run in noise.measurements} == {"baseline", "variant"}
        await engine.send(Stop())
    async with followed(project) as engine:
        assert engine.state.noise == noise
