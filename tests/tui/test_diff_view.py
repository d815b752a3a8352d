"""The diff view alone: what it paints, how it moves, and that nothing jumps while an answer grows."""

from collections.abc import Sequence

import pytest
from rich.color import Color
from textual.app import App, ComposeResult

import themes
from engine.generate.hunks import make_hunks
from engine.model import BaselineFile, Decision, Hunk
from tui.widgets.diff_minimap import SIGNS
from tui.widgets.diff_view import DiffView


class ViewApp(App[None]):
    """Nothing but one diff view."""

    def __init__(self) -> None:
        super().__init__()
        for theme in themes.load()[0]:
            self.register_theme(theme)
        self.theme = "mpco-dark"
        self.focused_hunks: list[Hunk | None] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables, also for Textual's own themes."""
        return themes.defaults(dark=True)

    def compose(self) -> ComposeResult:
        """The view."""
        yield DiffView()

    @property
    def view(self) -> DiffView:
        """The view."""
        return self.query_one(DiffView)

    def on_diff_view_hunk_focused(self, message: DiffView.HunkFocused) -> None:
        """Remember what the parent is told."""
        self.focused_hunks.append(message.hunk)

    def show(self, before: str, hunks: Sequence[Hunk], path: str = "f.py") -> None:
        """Show hunks against a file."""
        self.view.show("c", [BaselineFile(path=path, text=before, digest="")], hunks)

    @property
    def lines(self) -> list[str]:
        """The screen, without the minimap and the blanks at the ends."""
        minimap = " ┊" + "".join(SIGNS.values())
        return [strip.text.rstrip().rstrip(minimap) for strip in self.screen._compositor.render_strips()]


LONG = "\n".join(f"value_{n} = {n}" for n in range(1, 201)) + "\n"
EDITED = LONG.replace("value_50 = 50", "value_50 = 'fifty'").replace("value_150 = 150\n", "")


def _hunks(before: str, after: str, decision: Decision = "pending") -> tuple[Hunk, ...]:
    hunks = make_hunks("c", "f.py", before, after)
    return tuple(
        Hunk(**{name: getattr(h, name) for name in h.__struct_fields__} | {"decision": decision}) for h in hunks
    )


async def test_side_by_side_shows_numbers_signs_and_decisions() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.show(LONG, _hunks(LONG, EDITED, "accepted"))
        await pilot.pause()
        line = next(line for line in app.lines if "fifty" in line)
        left, right = line.split("│")
        assert left.split() == ["▌✔", "50", "-", "value_50", "=", "50"]
        assert right.split() == ["50", "+", "value_50", "=", "'fifty'"]
        assert "… 46 unchanged lines" in app.lines[0]


async def test_below_120_columns_it_is_unified_unless_told_otherwise() -> None:
    app = ViewApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.show(LONG, _hunks(LONG, EDITED))
        await pilot.pause()
        assert any(line.split()[1:] == ["50", "-", "value_50", "=", "50"] for line in app.lines)
        assert any(line.split()[1:] == ["50", "+", "value_50", "=", "'fifty'"] for line in app.lines)
        app.view.layout_choice = "side by side"
        await pilot.pause()
        assert any("= 50" in line and "fifty" in line for line in app.lines)
        await pilot.resize_terminal(140, 24)
        app.view.layout_choice = "auto"
        await pilot.pause()
        assert not app.view.model.unified


@pytest.mark.parametrize("decision", ["accepted", "rejected", "pending"])
async def test_a_decision_is_a_sign_too(decision: Decision) -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.show("a\n", _hunks("a\n", "b\n", decision))
        await pilot.pause()
        assert app.lines[0].startswith("▌" + {"accepted": "✔", "rejected": "✘", "pending": "?"}[decision])


async def test_hunks_by_key_and_by_mouse() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 12)) as pilot:
        hunks = _hunks(LONG, EDITED)
        app.show(LONG, hunks)
        await pilot.pause()
        assert app.focused_hunks[-1] == hunks[0]
        assert app.view.go_by(1)
        await pilot.pause()
        assert app.focused_hunks[-1] == hunks[1]
        assert any("value_150 = 150" in line for line in app.lines)
        assert not app.view.go_by(1)
        app.view.action_scroll_home()
        await pilot.pause()
        row = next(n for n, line in enumerate(app.lines) if "fifty" in line)
        await pilot.click(DiffView, offset=(70, row))
        assert app.view.current == 0


