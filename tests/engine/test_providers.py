"""The engine with several providers of which some misbehave: what the others do, and what is kept."""

from pathlib import Path

from engine.model import Candidate
from engine.protocol import (
    Cancel,
    ContinueCandidate,
    ExportRecording,
    ImportRecording,
    Optimise,
    RunProfile,
    SetBudget,
    StopSpending,
    WritePrompts,
)
from tests.engine.conftest import CONFIG, Follower, followed
from tests.openai_server import END, HEAD, Call, event, refusing_first, saying, serving, usage
from tui.state import State

NEW = "def distinct(text: str) -> int:\n    return len(set(text.split()))\n"
ANSWER = f"Like this:\n```python\n{NEW}```\n"


def configured(url: str, llms: dict[str, str]) -> str:
    """An mpco.toml with one [[llm]] for each model of the server."""
    head = CONFIG.split("[[llm]]")[0]
    tables = (
        f'[[llm]]\nmodel = "openai/{name}"\nlabel = "{name}"\napi_base = "{url}"\n{keys}\n'
        for name, keys in llms.items()
    )
    return head + "\n".join(tables)


async def asked(follower: Follower) -> list[str]:
    """Profile where nobody has, have prompts written and send them; the jobs that generate candidates."""
    if not follower.state.bottlenecks:
        await follower.done([(await follower.send(RunProfile()))["job"]])  # type: ignore[list-item]
    target = next(item.id for item in follower.state.bottlenecks if item.function == "distinct")
    written = await follower.send(WritePrompts(bottlenecks=(target,)))
    await follower.done(written["jobs"])
    return (await follower.send(Optimise(prompts=tuple(written["prompts"]))))["jobs"]


def by_label(state: State) -> dict[str, Candidate]:
    """The newest candidate of each LLM."""
    return {item.llm: item for item in state.candidates.values()}


async def _cut_once(call: Call) -> None:
    if call.number == 1:
        head = HEAD.replace(b"Connection: close", b"Content-Length: 99999")
        await call.write(head, *(event(piece) for piece in (ANSWER[:20], ANSWER[20:40])))
    else:
        await saying(ANSWER[40:])(call)


async def _think(call: Call) -> None:
    thought = event(delta={"reasoning_content": "A set is faster. "})
    await call.write(HEAD, thought, event(ANSWER), event(finish="stop"), usage(), END)


BUSY = {"busy-for-a-second": refusing_first("429 Too Many Requests", "retry-after: 1\r\n")}


async def test_one_providers_failure_leaves_the_others_running(shared: Path) -> None:
    llms = {
        "good": "",
        "thinker": 'params = { temperature = 0.2, extra_headers = { x-key = "hush" } }',
        "busy-once": "",
        "busy-for-a-second": "",
        "too-long": 'fallback = "good"',
        "down-once": "",
        "bad-key": "",
        "down": 'retries = 1\nfallback = "good"',
        "silent": "first_timeout = 1",
        "cut": "",
    }
    async with serving(saying(ANSWER), thinker=_think, cut=_cut_once, **BUSY) as server:
        (shared / "mpco.toml").write_text(configured(server.url, llms))
        async with followed(shared) as follower:
            state = await follower.done(await asked(follower))
            found = by_label(state)
            ready = {label for label, item in found.items() if item.state == "ready"} & set(llms)
            assert ready == {"good", "thinker", "down", "too-long"}
            assert found["down"].model == found["too-long"].model == "served-1"
            assert found["thinker"].reasoning == "A set is faster. " and found["thinker"].answer == ANSWER
            assert found["thinker"].params == {"temperature": 0.2}
            assert len(server.calls_of("busy-once")) == len(server.calls_of("down-once")) == 2
            assert len(server.calls_of("down")) == 2 and len(server.calls_of("too-long")) + 1 == 2
            assert len(server.calls_of("good")) == 3
            first, second = server.calls_of("busy-for-a-second")
            assert second.at - first.at >= 1.0
            assert len(server.calls_of("bad-key")) == 1 and "API key" in found["bad-key"].reason
            assert found["silent"].state == "failed" and "(first_timeout)" in found["silent"].reason
            assert any("again in 0 s" in text and "503" in text for text in follower.told)

            cut = found["cut"]
            assert (cut.state, cut.answer) == ("interrupted", ANSWER[:40]) and cut.usage and cut.usage.estimated
            await follower.done([(await follower.send(ContinueCandidate(candidate=cut.id)))["job"]])  # type: ignore[list-item]
            whole = follower.state.candidates[cut.id]
            assert (whole.state, whole.answer) == ("ready", ANSWER) and whole.hunks
            assert whole.usage and whole.usage.input_tokens > 1000
            roles = [message["role"] for message in server.calls_of("cut")[1].body["messages"]]
            assert roles == ["system", "user", "assistant", "user"]


