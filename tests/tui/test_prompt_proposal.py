"""An improved prompt is a proposal: shown as a diff, taken or rejected as a whole or change by change."""

from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import DecideProposal, Optimise, PromptChanged
from tests.tui import samples
from tests.tui.conftest import OpenApp, Person
from tui.text_hunks import accepted_text, text_hunks

OLD = samples.PROMPT_TEXT
NEW = OLD.replace("of a log analyser", "of a log analyser, in Python").replace(
    "Answer with the whole function in one fenced block.", "Allocate nothing inside the loop."
)
LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8).map("\n".join)


async def proposed(person: Person) -> None:
    """On the prompts screen with a proposal for `algorithms`."""
    await person.press("2")
    await person.sees("▸ Prompts")
    new = samples.prompt(
        "algorithms-2", "algorithms", 2, text=NEW, parent="algorithms-1", proposal="open", remark="about allocation"
    )
    person.engine.push(PromptChanged(prompt=new))
    await person.sees("A proposal (about allocation), not sent yet")


async def test_each_change_is_decided_and_what_was_taken_becomes_a_version(open_app: OpenApp) -> None:
    async with open_app() as person:
        await proposed(person)
        await person.press("o")
        assert "algorithms-1" in (await person.engine.received(Optimise)).prompts
        await person.press("2", "d")
        await person.sees("algorithms: v1 → v2, a proposal", "about allocation", "Allocate nothing")
        await person.press("r", "u", "r", "a")
        await person.sees("▸ Prompts")
        sent = await person.engine.received(DecideProposal)
        assert sent.prompt == "algorithms-2" and sent.accept
        assert sent.text == OLD.replace(
            "Answer with the whole function in one fenced block.", "Allocate nothing inside the loop."
        )
        await person.sees("v2 is taken in part, as a new version.")


async def test_it_is_taken_or_rejected_as_a_whole(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        await proposed(person)
        await person.press("d")
        await person.sees("a proposal")
        await person.press("escape", "d", "A")
        sent = await person.engine.received(DecideProposal)
        assert (sent.accept, sent.text) == (True, "")
        await person.sees("v2 is taken.")
        await person.press("r")
        sent = await person.engine.received(DecideProposal, 2)
        assert (sent.accept, sent.text) == (False, "")
        person.engine.push(
            PromptChanged(prompt=samples.prompt("algorithms-2", "algorithms", 2, text=NEW, proposal="rejected"))
        )
        await person.sees("rejected proposal")
        await person.press("r")
        await person.sees("Only a proposal can be rejected")


@given(LINES, LINES)
def test_all_changes_make_the_new_text_and_none_the_old(old: str, new: str) -> None:
    hunks = text_hunks("prompt.md", old, new)
    assert accepted_text(old, hunks) == new
    assert accepted_text(old, ()) == old