async def test_scrolling_makes_the_hunk_in_view_the_current_one() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 8)) as pilot:
        app.show(LONG, _hunks(LONG, EDITED))
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        assert app.view.current == 1


async def test_a_click_unfolds_what_is_hidden_there() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.show(LONG, _hunks(LONG, EDITED))
        await pilot.pause()
        await pilot.click(DiffView, offset=(20, 0))
        await pilot.pause()
        app.view.action_scroll_home()
        await pilot.pause()
        assert "value_1 = 1" in app.lines[0]
        app.view.toggle_folds()
        assert app.view.model.rows == 200


async def test_nothing_jumps_under_the_reader_while_the_answer_grows() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 12)) as pilot:
        after = LONG.replace("value_150 = 150", "value_150 = 0").replace("value_170 = 170", "value_170 = 0")
        app.show(LONG, _hunks(LONG, after))
        await pilot.pause()
        before = next(n for n, line in enumerate(app.lines) if "value_150 = 0" in line)
        grown = after.replace("value_30 = 30\n", "a = 1\nb = 2\nc = 3\n")
        app.show(LONG, _hunks(LONG, grown))
        await pilot.pause()
        assert "value_150 = 0" in app.lines[before]
        assert app.view.hunk is not None
        assert app.view.hunk.old_start == 150


async def test_an_incomplete_hunk_says_so() -> None:
    app = ViewApp()
    hunk = Hunk(id="1", file="f.py", old_start=1, old_lines=("a",), new_start=1, new_lines=("b",), complete=False)
    async with app.run_test(size=(120, 12)) as pilot:
        app.show("a\n", [hunk])
        await pilot.pause()
        assert app.lines[0].startswith("▌◐")
        assert "still streaming" in app.lines[1]


async def test_foreign_text_cannot_act_and_wide_text_keeps_its_columns() -> None:
    app = ViewApp()
    async with app.run_test(size=(121, 12)) as pilot:
        before, after = "a = '世界'\n\tb\n", "a = '世界世界'\n\tb\x1b]0;x\x07\n"
        app.show(before, _hunks(before, after))
        await pilot.pause()
        first, second = app.lines[:2]
        assert "世界世界" in first
        assert "␛]0;x␇" in second
        assert "\x1b" not in "".join(app.lines)
        assert {strip.cell_length for strip in app.screen._compositor.render_strips()} == {121}


async def test_long_lines_move_sideways_on_both_sides_in_step() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 12)) as pilot:
        old = "start " + "x" * 80 + " old_end\n"
        new = "start " + "x" * 80 + " new_end\n"
        app.show(old, _hunks(old, new))
        await pilot.pause()
        assert "old_end" not in app.lines[0]
        assert app.lines[0].count("›") == 2
        await pilot.press(*["l"] * 6)
        await pilot.pause()
        assert "old_end" in app.lines[0]
        assert "new_end" in app.lines[0]
        assert "start" not in app.lines[0]


async def test_line_endings_and_the_end_of_the_file_are_told_when_they_change() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 12)) as pilot:
        app.show("a\r\nb\r\nc\r\n", _hunks("a\r\nb\r\nc\r\n", "a\r\nb\nc\r\n"))
        await pilot.pause()
        assert "␊" in next(line for line in app.lines if " 2 + b" in line)
        app.view.show("d", [BaselineFile(path="f.py", text="a", digest="")], make_hunks("d", "f.py", "a", "a\n"))
        await pilot.pause()
        assert any("⏎ end of file" in line for line in app.lines)


async def test_ten_thousand_lines_are_painted_a_screen_at_a_time() -> None:
    before = "\n".join(f"value_{n} = compute({n})" for n in range(10_000))
    after = before.replace("compute(5000)", "compute(0)").replace("compute(9999)", "compute(1)")
    app = ViewApp()
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(before, _hunks(before, after))
        app.view.toggle_folds()
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        assert "compute(1)" in next(line for line in app.lines if "value_9999" in line)
        assert len(app.view._strips) < 400
        app.theme = "mpco-light"
        await pilot.pause()
        assert any("value_9999" in line for line in app.lines)


