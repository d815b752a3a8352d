"""Stage 2 on screen: prompts by LLM, versions, contexts, editing, streaming, and what was sent."""

from pathlib import Path

import msgspec
import pytest

from engine.model import Message
from engine.protocol import EditPrompt, Optimise, PreviewPrompt, PromptChanged, PromptStreamed, Snapshot, WritePrompts
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp, Person
from tui.widgets.prompt_editor import PromptEditor
from tui.widgets.written_from import WrittenFrom


async def go(person: Person, *keys: str) -> None:
    """To the prompts screen, then further keys."""
    await person.press("2")
    await person.sees("▸ Prompts", "written from")
    await person.press(*keys)


@pytest.mark.parametrize("size", SIZES)
async def test_the_prompt_is_shown_with_its_facts_contexts_and_versions(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as person:
        await go(person)
        await person.sees(
            "Parser.parse_line · 1 of 3", "algorithms  ✔", "caching  ✘", "v1 · meta · 412 tokens · $0.0031"
        )
        await person.sees("You are optimising a hot function", "▣ project", "▣ LLM", "≥ 8.9% · 1")


async def test_comma_and_full_stop_go_through_the_llms(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person, "full_stop")
        await person.sees("v2 · person, from v1 · 2 words", "Compile once.")
        await person.press("comma", "comma")
        await person.sees("✘ The server answered 503. m writes it again.")
        assert person.app.current_llm == "caching"


async def test_a_version_that_is_chosen_is_the_one_that_is_sent(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person, "full_stop", "[")
        await person.sees("v1 · meta")
        await person.press("[")
        await person.sees("v1 is the oldest version.")
        await person.press("o")
        assert set((await person.engine.received(Optimise)).prompts) == {"algorithms-1", "loops-1"}


async def test_an_edit_becomes_a_new_version(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.answers[EditPrompt] = {"prompt": "loops-3"}
        await go(person, "full_stop", "e", *"Please. ", "escape")
        command = await person.engine.received(EditPrompt)
        assert (command.prompt, command.text) == ("loops-2", "Please. Compile once.\n")
        text = command.text
        person.engine.push(PromptChanged(prompt=samples.prompt("loops-3", "loops", 3, author="person", text=text)))
        await person.sees("v3 · person", "Please. Compile once.")
        assert not person.app.screen.query(PromptEditor)


async def test_verb_keys_are_letters_while_editing(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person, "e", *"pmobwq2?")
        await person.sees("pmobwq2?You are optimising")
        await person.press("ctrl+g")
        await person.misses("pmobwq2?")
        assert person.engine.all(WritePrompts) == [] and person.engine.all(EditPrompt) == []


async def test_a_refused_edit_stays_in_the_editor(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.answers[EditPrompt] = "The prompt is empty; say what the LLM should do."
        await go(person, "e", "x", "ctrl+s")
        await person.sees("The prompt is empty", "xYou are optimising")
        assert person.app.screen.query_one(PromptEditor).has_focus


async def test_nothing_is_kept_when_nothing_was_changed(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person, "e", "escape")
        await person.sees("Nothing was changed; v1 stays.")
        assert person.engine.all(EditPrompt) == []


async def test_streaming_text_is_seen_while_it_comes(open_app: OpenApp, root: Path) -> None:
    whole = samples.full(root)
    async with open_app(msgspec.structs.replace(whole, prompts=())) as person:
        await go(person)
        await person.sees("No prompt for algorithms yet: press m to have one written")
        empty = samples.prompt("new", "algorithms", state="streaming", text="", usage=None)
        person.engine.push(PromptChanged(prompt=empty))
        await person.sees("Waiting for the first word", "streaming", "algorithms  ◐")
        for number in range(60):
            piece = f"Line {number}\n"
            offset = sum(len(f"Line {n}\n") for n in range(number))
            person.engine.push(PromptStreamed(prompt="new", offset=offset, text=piece), numbered=False)
        await person.sees("Line 59")
        person.engine.push(PromptChanged(prompt=samples.prompt("new", "algorithms", text="Line 0\nThe end.")))
        await person.sees("v1 · meta · 412 tokens", "The end.")


async def test_a_context_is_switched_off_for_the_next_prompts(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person)
        person.app.screen.query_one(WrittenFrom).focus()
        await person.press("j", "space")
        await person.sees("☐ task", "the next m leaves it out")
        await person.press("m")
        assert (await person.engine.received(WritePrompts)).without == ("task",)
        await person.press("space")
        await person.sees("▣ task")


async def test_enter_shows_what_was_sent(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        await go(person, "enter")
        await person.sees("Sent to offline/meta for v1", "You write prompts for other LLMs.")
        await person.press("escape")
        await person.misses("Sent to offline/meta")


async def test_enter_shows_what_would_be_sent_where_nothing_was(open_app: OpenApp) -> None:
    async with open_app() as person:
        messages = [Message(role="user", content="Write the \x1b prompt for loops.")]
        person.engine.answers[PreviewPrompt] = {"model": "offline/meta", "messages": messages, "fields": []}
        await go(person, "full_stop", "enter")
        assert (await person.engine.received(PreviewPrompt)).llm == "loops"
        await person.sees("The next m would send this to offline/meta", "Write the ␛ prompt for loops.")


async def test_j_and_k_in_capitals_go_through_the_bottlenecks(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person, "J")
        await person.sees("unique_visitors · 2 of 3", "No prompt for algorithms yet", "not a language model")
        await person.press("1")
        await person.sees("logreport/stats.py:4 unique_visitors")


async def test_without_a_profile_the_screen_says_which_key_comes_first(open_app: OpenApp, root: Path) -> None:
    async with open_app(Snapshot(project=samples.project(root))) as person:
        await go(person)
        await person.sees("press p to profile first")
        await person.press("e")
        await person.sees("There is no prompt to edit yet")


async def test_an_interrupted_prompt_keeps_its_text_and_says_what_helps(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person)
        cut = samples.prompt("algorithms-2", "algorithms", 2, state="interrupted", text="Half a", reason="Cancelled.")
        person.engine.push(PromptChanged(prompt=cut))
        await person.sees("! Cancelled. m writes it again. e keeps what has come as yours.", "Half a")


async def test_below_80_columns_tab_goes_to_the_panes_beside(open_app: OpenApp) -> None:
    async with open_app(size=(60, 20)) as person:
        await person.press("2")
        await person.sees("You are optimising")
        assert "written from" not in person.screen
        await person.press("tab")
        await person.sees("written from", "versions")
        await person.press("escape")
        await person.sees("You are optimising")
