"""Finding text in prompts, messages and answers, and the colours of their Markdown."""

from tests.tui.conftest import OpenApp
from tui.widgets.answer_view import AnswerView


async def test_text_is_found_with_slash_and_gone_through_with_n(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        await person.press("2")
        await person.sees("▸ Prompts")
        await person.press("slash", *"function", "enter")
        await person.sees("'function': line 1 of 4; n and N go on, esc ends the search.")
        await person.press("n")
        await person.sees("'function': line 2 of 4")
        await person.press("N", "N")
        await person.sees("'function': line 4 of 4")
        await person.press("escape", "n")
        await person.until(lambda: "line 4 of 4" not in person.screen)
        await person.press("slash", *"zebra", "enter")
        await person.sees("'zebra' is in no line of this text.")


async def test_the_messages_are_searched_too(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("2")
        await person.sees("▸ Prompts")
        await person.press("enter")
        await person.sees("You write prompts for other LLMs.")
        await person.press("slash", *"logreport", "enter")
        await person.sees("'logreport': line 1 of 1")


async def test_markdown_is_coloured_where_it_is_read(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("2")
        await person.sees("▸ Prompts")
        view = person.app.screen.query_one("#prompt-text", AnswerView)
        view.show("markdown", ["# Title", "- an item with `code`", "```", "# a comment", "```"], tail=False)
        title, item, _, comment = (list(view.render_line(y)) for y in range(4))
        assert title[0].style is not None and title[0].style.bold
        assert [piece.text for piece in item][:3] == ["-", " an item with ", "`code`"]
        assert len({str(piece.style) for piece in item[:3]}) == 3
        assert comment[0].style is not None and not comment[0].style.bold
