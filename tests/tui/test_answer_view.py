"""Wrapped text that grows: only what is new is wrapped, and nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tui.widgets.answer_view import HEADING, AnswerView, _wrapped


class AnswerApp(App[None]):
    """Nothing but one answer."""

    def compose(self) -> ComposeResult:
        """The view."""
        yield AnswerView()

    @property
    def lines(self) -> list[str]:
        """The screen, without the blanks at the ends."""
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


@given(st.text(st.sampled_from("ab c世 "), max_size=200), st.integers(2, 40))
def test_wrapping_loses_nothing_but_blanks(line: str, width: int) -> None:
    rows = _wrapped(line, width)
    assert all(cell_len(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == line.replace(" ", "")


def test_rows_break_at_blanks() -> None:
    assert _wrapped("make the loop faster", 10) == ["make the", "loop", "faster"]
    assert _wrapped("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


async def test_the_end_of_a_stream_stays_in_view_until_the_reader_scrolls_up() -> None:
    app = AnswerApp()
    async with app.run_test(size=(40, 10)) as pilot:
        view = app.query_one(AnswerView)
        lines = [f"line {n}" for n in range(50)]
        view.show("a", lines, tail=True)
        await pilot.pause()
        assert app.lines[-1] == "line 49"
        view.show("a", [*lines[:-1], "line 49 goes on", "line 50"], tail=True)
        await pilot.pause()
        assert app.lines[-2:] == ["line 49 goes on", "line 50"]
        await pilot.press("g")
        view.show("a", [*lines, "line 50", "line 51"], tail=True)
        await pilot.pause()
        assert app.lines[0] == "line 0"


async def test_a_stream_that_was_followed_is_read_from_its_beginning_when_it_is_complete() -> None:
    app = AnswerApp()
    async with app.run_test(size=(40, 10)) as pilot:
        view = app.query_one(AnswerView)
        lines = [f"line {n}" for n in range(50)]
        view.show("a", lines, tail=True)
        await pilot.pause()
        view.show("a", lines, tail=False)
        await pilot.pause()
        assert app.lines[0] == "line 0"


async def test_text_is_wrapped_anew_at_another_width_and_headings_lose_their_mark() -> None:
    app = AnswerApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(AnswerView).show("a", [f"{HEADING}Its answer", "one two three four five six"], tail=False)
        await pilot.pause()
        assert app.lines[:2] == ["Its answer", "one two three four five six"]
        await pilot.resize_terminal(16, 10)
        await pilot.pause()
        assert app.lines[:3] == ["Its answer", "one two three", "four five six"]