async def test_search_finds_both_sides_and_what_is_folded() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 12)) as pilot:
        app.show(LONG, _hunks(LONG, EDITED))
        await pilot.pause()
        assert app.view.search("fifty") == 1
        assert app.view.search("value_19") == 11
        await pilot.pause()
        assert any("value_19 = 19" in line for line in app.lines)
        app.view.go_to_match(-1)
        await pilot.pause()
        assert any("value_199 = 199" in line for line in app.lines)
        assert app.view.search("VALUE") == 0
        assert app.view.search("") == 0


async def test_long_lines_wrap_and_nothing_is_lost() -> None:
    app = ViewApp()
    async with app.run_test(size=(121, 20)) as pilot:
        old = "".join(f"word{n:02} " for n in range(40)) + "世" * 60
        app.show(old + "\nend\n", _hunks(old + "\nend\n", "x\nend\n"))
        app.view.wrap = True
        await pilot.pause()
        halves = [line.split("│")[0] for line in app.lines if "│" in line]
        shown = "".join(half[8:].rstrip() for half in halves)
        assert "".join(shown.split()).count("世") == 60
        assert "word39" in "".join(half[8:].rstrip("\n") for half in halves).replace(" ", "")
        assert {strip.cell_length for strip in app.screen._compositor.render_strips()} == {121}
        await pilot.press("G")
        await pilot.pause()
        assert "end" in app.lines[0]


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧 family", "e\u0301\u0301\u0301 accents", "\ta\tb", "क्षि", "🇩🇪 flag", "\x9b31m", "a\u202eb"]
)
@pytest.mark.parametrize("wrap", [False, True])
async def test_hard_characters_keep_the_columns(text: str, wrap: bool) -> None:
    app = ViewApp()
    async with app.run_test(size=(121, 8)) as pilot:
        line = text * 30
        app.show(line + "\n", _hunks(line + "\n", "x" + line + "\n"))
        app.view.wrap = wrap
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {121}
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c == "\u202e" for strip in strips for c in strip.text)


async def test_a_line_of_100000_characters_can_be_read_to_its_end() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 8)) as pilot:
        old = "x" * 100_000 + " old_end"
        app.show(old, _hunks(old, old.replace("old_end", "new_end")))
        await pilot.pause()
        await pilot.press("dollar_sign")
        await pilot.pause()
        assert "old_end" in app.lines[0] and "new_end" in app.lines[0]
        await pilot.press("0")
        await pilot.pause()
        assert app.lines[0].count("›") == 2


async def test_moved_blocks_are_signed_and_blank_changes_are_dimmed() -> None:
    block = "def moved():\n    first()\n    second()\n"
    before = block + LONG + "tail = 1\n"
    after = LONG.replace("value_100 = 100", "value_100  =  100") + "tail = 1\n" + block
    app = ViewApp()
    async with app.run_test(size=(120, 60)) as pilot:
        app.show(before, _hunks(before, after))
        await pilot.pause()
        assert any("-→def moved()" in line for line in app.lines)
        assert any("+←" in line and "second()" in line for line in app.lines)
        assert _colour_of(app.view, "value_100 ") != _colour_of(app.view, "value_99 ")


async def test_the_minimap_shows_where_the_hunks_are() -> None:
    app = ViewApp()
    async with app.run_test(size=(120, 10)) as pilot:
        app.show(LONG, _hunks(LONG, EDITED, "accepted"))
        app.view.toggle_folds()
        await pilot.pause()
        column = [strip.text[117] for strip in app.screen._compositor.render_strips()]
        assert column[2] == column[7] == "█"
        assert column.count("█") == 2


def _colour_of(view: DiffView, text: str) -> Color:
    """The colour of the first segment that begins with `text`."""
    segments = (segment for y in range(view.size.height) for segment in view.render_line(y))
    found = next(segment for segment in segments if segment.text.lstrip().startswith(text))
    assert found.style and found.style.color
    return found.style.color
