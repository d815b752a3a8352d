"""More answers: of an LLM that goes on where it was cut off, that tries again, and of any chat."""

from pathlib import Path

from textual.events import Paste

from engine.model import Message, Unapplied
from engine.protocol import AddAnswer, CandidateChanged, ContinueCandidate, EvaluationChanged, FollowUp
from tests.tui import samples
from tests.tui.conftest import OpenApp


async def test_a_cut_off_answer_is_kept_and_plus_has_the_llm_go_on(open_app: OpenApp, root: Path) -> None:
    cut = samples.candidate(
        "c-cut",
        "loops",
        state="interrupted",
        hunks=(),
        answer="Half an answer",
        reason="The answer of x was cut off after 14 characters; what came is kept.",
        reasoning="First I thought.",
    )
    async with open_app() as person:
        person.engine.push(CandidateChanged(candidate=cut))
        person.app.current_candidate = cut.id
        await person.press("3")
        await person.sees(
            "Half an answer", "The answer was cut off", "+ has the LLM go on", "Its reasoning", "First I thought."
        )
        await person.press("plus")
        assert (await person.engine.received(ContinueCandidate)).candidate == cut.id


ASKED = (Message(role="user", content="Make it faster."),)


async def test_plus_has_the_llm_try_again_with_a_remark(open_app: OpenApp) -> None:
    astray = samples.candidate(
        "c-astray",
        "loops",
        state="unappliable",
        hunks=(),
        sent=ASKED,
        reason="One edit fits nowhere.",
        unapplied=(Unapplied(file="logreport/parse.py", text="x", reason="It fits nowhere."),),
    )
    async with open_app() as person:
        person.engine.push(CandidateChanged(candidate=astray))
        person.app.current_candidate = astray.id
        await person.press("3")
        await person.sees("+ has the LLM try again")
        await person.press("plus")
        await person.sees("Have loops try again", "(1 edit without a place)", "what it should mind")
        await person.press("escape")
        await person.misses("Have loops try again")
        await person.press("plus", *"keep it", "enter")
        assert await person.engine.received(FollowUp) == FollowUp(candidate=astray.id, remark="keep it")
        person.engine.push(
            CandidateChanged(candidate=samples.candidate("c-again", "loops", parent=astray.id, state="empty", hunks=()))
        )
        await person.sees("loops v1 try 2")


async def test_a_candidate_whose_tests_failed_goes_back_from_the_benchmarks(open_app: OpenApp) -> None:
    wrong = samples.candidate("c-wrong", "loops", sent=ASKED)
    failed = samples.evaluation("e-wrong", wrong, verdict="tests failed", measurements=(), estimate=None)
    async with open_app() as person:
        person.engine.push(CandidateChanged(candidate=wrong))
        person.engine.push(EvaluationChanged(evaluation=failed))
        await person.press("4")
        await person.until(lambda: failed.id in person.app.state.evaluations)
        while getattr(person.app.screen, "candidate", None) != wrong:
            await person.press("full_stop")
        await person.sees("+ has its LLM try again")
        await person.press("plus")
        await person.sees("Have loops try again", "(tests failed)")
        await person.press("enter")
        assert await person.engine.received(FollowUp) == FollowUp(candidate=wrong.id)


async def test_i_takes_an_answer_from_any_chat(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.answers[AddAnswer] = {"candidate": "c-pasted"}
        await person.press("3", "i")
        await person.sees("An answer for Parser.parse_line", "Paste any chat's answer")
        person.app.post_message(Paste("```python\ndef f(): ...\n```\n"))
        await person.sees("def f(): ...")
        await person.press("ctrl+s")
        added = await person.engine.received(AddAnswer)
        assert (added.bottleneck, added.answer) == ("parse", "```python\ndef f(): ...\n```\n")
        person.engine.push(CandidateChanged(candidate=samples.candidate("c-pasted", "pasted")))
        await person.sees("pasted ▸ hunk")
