"""Answers that failed go back with what happened, and answers from a chat become candidates like any other."""

from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.protocol import AddAnswer, Decide, Evaluate, FollowUp, NoteHunk
from tests.engine.conftest import followed
from tests.engine.test_providers import ANSWER, NEW, asked, by_label, configured
from tests.openai_server import Call, saying, serving
from tui import headless

ASTRAY = """words.py
```
<<<<<<< SEARCH
    seen = []
    for word in text.split():
        if word not in seen and word:
=======
    seen = set()
    for word in text.split():
        if word not in seen:
>>>>>>> REPLACE
```
"""
WRONG = ANSWER.replace("len(set", "1 + len(set")


async def _better_each_time(call: Call) -> None:
    await saying([ASTRAY, WRONG, ANSWER][min(call.number, 3) - 1])(call)


async def _never_right(call: Call) -> None:
    await saying([ASTRAY, WRONG][call.number % 2])(call)


async def test_a_candidate_goes_back_with_what_became_of_it(shared: Path) -> None:
    async with serving(_better_each_time) as server:
        (shared / "mpco.toml").write_text(configured(server.url, {"learner": ""}))
        async with followed(shared) as follower:
            state = await follower.done(await asked(follower))
            first = by_label(state)["learner"]
            assert first.state == "unappliable"

            sent = await follower.send(FollowUp(candidate=first.id, remark="Keep the loop."))
            state = await follower.done([str(sent["job"])])
            second = state.candidates[str(sent["candidate"])]
            assert (second.parent, second.state, second.remark) == (first.id, "ready", "Keep the loop.")
            assert state.candidates[first.id] == first
            said = server.calls_of("learner")[1].body["messages"]
            assert [message["role"] for message in said] == ["system", "user", "assistant", "user"]
            assert said[2]["content"] == ASTRAY
            for expected in (first.reason, "The nearest lines of words.py, from line 5 on", "Keep the loop."):
                assert expected in said[3]["content"]

            begun = await follower.send(Evaluate(candidates=(second.id,)))
            assert (await follower.done(begun["jobs"])).evaluations[begun["evaluations"][0]].verdict == "tests failed"
            hunk = second.hunks[0]
            await follower.send(Decide(candidate=second.id, hunks=(hunk.id,), decision="rejected"))
            await follower.send(NoteHunk(candidate=second.id, hunk=hunk.id, note="It counts one too many."))
            sent = await follower.send(FollowUp(candidate=second.id))
            state = await follower.done([str(sent["job"])])
            assert state.candidates[str(sent["candidate"])].answer == ANSWER
            said = server.calls_of("learner")[2].body["messages"]
            assert len(said) == 6
            for expected in ("tests failed", "FAIL", "was rejected: It counts one too many.", "+    return 1 + len"):
                assert expected in said[5]["content"]


async def test_a_headless_run_lets_an_llm_try_again_as_often_as_configured(shared: Path) -> None:
    async with serving(_never_right) as server:
        config = configured(server.url, {"learner": ""}).replace("max_pairs = 40", "max_pairs = 2")
        (shared / "mpco.toml").write_text(f"[task]\nrounds = 2\n\n{config}")
        async with headless.Session(shared, lambda _: None) as session:
            outcome = await headless.run(session, headless.Plan(bottlenecks=1))
        verdicts = [evaluation.verdict if evaluation else candidate.state for candidate, evaluation in outcome.results]
        assert verdicts == ["tests failed", "unappliable", "tests failed"]
        assert len(server.calls_of("learner")) == 3


async def test_an_answer_from_a_chat_is_a_candidate_and_an_offline_model_does_not_pretend_to_learn(
    shared: Path,
) -> None:
    async with followed(shared) as follower:
        done = await follower.done(await asked(follower))
        added = await follower.send(AddAnswer(bottleneck="distinct", answer=ANSWER, llm="a chat"))
        id = str(added["candidate"])
        state = await follower.until(lambda state: id in state.candidates)
        pasted = state.candidates[id]
        assert (pasted.llm, pasted.state, pasted.strategy) == ("a chat", "ready", "pasted")
        assert any("return len(set(text.split()))" in line for hunk in pasted.hunks for line in hunk.new_lines)
        assert NEW not in (shared / "words.py").read_text()
        with pytest.raises(EngineError, match="no whole answer from an LLM"):
            await follower.send(FollowUp(candidate=id))
        with pytest.raises(EngineError, match="no bottleneck 'other'"):
            await follower.send(AddAnswer(bottleneck="other", answer=ANSWER))

        offline = by_label(done)["algorithms"]
        sent = await follower.send(FollowUp(candidate=offline.id))
        state = await follower.done([str(sent["job"])])
        again = state.candidates[str(sent["candidate"])]
        assert again.state == "empty" and "I learn nothing from what became of an answer" in again.answer
