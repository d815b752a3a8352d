"""The diff of one candidate: side by side or unified, painted line by line, whatever its length."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from engine.model import BaselineFile, Decision, Hunk
from tui.widgets.diff_model import DiffModel, Hidden, build
from tui.widgets.diff_paint import PARTS, DiffPainter
from tui.widgets.syntax import syntax_styles

Layout = Literal["auto", "side by side", "unified"]
LAYOUTS: tuple[Layout, ...] = ("auto", "side by side", "unified")
SIDE_BY_SIDE_FROM = 120
"""Columns of the terminal from which `auto` shows both sides beside each other."""
SHIFT = 8
"""Cells that one key press moves the text sideways."""
CACHED_STRIPS = 4_000
PREFETCH_SECONDS = 0.03


class DiffView(ScrollView, can_focus=True):
    """Shows the hunks of a candidate against their baseline; decisions are taken elsewhere, by its parent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{part}" for part in PARTS}
    DEFAULT_CSS = """
    DiffView {
        scrollbar-gutter: stable;
        overflow-x: hidden;
        overflow-y: auto;
        & > .diff--number { color: $diff-gutter; }
        & > .diff--divider { color: $border-blurred; }
        & > .diff--same { color: $foreground; }
        & > .diff--old { color: $foreground; background: $diff-removed-bg; }
        & > .diff--new { color: $foreground; background: $diff-added-bg; }
        & > .diff--old-word { background: $diff-removed-word; text-style: bold; }
        & > .diff--new-word { background: $diff-added-word; text-style: bold; }
        & > .diff--old-sign { color: $diff-removed-fg; background: $diff-removed-bg; text-style: bold; }
        & > .diff--new-sign { color: $diff-added-fg; background: $diff-added-bg; text-style: bold; }
        & > .diff--filler { background: $diff-empty-bg; }
        & > .diff--fold { color: $text-muted; text-style: italic; }
        & > .diff--file { color: $text-primary; text-style: bold; }
        & > .diff--mark { color: $accent; }
        & > .diff--current { color: $foreground; background: $diff-cursor-bg; text-style: bold; }
        & > .diff--accepted { color: $text-success; text-style: bold; }
        & > .diff--rejected { color: $text-error; text-style: bold; }
        & > .diff--pending { color: $text-warning; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "down", show=False, id="diff.down"),
        Binding("up,k", "scroll_up", "up", show=False, id="diff.up"),
        Binding("ctrl+d", "half_page(1)", "half a page down", show=False, id="diff.half_down"),
        Binding("ctrl+u", "half_page(-1)", "half a page up", show=False, id="diff.half_up"),
        Binding("g,home", "scroll_home", "top", show=False, id="diff.top"),
        Binding("G,end", "scroll_end", "bottom", show=False, id="diff.bottom"),
        Binding("left,h", "shift(-1)", "left", show=False, id="diff.left", tooltip="Move the text sideways"),
        Binding("right,l", "shift(1)", "right", show=False, id="diff.right", tooltip="Move the text sideways"),
    ]

    current: reactive[int] = reactive(0, repaint=False)
    """Index of the hunk that decisions are about."""
    shift: reactive[int] = reactive(0, repaint=False)
    """Cells by which the text is moved left, on both sides in step."""
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
        self._decisions: dict[str, Decision] = {}
        self._unfolded: tuple[Hidden, ...] = ()
        self._painter: DiffPainter | None = None
        self._strips: dict[tuple[int, int, bool, Decision], Strip] = {}
        self._prefetch_timer: Timer | None = None
        self._moving = False

    # ------------------------------------------------------------------------------------------- content

    def show(self, subject: str, files: Sequence[BaselineFile], hunks: Sequence[Hunk]) -> None:
        """Show `hunks` against `files`; the same `subject` again keeps the place, whatever has grown."""
        fresh = subject != self._subject
        if not fresh and hunks is self._hunks:
            return
        had_hunks = bool(self._hunks) and not fresh
        decisions = {hunk.id: hunk.decision for hunk in hunks}
        unchanged = not fresh and _texts(hunks) == _texts(self._hunks)
        changed_decisions = decisions != self._decisions
        self._subject, self._files, self._hunks, self._decisions = subject, files, hunks, decisions
        if unchanged:
            if changed_decisions:
                self.refresh()
            return
        focused = self.hunk
        if fresh:
            self._unfolded, self.shift = (), 0
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
        self.virtual_size = Size(self.scrollable_content_region.width, self.model.rows)
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

    def render_line(self, y: int) -> Strip:
        """The strip of one row of the view."""
        width = self.scrollable_content_region.width
        index = round(self.scroll_y) + y
        if index >= self.model.rows or width < 1:
            return Strip.blank(width, self.rich_style)
        painter = self._paint_at(width)
        hunk = self.model.row(index).hunk
        decision = self._decisions.get(self.model.hunks[hunk].id, "pending") if hunk >= 0 else "pending"
        key = (index, self.shift, hunk >= 0 and hunk == self.current, decision)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= CACHED_STRIPS:
                self._strips.clear()
            strip = painter.paint(index, self.shift, current=key[2], decision=decision)
            self._strips[key] = strip
        return strip

    def _paint_at(self, width: int) -> DiffPainter:
        if self._painter is None or self._painter.width != width:
            self._strips.clear()
            partial = ("old-word", "new-word")
            styles: dict[str, Style] = {
                part: self.get_component_rich_style(f"diff--{part}", partial=part in partial) for part in PARTS
            }
            self._painter = DiffPainter(self.model, width, styles, syntax_styles(self.app))
        return self._painter

    def _forget_paint(self) -> None:
        self._painter = None
        self._strips.clear()

    def notify_style_update(self) -> None:
        """Another theme: paint everything anew."""
        super().notify_style_update()
        self._forget_paint()

    def on_resize(self, event: events.Resize) -> None:
        """Another width, and perhaps another layout."""
        if self._unified != self.model.unified and self.model.rows:
            self._rebuild()
        self.virtual_size = Size(self.scrollable_content_region.width, self.model.rows)
        self.refresh()

    # -------------------------------------------------------------------------------------------- moving

    def watch_layout_choice(self) -> None:
        """Build the rows of the other layout."""
        if self.is_mounted:
            self._rebuild()

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
        self._prefetch_soon(1 if new_value >= old_value else -1)

    def _prefetch_soon(self, direction: int) -> None:
        if self._prefetch_timer is None:
            self._prefetch_timer = self.set_timer(PREFETCH_SECONDS, lambda: self._prefetch(direction))

    def _follow_scroll(self, top: int) -> None:
        bottom = top + self.size.height
        starts = self.model.hunk_rows
        if not starts or top <= starts[self.current] < bottom:
            return
        visible = [index for index, start in enumerate(starts) if top <= start < bottom]
        if visible:
            self.current = visible[0]

    def _prefetch(self, direction: int) -> None:
        """Find the colours of the next page in the direction of reading; block by block, so that keys get through."""
        self._prefetch_timer = None
        top, height = round(self.scroll_y), self.size.height
        first = top + height if direction > 0 else top - height
        rows = range(max(0, first), min(self.model.rows, first + height))
        if self._painter is not None and any(self._painter.prepare(index) for index in rows):
            self._prefetch_soon(direction)

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
            if self._decisions.get(self.model.hunks[index].id) == "pending":
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
        self.shift = max(0, min(self.shift + direction * SHIFT, limit))

    def action_half_page(self, direction: int) -> None:
        """Half a page down or up."""
        self.scroll_relative(y=direction * (self.size.height // 2), animate=False)

    def action_scroll_down(self) -> None:
        """One row down, at once: an animation would paint the same rows many times."""
        self.scroll_relative(y=1, animate=False)

    def action_scroll_up(self) -> None:
        """One row up."""
        self.scroll_relative(y=-1, animate=False)

    def action_page_down(self) -> None:
        """One page down."""
        self.scroll_relative(y=self.size.height - 1, animate=False)

    def action_page_up(self) -> None:
        """One page up."""
        self.scroll_relative(y=1 - self.size.height, animate=False)

    def action_scroll_home(self) -> None:
        """To the first row."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        """To the last row."""
        self.scroll_to(y=self.max_scroll_y, animate=False)


def _texts(hunks: Sequence[Hunk]) -> list[tuple[object, ...]]:
    return [(h.id, h.file, h.old_start, h.old_lines, h.new_lines, h.complete) for h in hunks]
