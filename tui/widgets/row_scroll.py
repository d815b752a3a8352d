"""Moving through a long text row by row, at once: an animation would paint the same rows many times."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import ClassVar, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Region, Size, Spacing
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

PREPARE_BIT, PREPARE_PAUSE = 0.003, 0.002
"""Seconds for which the next page is painted ahead, and for which keys then have their turn."""
FRAMES = (Spacing(0, 0, 0, 0), Spacing(1, 1, 1, 1))
KEPT = 400
"""Rows that are remembered: a few screens. Each strip has many small parts, and to go over thousands of them takes the
garbage collector longer than to paint a screen."""
Frame = tuple[tuple[Segment, ...], tuple[Segment, ...]]
"""What stands left and right of a line: the border, if there is one, and the room for a scrollbar."""
Line = tuple[Strip, Segment]
"""(what a row shows, the cell at its end that goes with the place on the screen)"""


K = TypeVar("K")
V = TypeVar("V")


def keep(kept: dict[K, V], key: K, value: V) -> V:
    """Remember a value, in place of the oldest one when there are enough."""
    if len(kept) >= KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
    return value


def set_text_size(view: ScrollView, size: Size) -> None:
    """Say how much there is to scroll.

    Setting `virtual_size` has the whole screen laid out and painted again, 30 times a second while an answer streams;
    the place of a view does not depend on its text, so once it is laid out only its scrollbar has to know.
    """
    if view.is_mounted and view.container_size:
        view.set_reactive(Widget.virtual_size, size)
        view._scroll_update(size)
    else:
        view.virtual_size = size


class RowScroll(ScrollView):
    """The keys that move up and down."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "down", show=False, id="diff.down"),
        Binding("up,k", "scroll_up", "up", show=False, id="diff.up"),
        Binding("ctrl+d", "half_page(1)", "half a page down", show=False, id="diff.half_down"),
        Binding("ctrl+u", "half_page(-1)", "half a page up", show=False, id="diff.half_up"),
        Binding("g,home", "scroll_home", "top", show=False, id="diff.top"),
        Binding("G,end", "scroll_end", "bottom", show=False, id="diff.bottom"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._framed: dict[tuple[int, Segment], tuple[Strip, Frame, Strip]] = {}
        """By the identity of a row as it was painted, and the cell at its end: the row, its frame, and all together."""
        self._blanks: dict[int, Strip] = {}
        """By width."""
        self._filters: tuple[Sequence[LineFilter], Color] | None = None
        self._titles = ("", "")
        self._preparing: asyncio.TimerHandle | None = None

    def line(self, y: int) -> Line:
        """What line `y` of the view shows, `finished`, in the very strip that it was before while it is the same."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """One line without its frame."""
        strip, end = self.line(y)
        return Strip([*strip, end])

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines with their frame, each the very strip that it was before as long as it looks the same.

        Textual makes every line anew for its border, and forgets what it had found out about it (filters, cuts, codes
        for the terminal); that is three quarters of the time that scrolling by a line takes.
        """
        size, gutter = self.outer_size, self.styles.gutter
        if gutter not in FRAMES or size.width < 4:
            return super().render_lines(crop)
        frame = self._frame(size.width - gutter.width, bordered=bool(gutter.top))
        shown = []
        for y in crop.line_range:
            if y < gutter.top or y >= size.height - gutter.bottom:
                shown += super().render_lines(Region(crop.x, y, crop.width, 1))
                continue
            strip = self._with_frame(self.line(y - gutter.top), frame, size.width)
            shown.append(strip if crop.width == size.width else strip.crop(crop.x, crop.right))
        return shown

    def _frame(self, width: int, *, bordered: bool) -> Frame:
        room = tuple(self.blank(width - self.scrollable_content_region.width))
        if not bordered:
            return (), room
        first, *_, last = super().render_lines(Region(0, 1, self.outer_size.width, 1))[0]
        return (first,), (*room, last)

    def _with_frame(self, line: Line, frame: Frame, width: int) -> Strip:
        strip, end = line
        known = self._framed.get(key := (id(strip), end))
        if known is None or known[0] is not strip or known[1] != frame:
            framed = Strip([*frame[0], *strip, end, *frame[1]], width)
            known = keep(self._framed, key, (strip, frame, framed))
        return known[2]

    def finished(self, strip: Strip) -> Strip:
        """A row as the app lets it through to the terminal; once for each row, not again wherever it stands."""
        if self._filters is None:
            self._filters = self.get_line_filters(), self.background_colors[1]
        filters, background = self._filters
        segments = list(strip)
        for line_filter in filters:
            segments = line_filter.apply(segments, background)
        return Strip(segments, strip.cell_length)

    def blank(self, width: int) -> Strip:
        """A row with nothing in it, `finished`."""
        if width not in self._blanks:
            self._blanks[width] = self.finished(Strip.blank(max(0, width), self.rich_style))
        return self._blanks[width]

    def forget_lines(self) -> None:
        """Make all anew: something else than the place has changed."""
        self._framed.clear()
        self._blanks.clear()
        self._filters = None

    def entitle(self, title: str, subtitle: str) -> None:
        """Say in the frame what is shown; nothing is painted when it says so already."""
        if (title, subtitle) != self._titles:
            self._titles = title, subtitle
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)

    def prepare_row(self, index: int) -> None:
        """Make ready what the row at `index` needs to be painted; overridden where that takes time."""

    def prepare_soon(self, direction: int) -> None:
        """Make the next page in the direction of reading ready, as soon as what comes into view now is painted."""
        if self._preparing is not None:
            self._preparing.cancel()
        self.call_after_refresh(self._prepare_after_pause, direction)

    def _prepare_after_pause(self, direction: int) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
        # Not `set_timer`: that one never calls back when the machine is so busy that it begins to wait too late.
        self._preparing = asyncio.get_running_loop().call_later(PREPARE_PAUSE, self.call_next, self._prepare, direction)

    def _prepare(self, direction: int) -> None:
        self._preparing = None
        height = self.size.height
        first = max(0, round(self.scroll_y) + (height if direction > 0 else -height))
        end = perf_counter() + PREPARE_BIT
        for index in range(first, first + height):
            self.prepare_row(index)
            if perf_counter() > end:
                self._prepare_after_pause(direction)
                break

    def action_half_page(self, direction: int) -> None:
        """Half a page down or up."""
        self.scroll_relative(y=direction * (self.size.height // 2), animate=False)

    def action_scroll_down(self) -> None:
        """One row down."""
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
