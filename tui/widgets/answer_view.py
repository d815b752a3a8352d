"""An LLM's own words as they come in: a tail while they stream, a text to read when they are complete.

Painted line by line, and only what has been added is wrapped again: half a dozen streams must not slow a key.
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plain_line import plain_line
from tui.widgets.diff_search import spans_of
from tui.widgets.markdown import is_heading, markdown_spans
from tui.widgets.pieces import pieces
from tui.widgets.row_scroll import set_text_size
from tui.widgets.syntax import variable_style

HEADING = "\x01"
"""First character of a line that is ours, not the LLM's; it can never come from an answer, for it is replaced there."""


class _Row(NamedTuple):
    """One row of wrapped text, and how it looks: `text`, `title` (of Markdown), `code` or `heading` (ours)."""

    text: str
    part: str
    starts: bool
    """Whether its line begins here."""


class AnswerView(ScrollView, can_focus=True):
    """Wrapped text; Markdown, code in fences and our own headings stand out. / finds text in it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"answer--text", "answer--code", "answer--heading", "answer--match"}
    DEFAULT_CSS = """
    AnswerView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;  /* wrapped lines keep their width when the scrollbar comes */
        & > .answer--text { color: $foreground; }
        & > .answer--code { color: $foreground; background: $surface; }
        & > .answer--heading { color: $text-primary; text-style: bold; }
        & > .answer--match { color: $background; background: $warning; text-style: bold underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "down", show=False, id="answer.down"),
        Binding("k", "scroll_up", "up", show=False, id="answer.up"),
        Binding("g", "scroll_home", "top", show=False, id="answer.top"),
        Binding("G", "scroll_end", "bottom", show=False, id="answer.bottom"),
        Binding("ctrl+d", "page_down", "page down", show=False, id="answer.page_down"),
        Binding("ctrl+u", "page_up", "page up", show=False, id="answer.page_up"),
        Binding("slash", "find", "find", show=False, key_display="/", id="answer.find", tooltip="Find text in it"),
        Binding("n", "find_next(1)", "next match", show=False, id="answer.next", tooltip="Next match"),
        Binding("N", "find_next(-1)", show=False, id="answer.previous", tooltip="Previous match"),
        Binding("escape", "end_find", show=False, id="answer.end_find", tooltip="End the search"),
    ]

    class Found(Message):
        """A search has come to a match: the line numbered `at` of `lines` that hold the text."""

        def __init__(self, needle: str, at: int, lines: int) -> None:
            super().__init__()
            self.needle, self.at, self.lines = needle, at, lines

        @property
        def sentence(self) -> str:
            """Where the reader is in what was found."""
            if not self.lines:
                return f"{self.needle!r} is in no line of this text."
            return f"{self.needle!r}: line {self.at + 1} of {self.lines}; n and N go on, esc ends the search."

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._subject = ""
        self._lines: list[str] = []
        self._rows: list[_Row] = []
        self._ends: list[int] = []
        """For each line, how many rows there are after it."""
        self._width = 0
        self._tail = False
        """Whether the end is what matters, as of a stream or of a failure's output."""
        self._needle = ""
        self._at = -1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that have nothing to act on here are left to the screen."""
        return bool(self._needle) if action in ("find_next", "end_find") else True

    # ------------------------------------------------------------------------------------------ finding

    def action_find(self) -> None:
        """/: ask what to find."""
        from tui.screens.hunk_dialogs import TextDialog

        def look(needle: str | None) -> None:
            if needle is not None:
                self.find(needle)

        self.app.push_screen(TextDialog("Find", self._needle), look)

    def find(self, needle: str) -> None:
        """Go to the first line with `needle` from here on; capitals count when it has any. An empty one ends it."""
        self._needle, self._at = needle, -1
        found = self._matches()
        top = round(self.scroll_y)
        first = next((n for n, line in enumerate(found) if self._ends[line] > top), 0)
        self._at = first - 1
        self.action_find_next(1)
        if not found:
            self.action_end_find()

    def action_find_next(self, step: int) -> None:
        """n and N: the next and previous line with the text; after the last comes the first."""
        found = self._matches()
        if found:
            self._at = (self._at + step) % len(found)
            line = found[self._at]
            begin = self._ends[line - 1] if line else 0
            rows = range(begin, self._ends[line])
            row = next((row for row in rows if spans_of(self._rows[row].text, self._needle)), begin)
            if not round(self.scroll_y) <= row < round(self.scroll_y) + self.size.height:
                self.scroll_to(y=max(0, row - self.size.height // 3), animate=False, force=True)
        if self._needle:
            self.post_message(self.Found(self._needle, self._at, len(found)))
        self.refresh_bindings()
        self.refresh()

    def action_end_find(self) -> None:
        """esc: nothing is looked for any more."""
        self._needle = ""
        self.refresh_bindings()
        self.refresh()

    def _matches(self) -> list[int]:
        """Numbers of the lines with the text that is looked for."""
        return [n for n, line in enumerate(self._lines[: len(self._ends)]) if spans_of(line, self._needle)]

    # ------------------------------------------------------------------------------------------ showing

    def show(self, subject: str, lines: list[str], *, tail: bool) -> None:
        """Show `lines`; with `tail` the end stays in view unless the reader has scrolled up."""
        fresh = subject != self._subject
        at_end = self.scroll_y >= self.max_scroll_y - 1
        complete = self._tail and not tail and at_end
        if not fresh and lines == self._lines and not complete:
            return
        self._subject, self._tail = subject, tail
        self._wrap(lines, 0 if fresh else self._common(lines))
        if tail and (fresh or at_end):
            self._to_end()
        elif fresh or complete:  # a stream that was followed to its end is read from its beginning
            self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    def _to_end(self) -> None:
        """After the layout: before it, nobody knows where the end is."""
        self.call_after_refresh(lambda: self.scroll_to(y=self.max_scroll_y, animate=False, force=True))

    def _common(self, lines: list[str]) -> int:
        """How many lines at the beginning are as they were; growing text changes only the last ones."""
        count = min(len(lines), len(self._lines))
        if lines[: count - 1] == self._lines[: count - 1]:
            return max(0, count - 1)
        return 0

    def _wrap(self, lines: list[str], kept: int) -> None:
        self._width = self.scrollable_content_region.width
        self._lines = lines
        if not self._width:  # not laid out yet: the first resize wraps
            return
        del self._ends[kept:]
        del self._rows[self._ends[-1] if self._ends else 0 :]
        fenced = sum(line.lstrip().startswith("```") for line in lines[:kept]) % 2 == 1
        for line in lines[kept:]:
            fence = line.lstrip().startswith("```")
            part = "heading" if line.startswith(HEADING) else "code" if fenced or fence else "text"
            part = "title" if part == "text" and is_heading(line) else part
            fenced ^= fence
            rows = _wrapped(plain_line(line.removeprefix(HEADING)).text, self._width)
            self._rows += [_Row(row, part, place == 0) for place, row in enumerate(rows)]
            self._ends.append(len(self._rows))
        set_text_size(self, Size(self._width, len(self._rows)))

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew when the width has changed."""
        if self.scrollable_content_region.width != self._width:
            self._wrap(self._lines, 0)
            if self._tail:
                self._to_end()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of wrapped text."""
        index = round(self.scroll_y) + y
        width = self.scrollable_content_region.width
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[index]
        part = "text" if row.part == "title" else row.part
        style = self.get_component_rich_style(f"answer--{part}")
        segments = list(pieces(row.text, [(0, len(row.text), style), *self._marks(row)]))
        return Strip(segments).adjust_cell_length(width, style)

    def _marks(self, row: _Row) -> Iterator[tuple[int, int, Style]]:
        """What stands out in a row; later ones lie over earlier ones."""
        if row.part == "title":
            yield 0, len(row.text), variable_style(self.app, "syntax-keyword", bold=True)
        elif row.part == "text":
            for start, end, variable in markdown_spans(row.text, starts=row.starts):
                yield start, end, variable_style(self.app, variable)
        for start, end in spans_of(row.text, self._needle):
            yield start, end, self.get_component_rich_style("answer--match")


def _wrapped(line: str, width: int) -> list[str]:
    """`line` in rows of at most `width` cells, broken at blanks where there are any."""
    rows = []
    while len(line) > width or cell_len(line) > width:
        cut = fit = _fitting(line, width)
        blank = line.rfind(" ", 1, fit + 1)
        if blank > 0 and line[:blank].strip():
            cut = blank
        rows.append(line[:cut].rstrip())
        line = line[cut:].lstrip(" ")
    return [*rows, line]


def _fitting(line: str, width: int) -> int:
    """How many characters of `line` fit into `width` cells; at least one."""
    used = 0
    for index, character in enumerate(line[: width + 1]):
        used += cell_len(character)
        if used > width:
            return max(1, index)
    return max(1, min(len(line), width))
