"""The baseline and two candidates in three columns, row by row in step; only the rows in view are painted."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from engine.model import BaselineFile, Hunk
from tui.plain_line import plain_line
from tui.widgets.diff_model import changed_words
from tui.widgets.diff_paint import FINAL_NEWLINE, PARTS, STYLES
from tui.widgets.lexed_lines import LexedLines
from tui.widgets.pieces import pieces
from tui.widgets.row_scroll import Line, RowScroll, keep, set_text_size
from tui.widgets.syntax import syntax_styles
from tui.widgets.three_way_model import GAP, Cell, Hidden, Row, ThreeWayModel, build

SHIFT = 8
"""Cells by which the text moves sideways."""
LEGEND = "+ one side  = both alike  ≠ both, differently  - gone"


class ThreeWayPainter:
    """Paints the rows of one model at one width; made anew when either changes."""

    def __init__(
        self, model: ThreeWayModel, width: int, styles: Mapping[str, Style], syntax: Mapping[str, Style]
    ) -> None:
        self.model, self.width = model, width
        self._styles, self._syntax = styles, syntax
        texts = [(file.base, *file.sides) for file in model.files]
        self._digits = max(3, len(str(max((len(text) for file in texts for text in file), default=1))))
        self._lexed = [
            [LexedLines(text, file.path) for text in columns] for file, columns in zip(model.files, texts, strict=True)
        ]
        room = width - 2 - 2 - 3 * (self._digits + 3)
        self.text_width = max(1, room // 3)
        self._last = max(1, room - 2 * self.text_width)

    def paint(self, row: Row, shift: int, *, current: bool) -> Strip:
        """One row, its text moved left by `shift` cells."""
        if row.kind == "file":
            return self._wide(f"── {plain_line(self.model.files[row.file].path).text} ", "file", "─")
        if row.kind == "fold":
            return self._wide(f"{' ' * (self._digits + 3)}… {row.hidden} unchanged lines", "fold", " ")
        segments = [Segment("▌ " if current else "  ", self._styles["mark"])]
        for column, cell in enumerate((row.base, *row.sides)):
            if column:
                segments.append(Segment("│", self._styles["divider"]))
            segments += self._column(row, column, cell, shift, current=current)
        return Strip(segments).adjust_cell_length(self.width, self._styles["same"])

    def _wide(self, text: str, part: str, fill: str) -> Strip:
        return Strip([Segment(text + fill * max(0, self.width - cell_len(text)), self._styles[part])])

    def _column(self, row: Row, column: int, cell: Cell, shift: int, *, current: bool) -> list[Segment]:
        room = self._last if column == 2 else self.text_width
        part, sign = self._look(row, column, cell)
        style = self._styles[f"{part}-sign" if part in ("old", "new") else part]
        if cell == GAP:
            return [Segment(f"{' ' * (self._digits + 1)}{sign} {' ' * room}", self._styles["filler"])]
        number = Segment(f"{cell.number:>{self._digits}} ", self._styles["current" if current else "number"])
        return [number, Segment(f"{sign} ", style), *self._text(row, column, cell, part, room, shift)]

    def _look(self, row: Row, column: int, cell: Cell) -> tuple[str, str]:
        """(the part that gives the colours, the sign that says the same without colours)"""
        if column == 0:
            return ("old", "-") if cell != GAP and any(row.changed) else ("same", " ")
        if cell == GAP:
            return "filler", "-" if row.base != GAP else " "
        if cell.state == "same":
            return "same", " "
        other = row.sides[2 - column]
        both = other.state == "new" or (other == GAP and row.base != GAP)
        return "new", ("=" if other.text == cell.text and other != GAP else "≠") if both else "+"

    def _text(self, row: Row, column: int, cell: Cell, part: str, room: int, shift: int) -> Sequence[Segment]:
        base = self._styles[part]
        raw = cell.text[: 2 * (shift + room + 1)]  # a mark that combines takes no cell of its own
        shown = plain_line(raw.removesuffix("\r"))
        marks = [(0, len(shown.text), base)]
        for start, end, key in self._lexed[row.file][column].spans(cell.number - 1):
            marks.append((shown.place(start), shown.place(end), self._syntax.get(key, _PLAIN)))
        for start, end in self._words(row, column, part):
            marks.append((shown.place(start), shown.place(end), self._styles[f"{part}-word"]))
        segments = list(pieces(shown.text, marks))
        lines = (self.model.files[row.file].base, *self.model.files[row.file].sides)[column]
        if cell.number == len(lines) and not cell.text:
            segments = [Segment(FINAL_NEWLINE, self._styles["fold"])]
        strip = Strip(segments)
        cut = strip.crop_extend(shift, shift + room, base)
        if strip.cell_length > shift + room:
            cut = Strip([*cut.crop(0, room - 1), Segment("›", base)])
        if shift and strip.cell_length:
            cut = Strip([Segment("‹", base), *cut.crop(1)])
        return list(cut)

    @staticmethod
    def _words(row: Row, column: int, part: str) -> Sequence[tuple[int, int]]:
        """The words that differ from the baseline; in the baseline itself, from the first side that changes it."""
        if part not in ("old", "new") or row.base == GAP:
            return ()
        side = row.sides[column - 1] if column else next((item for item in row.sides if item.state == "new"), GAP)
        if side == GAP:
            return ()
        return changed_words(row.base.text.removesuffix("\r"), side.text.removesuffix("\r"))[bool(column)]


_PLAIN = Style()


class ThreeWayView(RowScroll, can_focus=True):
    """Two candidates over their baseline; n and N are the parent's, as in every diff."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{part}" for part in PARTS}
    DEFAULT_CSS = STYLES.replace("DiffView", "ThreeWayView")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", f"shift({SHIFT})", show=False, id="three_way.right", tooltip="Move the text left"),
        Binding("left,h", f"shift({-SHIFT})", show=False, id="three_way.left", tooltip="Move the text right"),
        Binding("f", "folds", "fold", show=False, id="three_way.folds", tooltip="Show or fold the unchanged lines"),
    ]

    current: reactive[int] = reactive(0)
    """Index of the change that is read."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = ThreeWayModel()
        self._given: tuple[Sequence[BaselineFile], Sequence[Hunk], Sequence[Hunk]] = ((), (), ())
        self._unfolded: list[Hidden] | None = []
        """None: all of it."""
        self._shift = 0
        self._painter: ThreeWayPainter | None = None
        self._strips: dict[tuple[int, bool], Strip] = {}

    def show(self, files: Sequence[BaselineFile], one: Sequence[Hunk], other: Sequence[Hunk]) -> None:
        """Show the hunks of two candidates over the files that both were made from."""
        self._given = (files, one, other)
        self._rebuild()

    def _rebuild(self) -> None:
        self.model = build(*self._given, unfolded=self._unfolded)
        self._forget()
        set_text_size(self, Size(self.scrollable_content_region.width, self.model.rows))

    def _forget(self) -> None:
        self._painter = None
        self._strips.clear()
        self.forget_lines()
        self.refresh()

    def line(self, y: int) -> Line:
        """One line of the view."""
        index, width = round(self.scroll_y) + y, self.scrollable_content_region.width - 1
        if index >= self.model.rows or width < 1:
            return self.blank(width), self._end()
        row = self.model.row(index)
        key = (index, row.change >= 0 and row.change == self.current)
        if self._painter is None or self._painter.width != width:
            self._strips.clear()
            styles = {
                part: self.get_component_rich_style(f"diff--{part}", partial=part.endswith("-word")) for part in PARTS
            }
            self._painter = ThreeWayPainter(self.model, width, styles, syntax_styles(self.app))
        if key not in self._strips:
            painted = self._painter.paint(row, self._shift, current=key[1])
            keep(self._strips, key, self.finished(painted))
        return self._strips[key], self._end()

    def _end(self) -> Segment:
        """The last cell of a line, where other views have more to say."""
        [end] = self.blank(1)
        return end

    def notify_style_update(self) -> None:
        """Another theme: paint everything anew."""
        super().notify_style_update()
        self._forget()

    def on_resize(self, event: events.Resize) -> None:
        """Another width."""
        set_text_size(self, Size(self.scrollable_content_region.width, self.model.rows))
        self._forget()

    def watch_current(self) -> None:
        """Mark the change."""
        self.refresh()

    def go_by(self, step: int) -> bool:
        """Go on by `step` changes; False when there is none that way."""
        target = self.current + step
        if not 0 <= target < len(self.model.changes):
            return False
        self.current = target
        row, top, height = self.model.changes[target], round(self.scroll_y), max(1, self.size.height)
        if not top <= row < top + height - 1:
            self.scroll_to(y=max(0, row - min(4, height // 4)), animate=False, force=True)
        return True

    def on_click(self, event: events.Click) -> None:
        """A click chooses the change, or unfolds what is folded there."""
        offset = event.get_content_offset(self)
        index = round(self.scroll_y) + offset.y if offset is not None else self.model.rows
        if index >= self.model.rows:
            return
        hidden = self.model.fold(index)
        if hidden is not None and self._unfolded is not None:
            self._unfolded.append(hidden)
            self._rebuild()
        elif (change := self.model.row(index).change) >= 0:
            self.current = change

    def action_folds(self) -> None:
        """f: show all unchanged lines, or fold them again."""
        self._unfolded = [] if self._unfolded is None else None
        self._rebuild()

    def action_shift(self, by: int) -> None:
        """h and l: move the text sideways in all three columns."""
        room = self._painter.text_width if self._painter else 0
        self._shift = max(0, min(self._shift + by, self.model.width + SHIFT - room))
        self._forget()
