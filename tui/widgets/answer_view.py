"""An LLM's own words as they come in: a tail while they stream, a text to read when they are complete.

Painted line by line, and only what has been added is wrapped again: half a dozen streams must not slow a key.
"""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plain_line import plain_line

HEADING = "\x01"
"""First character of a line that is ours, not the LLM's; it can never come from an answer, for it is replaced there."""


class AnswerView(ScrollView, can_focus=True):
    """Wrapped text; code in fences and our own headings stand out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"answer--text", "answer--code", "answer--heading"}
    DEFAULT_CSS = """
    AnswerView {
        overflow-x: hidden;
        overflow-y: auto;
        & > .answer--text { color: $foreground; }
        & > .answer--code { color: $foreground; background: $surface; }
        & > .answer--heading { color: $text-primary; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "down", show=False, id="answer.down"),
        Binding("k", "scroll_up", "up", show=False, id="answer.up"),
        Binding("g", "scroll_home", "top", show=False, id="answer.top"),
        Binding("G", "scroll_end", "bottom", show=False, id="answer.bottom"),
        Binding("ctrl+d", "page_down", "page down", show=False, id="answer.page_down"),
        Binding("ctrl+u", "page_up", "page up", show=False, id="answer.page_up"),
        Binding(
            "plus", "go_on", "go on", key_display="+", id="answer.go_on", tooltip="Have the LLM end a cut-off answer"
        ),
    ]

    class GoOn(Message):
        """The LLM is to go on with its answer."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._subject = ""
        self._lines: list[str] = []
        self._rows: list[tuple[str, str]] = []
        self._ends: list[int] = []
        """For each line, how many rows there are after it."""
        self._width = 0
        self._tail = False
        """Whether the end is what matters, as of a stream or of a failure's output."""

    def action_go_on(self) -> None:
        """+: ask for the rest of an answer that was cut off."""
        self.post_message(self.GoOn())

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
            fenced ^= fence
            self._rows += [(row, part) for row in _wrapped(plain_line(line.removeprefix(HEADING)).text, self._width)]
            self._ends.append(len(self._rows))
        self.virtual_size = Size(self._width, len(self._rows))

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
        text, part = self._rows[index]
        style = self.get_component_rich_style(f"answer--{part}")
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)


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
