"""An answer that was cut off: it says what helps, and the LLM can be told to go on."""

from pathlib import Path

from engine.protocol import CandidateChanged, ContinueCandidate
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
        person.app.screen.query_one("#answer").focus()
        await person.sees("+ go on")
        await person.press("plus")
        assert (await person.engine.received(ContinueCandidate)).candidate == cut.id
        person.engine.push(CandidateChanged(candidate=samples.candidate("c-cut", "loops", hunks=(), state="empty")))
        await person.until(lambda: "+ go on" not in person.screen)
