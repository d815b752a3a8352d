"""The diff of one candidate: side by side or unified, painted line by line, whatever its length."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from engine.model import BaselineFile, Hunk
from tui.widgets.diff_minimap import BLANK, Cell, Minimap
from tui.widgets.diff_model import DiffModel, Hidden, Mark, build, mark_of, texts_of
from tui.widgets.diff_paint import PARTS, STYLES, DiffPainter
from tui.widgets.diff_search import Search, search
from tui.widgets.row_scroll import Line, RowScroll, keep, set_text_size
from tui.widgets.syntax import highlight, is_loaded, syntax_styles

Layout = Literal["auto", "side by side", "unified"]
LAYOUTS: tuple[Layout, ...] = ("auto", "side by side", "unified")
SIDE_BY_SIDE_FROM = 120
"""Columns of the terminal from which `auto` shows both sides beside each other."""
SHIFT = 8
"""Cells that one key press moves the text sideways."""


class DiffView(RowScroll, can_focus=True):
    """Shows the hunks of a candidate against their baseline; decisions are taken elsewhere, by its parent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{part}" for part in PARTS}
    DEFAULT_CSS = STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "shift(-1)", "left", show=False, id="diff.left", tooltip="Move the text sideways"),
        Binding("right,l", "shift(1)", "right", show=False, id="diff.right", tooltip="Move the text sideways"),
        Binding("0", "shift(-1_000_000)", "line start", show=False, id="diff.line_start", tooltip="Start of the lines"),
        Binding(
            "dollar_sign",
            "shift(1_000_000)",
            "line end",
            key_display="$",
            show=False,
            id="diff.line_end",
            tooltip="End of the longest line",
        ),
    ]

    current: reactive[int] = reactive(0, repaint=False)
    """Index of the hunk that decisions are about."""
    shift: reactive[int] = reactive(0, repaint=False)
    """Cells by which the text is moved left, on both sides in step."""
    wrap: reactive[bool] = reactive(False, repaint=False)
    """Whether long lines go on below; the view then scrolls by lines of the text."""
    layout_choice: reactive[Layout] = reactive[Layout]("auto", repaint=False)

    class HunkFocused(Message):
        """Another hunk is the current one; None when there is none."""

        def __init__(self, hunk: Hunk | None) -> None:
            super().__init__()
            self.hunk = hunk

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = DiffModel()
        self._subject = ""
        self._files: Sequence[BaselineFile] = ()
        self._hunks: Sequence[Hunk] = ()
        self._decisions: dict[str, Mark] = {}
        self._unfolded: tuple[Hidden, ...] = ()
        self._painter: DiffPainter | None = None
        self._strips: dict[tuple[int, int, bool, Mark], list[Strip]] = {}
        self._ends: dict[Cell, Segment] = {}
        """The cells of the minimap as they look."""
        self.found = Search()
        """What is looked for, and the place in it; empty when nothing is."""
        self._minimap = Minimap()
        self._shown: tuple[int, list[tuple[int, int]]] = (-1, [])
        """When lines are wrapped: the first row in view, and (row, line of it) for each line of the screen."""
        self._moving = False

    # ------------------------------------------------------------------------------------------- content

    def show(self, subject: str, files: Sequence[BaselineFile], hunks: Sequence[Hunk]) -> None:
        """Show `hunks` against `files`; the same `subject` again keeps the place, whatever has grown."""
        fresh = subject != self._subject
        if not fresh and hunks is self._hunks:
            return
        had_hunks = bool(self._hunks) and not fresh
        decisions = {hunk.id: mark_of(hunk) for hunk in hunks}
        unchanged = not fresh and texts_of(hunks) == texts_of(self._hunks)
        changed_decisions = decisions != self._decisions
        self._subject, self._files, self._hunks, self._decisions = subject, files, hunks, decisions
        if unchanged:
            if changed_decisions:
                self._minimap.forget()
                self.refresh()
            return
        focused = self.hunk
        if fresh:
            self._unfolded, self.shift, self.found = (), 0, Search()
        self._rebuild(keep_place=had_hunks)
        if had_hunks:
            self.set_reactive(DiffView.current, self._again(focused))
            self.post_message(self.HunkFocused(self.hunk))
        else:
            undecided = [n for n, hunk in enumerate(self.model.hunks) if hunk.decision == "pending"]
            self.go_to(undecided[0] if undecided else 0)

    def _again(self, hunk: Hunk | None) -> int:
        """The index that `hunk` has now: by id, else by its place, for the id of a growing hunk changes."""
        hunks = self.model.hunks
        if hunk is not None:
            for index, other in enumerate(hunks):
                if other.id == hunk.id or (other.file, other.old_start) == (hunk.file, hunk.old_start):
                    return index
        return max(0, min(self.current, len(hunks) - 1))

    def _rebuild(self, *, keep_place: bool = True) -> None:
        """Make the rows anew; what the reader looks at, the current hunk or else the top, stays where it is."""
        top, eye = round(self.scroll_y), round(self.scroll_y)
        if self.current < len(self.model.hunk_rows):
            row = self.model.hunk_rows[self.current]
            eye = row if top <= row < top + self.size.height else top
        anchor = self.model.anchor(eye) if keep_place else None
        self.model = build(self._files, self._hunks, unified=self._unified, unfolded=self._unfolded)
        self._forget_paint()
        self._set_size()
        self._move_to(self.model.row_of(anchor) - (eye - top) if anchor else 0)
        self.refresh()

    def _move_to(self, top: int) -> None:
        """Scroll without taking it for the reader's doing."""
        self._moving = True
        self.scroll_to(y=max(0, top), animate=False, immediate=True, force=True)
        self._moving = False

    @property
    def _unified(self) -> bool:
        if self.layout_choice == "auto":
            return self.app.size.width < SIDE_BY_SIDE_FROM
        return self.layout_choice == "unified"

    @property
    def hunk(self) -> Hunk | None:
        """The current hunk, as it was last shown; its decision may be newer in the state."""
        return self.model.hunks[self.current] if self.current < len(self.model.hunks) else None

    # ------------------------------------------------------------------------------------------- painting

    def _set_size(self) -> None:
        """Wrapped rows are of unknown height: there has to be room to bring the last one to the top."""
        room = max(0, self.size.height - 1) if self.wrap else 0
        set_text_size(self, Size(self.scrollable_content_region.width, self.model.rows + room))

    def line(self, y: int) -> Line:
        """One line of the view, with the minimap at its end."""
        width = self.scrollable_content_region.width
        index, line = self._row_at(y, width) if self.wrap else (round(self.scroll_y) + y, 0)
        if index >= self.model.rows or width < 2:
            return self.blank(width - 1), self._end(BLANK)
        strips = self._row_strips(index, width)
        seen = range(round(self.scroll_y), round(self.scroll_y) + max(1, self.size.height))
        cell = self._minimap.cell(y, self.model, self._decisions, seen)
        return strips[min(line, len(strips) - 1)], self._end(cell)

    def _end(self, cell: Cell) -> Segment:
        if cell not in self._ends:
            sign, part = cell
            strip = Strip([Segment(sign, self.get_component_rich_style(f"diff--{part}"))])
            [self._ends[cell]] = self.finished(strip)
        return self._ends[cell]

    def _row_at(self, y: int, width: int) -> tuple[int, int]:
        """(row, line of the row) that the line `y` of the screen shows when long lines are wrapped."""
        if self._shown[0] != (top := round(self.scroll_y)):
            self._shown = (top, [])
        lines = self._shown[1]
        row = lines[-1][0] + 1 if lines else top
        while len(lines) <= y and row < self.model.rows:
            lines += [(row, line) for line in range(len(self._row_strips(row, width)))]
            row += 1
        return lines[y] if y < len(lines) else (self.model.rows, 0)

    def _row_strips(self, index: int, width: int) -> list[Strip]:
        painter = self._paint_at(width - 1)
        hunk = self.model.row(index).hunk
        decision = self._decisions.get(self.model.hunks[hunk].id, "pending") if hunk >= 0 else "pending"
        key = (index, self.shift, hunk >= 0 and hunk == self.current, decision)
        strips = self._strips.get(key)
        if strips is None:
            painted = painter.paint(
                index, self.shift, current=key[2], decision=decision, wrap=self.wrap, needle=self.found.needle
            )
            strips = keep(self._strips, key, [self.finished(strip) for strip in painted])
        return strips

    def _paint_at(self, width: int) -> DiffPainter:
        if self._painter is None or self._painter.width != width:
            self._forget_strips()
            styles: dict[str, Style] = {
                part: self.get_component_rich_style(f"diff--{part}", partial=part.endswith("-word")) for part in PARTS
            }
            syntax = syntax_styles(self.app) if is_loaded() else None
            if syntax is None:  # the text is there at once, its colours come with the next frame
                self.call_after_refresh(self._load_syntax)
            self._painter = DiffPainter(self.model, width, styles, syntax)
        return self._painter

    def _forget_paint(self) -> None:
        self._painter = None
        self._forget_strips()

    def _load_syntax(self) -> None:
        highlight("", self.model.files[0].path if self.model.files else "")
        self._forget_paint()
        self.refresh()
        self.prepare_soon(1)

    def _forget_strips(self) -> None:
        self._strips.clear()
        self._ends.clear()
        self.forget_lines()
        self._shown = (-1, [])
        self._minimap.forget()

    def notify_style_update(self) -> None:
        """Another theme: paint everything anew."""
        super().notify_style_update()
        self._forget_paint()

    def on_resize(self, event: events.Resize) -> None:
        """Another width, and perhaps another layout."""
        if self._unified != self.model.unified and self.model.rows:
            self._rebuild()
            self.post_message(self.HunkFocused(self.hunk))  # whoever names the layout
        self._set_size()
        self.refresh()

    # -------------------------------------------------------------------------------------------- moving

    def watch_layout_choice(self) -> None:
        """Build the rows of the other layout."""
        if self.is_mounted:
            self._rebuild()

    def watch_wrap(self) -> None:
        """Cut the lines anew; there is nothing beside them then."""
        self.shift = 0
        self._forget_strips()
        self._set_size()
        self.refresh()

    def watch_shift(self) -> None:
        """Move the text, not the numbers."""
        self.refresh()

    def watch_current(self) -> None:
        """Mark the hunk and tell the parent."""
        self.refresh()
        self.post_message(self.HunkFocused(self.hunk))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The current hunk is one that can be seen; colours ahead are found before they are needed."""
        super().watch_scroll_y(old_value, new_value)
        if not self._moving:
            self._follow_scroll(round(new_value))
        self.prepare_soon(1 if new_value >= old_value else -1)

    def prepare_row(self, index: int) -> None:
        """Paint a row before it comes into view."""
        width = self.scrollable_content_region.width
        if width > 1 and index < self.model.rows:
            self._row_strips(index, width)

    def _follow_scroll(self, top: int) -> None:
        bottom = top + self.size.height
        starts = self.model.hunk_rows
        if not starts or top <= starts[self.current] < bottom:
            return
        visible = [index for index, start in enumerate(starts) if top <= start < bottom]
        if visible:
            self.current = visible[0]

    def go_to(self, index: int) -> None:
        """Make the hunk at `index` the current one and bring it into view."""
        if not self.model.hunks:
            self.set_reactive(DiffView.current, 0)
            self.post_message(self.HunkFocused(None))
            return
        index = max(0, min(index, len(self.model.hunks) - 1))
        if index == self.current:
            self.post_message(self.HunkFocused(self.hunk))
        self.current = index
        start = self.model.hunk_rows[index]
        height = max(1, self.size.height)
        end = self._end_of(index)
        top = round(self.scroll_y)
        if start < top or min(end, start + height) > top + height:
            self._move_to(start - min(4, height // 4))
        self.refresh()

    def _end_of(self, index: int) -> int:
        hunk = self.model.hunks[index]
        old, new = len(hunk.old_lines), len(hunk.new_lines)
        return self.model.hunk_rows[index] + (old + new if self.model.unified else max(old, new))

    def go_by(self, step: int) -> bool:
        """Go on by `step` hunks; False when there is none that way."""
        target = self.current + step
        if not 0 <= target < len(self.model.hunks):
            return False
        self.go_to(target)
        return True

    def go_to_undecided(self) -> bool:
        """Go to the next undecided hunk, from the top again after the last; False when all are decided."""
        count = len(self.model.hunks)
        for step in range(1, count):
            index = (self.current + step) % count
            if self._decisions.get(self.model.hunks[index].id) in ("pending", "stale"):
                self.go_to(index)
                return True
        return False

    def go_to_file(self, step: int) -> bool:
        """Go to the first hunk of the next or previous file; False when there is none that way."""
        here = self.hunk
        paths = [sides.path for sides in self.model.files]
        if here is None or not 0 <= (target := paths.index(here.file) + step) < len(paths):
            return False
        self.go_to(next(n for n, hunk in enumerate(self.model.hunks) if hunk.file == paths[target]))
        return True

    def cycle_layout(self) -> Layout:
        """The next of: by the terminal's width, side by side, unified."""
        self.layout_choice = LAYOUTS[(LAYOUTS.index(self.layout_choice) + 1) % len(LAYOUTS)]
        return self.layout_choice

    def search(self, needle: str) -> int:
        """Look for a text, go to its first place from here on; how many lines have it."""
        self.found = search(self.model, needle, round(self.scroll_y))
        self._forget_strips()
        self._show_match()
        return len(self.found.matches)

    def go_to_match(self, step: int) -> None:
        """The next or previous place of the text that is looked for."""
        self.found = self.found.by(step)
        self._show_match()

    def _show_match(self) -> None:
        match = self.found.match
        if match is not None:
            row, hidden = self.model.place_of(match.path, match.number, new=match.new)
            if hidden is not None:
                self._unfolded = (*self._unfolded, hidden)
                self._rebuild()
                row, _ = self.model.place_of(match.path, match.number, new=match.new)
            top, height = round(self.scroll_y), max(1, self.size.height)
            if not top <= row < top + height:
                self.scroll_to(y=row - height // 3, animate=False)
        self.refresh()

    def toggle_folds(self) -> None:
        """Show all unchanged lines, or fold them again."""
        whole = tuple((sides.path, 0, len(sides.old) + 1) for sides in self.model.files)
        self._unfolded = () if self._unfolded == whole else whole
        self._rebuild()

    def on_click(self, event: events.Click) -> None:
        """A click chooses the hunk, or unfolds what is folded there."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = round(self.scroll_y) + offset.y
        if self.wrap:
            index, _ = self._row_at(offset.y, self.scrollable_content_region.width)
        if index >= self.model.rows:
            return
        hidden = self.model.hidden(index)
        if hidden is not None:
            self._unfolded = (*self._unfolded, hidden)
            self._rebuild()
        elif (hunk := self.model.row(index).hunk) >= 0:
            self.current = hunk

    def action_shift(self, direction: int) -> None:
        """Move the text sideways on both sides."""
        room = self._painter.text_width if self._painter else 0
        limit = max(0, self.model.width + SHIFT - room)
        self.shift = 0 if self.wrap else max(0, min(self.shift + direction * SHIFT, limit))
