"""Source text with the heat of each line: where inside a function the time goes."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.strip import Strip

from engine.model import Bottleneck
from tui.plain_line import plain_text
from tui.widgets.bars import bar, heat_level, percent
from tui.widgets.cursor_list import CursorList, Row
from tui.widgets.lexed_lines import LexedLines

HEAT = 2
"""Cells of the heat gutter."""
SHARE = 7
"""Cells kept free at the right edge for a line's share."""
CONTEXT = 2
"""Lines shown around the hottest line, and above a function."""


class SourceView(CursorList):
    """One file, opened at one function; lines outside of it are dimmed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "sideways(-8)", show=False, id="source.left", tooltip="Scroll left"),
        Binding("right,l", "sideways(8)", show=False, id="source.right", tooltip="Scroll right"),
        Binding("n", "hotter(1)", "next hot line", id="source.next", tooltip="Next hot line"),
        Binding("N", "hotter(-1)", show=False, id="source.previous", tooltip="Previous hot line"),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[str] = []
        self._lexed = LexedLines([], "")
        self._heat: dict[int, float] = {}
        self._span = range(0)
        self._offset = 0
        self._key: tuple[str, str] = ("", "")
        self._digits = 3

    @property
    def line(self) -> int:
        """The line under the cursor, from 1."""
        return self.cursor + 1

    def show(self, text: str, about: Bottleneck) -> None:
        """Show the file of a bottleneck, with its heat; when it is another, the cursor goes to its hottest line."""
        self._heat = {item.line: item.share for item in about.heat}
        self._span = range(about.line, about.end_line + 1)
        if (about.id, text) == self._key:
            self.refresh()
            return
        self._key = (about.id, text)
        self._lines = plain_text(text.removesuffix("\n")).split("\n")
        self._lexed = LexedLines(self._lines, about.file)
        self._digits = max(3, len(str(len(self._lines))))
        self._offset = 0
        self.show_rows(len(self._lines))
        hottest = max(self._heat, key=lambda line: self._heat[line], default=about.line)
        self.scroll_to(y=max(0, about.line - 1 - CONTEXT), animate=False, force=True, immediate=True)
        self.cursor = hottest - 1
        self.reveal(self.cursor, CONTEXT)

    def clear(self) -> None:
        """Show nothing."""
        self._lines, self._key = [], ("", "")
        self.show_rows(0)

    def row(self, index: int, width: int) -> Row:
        """Line number, heat, code, share."""
        number = index + 1
        inside = number in self._span
        share = self._heat.get(number, 0.0)
        muted = self.colour("diff-gutter")
        hot = self._heat_style(share) if share else muted
        yield (f"{number:>{self._digits}} ", hot if inside and share else muted)
        yield (bar(share / self._hottest, HEAT) if share else " " * HEAT, hot)
        yield (" ", Style())
        room = width - self._digits - HEAT - 2 - SHARE
        code = self._code(index, dim=not inside)
        cut = code.cell_length > self._offset + room
        for segment in code.crop(self._offset, self._offset + room - cut).adjust_cell_length(room - cut):
            yield (segment.text, segment.style or Style())
        if cut:
            yield ("…", muted)
        yield (f"{percent(share):>{SHARE - 1}} " if share >= 0.0005 else " " * SHARE, hot)

    @property
    def _hottest(self) -> float:
        return max(self._heat.values(), default=0.0) or 1.0

    def _heat_style(self, share: float) -> Style:
        return self.colour(f"heat-{heat_level(share, self._hottest)}", bold=True)

    def _code(self, index: int, *, dim: bool) -> Strip:
        text = self._lines[index]
        if dim:
            return Strip([Segment(text, self.colour("diff-gutter"))])
        pieces: list[Segment] = []
        done = 0
        for start, end, key in self._lexed.spans(index):
            if start > done:
                pieces.append(Segment(text[done:start], Style()))
            pieces.append(Segment(text[start:end], self.colour(f"syntax-{key}") if key else Style()))
            done = end
        pieces.append(Segment(text[done:], Style()))
        return Strip(pieces)

    def action_sideways(self, by: int) -> None:
        """Scroll the code, not the gutter."""
        widest = max((cell_len(line) for line in self._lines), default=0)
        self._offset = max(0, min(self._offset + by, max(0, widest - 16)))
        self.refresh()

    def action_hotter(self, direction: int) -> None:
        """To the next hot line in that direction, around the end."""
        hot = sorted(self._heat)
        if not hot:
            return
        ahead = [line for line in hot if (line - self.line) * direction > 0]
        line = (ahead[0] if direction > 0 else ahead[-1]) if ahead else (hot[0] if direction > 0 else hot[-1])
        self.cursor = line - 1
