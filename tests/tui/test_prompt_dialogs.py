"""Improving, comparing, marking and copying prompts on the screen."""

from pathlib import Path

import msgspec

from engine.protocol import (
    CopyPrompt,
    ImprovePrompts,
    ListStrategies,
    MarkPrompt,
    Optimise,
    PreviewSending,
    PromptChanged,
    WritePrompts,
)
from tests.tui import samples
from tests.tui.conftest import OpenApp, Person
from tui.screens.prompt_dialogs import PromptDiff
from tui.widgets.diff_view import DiffView


async def go(person: Person) -> None:
    await person.press("2")
    await person.sees("▸ Prompts", "written from")


async def test_a_remark_has_the_prompt_written_again(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person)
        await person.press("i")
        await person.sees("Improve v1 for algorithms", "is told what came of it (1 candidate: faster")
        await person.press(*"more about memory", "enter")
        sent = await person.engine.received(ImprovePrompts)
        assert (sent.prompts, sent.remark) == (("algorithms-1",), "more about memory")
        await person.press("i", "escape", "2")
        await person.sees("▸ Prompts")
        assert len(person.engine.all(ImprovePrompts)) == 1


async def test_versions_and_llms_are_compared(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person)
        await person.press("full_stop", "d")
        await person.sees("Compare v2 for loops with", "v1 (meta, the original)", "algorithms v1")
        await person.press("1")
        await person.until(lambda: isinstance(person.app.screen, PromptDiff))
        await person.sees("loops v1 (meta) → loops v2 (person)", "Compile once.")
        assert person.app.screen.query_one(DiffView).model.hunks
        await person.press("n", "escape")
        await person.sees("▸ Prompts")


async def test_marks_are_set_and_a_pin_decides_what_is_sent(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person)
        await person.press("full_stop", "left_square_bracket", "P")
        first = await person.engine.received(MarkPrompt)
        assert (first.prompt, first.mark, first.on) == ("loops-1", "pinned", True)
        pinned = samples.prompt("loops-1", "loops", 1, marks=("pinned", "starred"))
        person.engine.push(PromptChanged(prompt=pinned))
        await person.sees("★ starred")
        await person.press("P", "right_square_bracket", "o")
        second = await person.engine.received(MarkPrompt, 2)
        assert (second.mark, second.on) == ("pinned", False)
        assert "loops-1" in (await person.engine.received(Optimise)).prompts


async def test_a_prompt_is_copied_to_the_llms_that_stay_marked(open_app: OpenApp) -> None:
    async with open_app() as person:
        await go(person)
        await person.press("c")
        await person.sees("Copy v1 for algorithms to", "loops", "caching")
        await person.press("space", "enter")
        sent = await person.engine.received(CopyPrompt)
        assert (sent.prompt, sent.llms) == ("algorithms-1", ("caching",))


async def test_all_that_would_be_sent_is_shown_with_size_price_and_fit(open_app: OpenApp) -> None:
    sent = {
        "purpose": "optimise",
        "llm": "loops",
        "bottleneck": "f",
        "model": "openai/gpt-x",
        "destination": "openai",
        "leaves": True,
        "refused": "",
        "messages": [{"role": "user", "content": "Every single word."}],
        "tokens": 1234,
        "window": 200_000,
        "max_usd": 0.0456,
        "masked": 2,
    }
    refused = {**sent, "llm": "caching", "refused": "It is refused because of its name."}
    async with open_app() as person:
        person.engine.answers[PreviewSending] = [sent, refused]
        await go(person)
        await person.press("s")
        await person.sees("loops: o, prompt and code → openai/gpt-x, openai")
        await person.sees("1,234 tokens, fits 200,000, at most $0.0456, 2 likely secrets masked")
        await person.sees("✘ It is refused because of its name.", "Every single word.")


async def test_the_keys_work_where_there_is_nothing_yet(open_app: OpenApp) -> None:
    empty = msgspec.structs.replace(samples.full(Path()), prompts=(), jobs=())
    async with open_app(empty) as person:
        await go(person)
        for key in ("i", "d", "a", "P", "S", "c"):
            await person.press(key)
            await person.sees("press m to have one written")


async def test_strategy_scope_and_several_meta_prompters_are_chosen(open_app: OpenApp) -> None:
    strategies = [
        {"name": "base", "about": "one sentence", "meta": False},
        {"name": "mpco", "about": "meta-prompted", "meta": True},
        {"name": "terse", "about": "", "meta": False, "problem": "terse.md:6: {{nosuch}} is no known field"},
    ]
    async with open_app(size=(80, 24)) as person:
        person.engine.answers[ListStrategies] = strategies
        await go(person)
        await person.press("M")
        await person.sees("How prompts are written", "◉ mpco", "▣ offline/meta (mpco.toml)", "◉ one per bottleneck")
        # The sentence is of the strategy under the cursor; a broken one is not used.
        await person.press("g")
        await person.sees("base: one sentence. space chooses it.")
        await person.press("j", "j", "space")
        await person.sees("◉ terse (broken)", "terse.md:6: {{nosuch}} is no known field")
        await person.press("m")
        await person.sees("How prompts are written")
        await person.press("g")
        # A baseline is written by no LLM.
        await person.press("space")
        await person.sees("◉ base", "○ mpco", "base: one sentence. No LLM is asked to write it.")
        # The other strategy, the scope of the whole project, and a second LLM to write the prompts.
        await person.press("j", "space", "j", "j", "j", "space", "j", "space")
        await person.sees("☐ offline/meta", "Choose at least one LLM")
        await person.press("m", "space", "j", "space")
        await person.sees("2 LLMs write a version each.")
        await person.press("m")
        first = await person.engine.received(WritePrompts)
        second = await person.engine.received(WritePrompts, 2)
        assert (first.strategy, first.scope, first.meta_prompter) == ("mpco", "project", "")
        assert (second.strategy, second.scope, second.meta_prompter) == ("mpco", "project", "algorithms")
        await person.press("M")
        await person.sees("How prompts are written")
        await person.press("escape", "m")
        assert (await person.engine.received(WritePrompts, 4)).meta_prompter == "algorithms"