async def test_cancelling_closes_the_connection_and_limits_of_requests_are_kept(shared: Path) -> None:
    async with serving(saying(ANSWER)) as server:
        llms = {"stalling": "max_parallel = 1", "good": "requests_per_minute = 1"}
        (shared / "mpco.toml").write_text(configured(server.url, llms))
        async with followed(shared) as follower:
            jobs = await asked(follower)
            state = await follower.until(
                lambda state: any(item.answer == "Half an answer" for item in state.candidates.values())
            )
            half = next(item.id for item in state.candidates.values() if item.answer == "Half an answer")
            prompt_of = {item.llm: item.id for item in state.prompts.values()}
            (waiting,) = (await follower.send(Optimise(prompts=(prompt_of["stalling"],))))["jobs"]
            await follower.done([job for job in jobs if state.jobs[job].title.startswith("good")])
            await follower.until(lambda state: waiting in state.jobs)
            assert follower.state.jobs[waiting].state == "queued" and len(server.calls_of("stalling")) == 1
            stalled = next(job for job in jobs if state.jobs[job].title.startswith("stalling"))
            await follower.send(Cancel(job=stalled))
            await follower.until(lambda _: len(server.calls_of("stalling")) == 2)
            await follower.send(Cancel(job=waiting))
            await follower.done([*jobs, waiting])
            await server.calls_of("stalling")[0].left.wait()
            cut = follower.state.candidates[half]
            assert (cut.state, cut.answer) == ("interrupted", "Half an answer")
            assert cut.usage and cut.usage.estimated and cut.usage.output_tokens > 0

            (again,) = (await follower.send(Optimise(prompts=(prompt_of["good"],))))["jobs"]
            await follower.until(lambda state: again in state.jobs and "1 requests" in state.jobs[again].progress)
            await follower.send(Cancel(job=again))
            await follower.done([again])
            assert len(server.calls_of("good")) == 1


async def test_a_reached_cap_pauses_until_a_person_decides(project: Path) -> None:
    async with serving(saying(ANSWER)) as server:
        text = configured(server.url, {"gpt-4o-mini": ""}) + "[budget]\nmax_usd = 0.000001\n"
        (project / "mpco.toml").write_text(text)
        async with followed(project) as follower:
            jobs = await asked(follower)
            state = await follower.until(lambda state: state.question)
            assert "Asking openai/gpt-4o-mini could cost $" in state.question
            assert not server.calls
            await follower.send(SetBudget(max_usd=1.0))
            state = await follower.done(jobs)
            assert by_label(state)["gpt-4o-mini"].state == "ready" and not state.question
            assert state.project and state.project.max_usd == 1.0
            assert 0 < state.spent_usd < 0.01

            await follower.send(SetBudget(max_usd=state.spent_usd))
            (again,) = (await follower.send(Optimise(prompts=tuple(state.prompts))))["jobs"]
            await follower.until(lambda state: state.question)
            await follower.send(StopSpending())
            state = await follower.done([again])
            assert (state.jobs[again].state, state.jobs[again].failure) == ("failed", "budget")
            assert len(server.calls) == 1


async def test_a_model_named_replay_answers_from_an_imported_recording(project: Path, tmp_path: Path) -> None:
    recording = str(tmp_path / "talk.json")
    async with serving(saying(*ANSWER)) as server:
        (project / "mpco.toml").write_text(configured(server.url, {"gpt-4o-mini": ""}))
        async with followed(project) as follower:
            first = by_label(await follower.done(await asked(follower)))["gpt-4o-mini"]
            assert await follower.send(ExportRecording(path=recording)) == {"exchanges": 2}
    (project / "mpco.toml").write_text(
        CONFIG.split("[[llm]]")[0]
        + '[[llm]]\nmodel = "replay/openai/gpt-4o-mini"\nparams = { speed = 0 }\n'
        + '[[llm]]\nmodel = "replay/nobody"\n'
    )
    async with followed(project) as follower:
        await follower.send(ImportRecording(path=recording))
        target = first.bottleneck
        written = (await follower.send(WritePrompts(bottlenecks=(target,))))["jobs"]
        state = await follower.done(written)
        prompts = tuple(state.jobs[job].subject for job in written)
        state = await follower.done((await follower.send(Optimise(prompts=prompts)))["jobs"])
        again = by_label(state)
    played = again["gpt-4o-mini"]
    assert (played.id != first.id, played.answer, played.model) == (True, ANSWER, "served-1")
    assert played.usage and played.usage.usd == 0.0
    assert again["nobody"].state == "failed" and "has no answer by nobody" in again["nobody"].reason
