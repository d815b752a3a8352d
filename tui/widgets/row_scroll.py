"""Moving through a long text row by row, at once: an animation would paint the same rows many times."""

from time import perf_counter
from typing import ClassVar, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size, Spacing
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

PREPARE_SECONDS, PREPARE_BIT = 0.03, 0.003
"""How long after a move the next page is painted ahead, and for how long before keys get their turn again."""
FRAMES = (Spacing(0, 0, 0, 0), Spacing(1, 1, 1, 1))
KEPT = 400
"""Rows that are remembered: a few screens. Each strip has many small parts, and to go over thousands of them takes the
garbage collector longer than to paint a screen."""
Frame = tuple[Segment, Segment] | None
"""What stands left and right of a line; None without a border."""


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
        self._framed: dict[int, tuple[Strip, Frame, Strip]] = {}
        """By the identity of a line as it was painted: that line, its frame, and both as they are shown."""

        self._timer: Timer | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines with their frame, each the very strip that it was before as long as it looks the same.

        Textual makes every line anew for its border, and forgets what it had found out about it (filters, cuts, codes
        for the terminal); that is three quarters of the time that scrolling by a line takes.
        """
        size, gutter = self.outer_size, self.styles.gutter
        if gutter not in FRAMES or size.width < 4:
            return super().render_lines(crop)
        frame = self._frame() if gutter.top else None
        shown = []
        for y in crop.line_range:
            if y < gutter.top or y >= size.height - gutter.bottom:
                shown += super().render_lines(Region(crop.x, y, crop.width, 1))
                continue
            strip = self._with_frame(self.render_line(y - gutter.top), frame, size.width - gutter.width)
            shown.append(strip if crop.width == size.width else strip.crop(crop.x, crop.right))
        return shown

    def _frame(self) -> Frame:
        first, *_, last = super().render_lines(Region(0, 1, self.outer_size.width, 1))[0]
        return first, last

    def _with_frame(self, line: Strip, frame: Frame, width: int) -> Strip:
        known = self._framed.get(id(line))
        if known is not None and known[0] is line and known[1] == frame and known[2].cell_length >= width:
            return known[2]
        strip = line.adjust_cell_length(width, self.rich_style)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        if frame is not None:
            strip = Strip([frame[0], *strip, frame[1]], width + 2)
        keep(self._framed, id(line), (line, frame, strip))
        return strip

    def prepare_row(self, index: int) -> None:
        """Make ready what the row at `index` needs to be painted; overridden where that takes time."""

    def prepare_soon(self, direction: int, wait: float = PREPARE_SECONDS) -> None:
        """Make the next page in the direction of reading ready, when there is time."""
        if self._timer is not None:  # another move: what comes into view now goes first
            self._timer.stop()
        self._timer = self.set_timer(wait, lambda: self._prepare(direction))

    def _prepare(self, direction: int) -> None:
        self._timer = None
        height = self.size.height
        first = max(0, round(self.scroll_y) + (height if direction > 0 else -height))
        end = perf_counter() + PREPARE_BIT
        for index in range(first, first + height):
            self.prepare_row(index)
            if perf_counter() > end:
                self.prepare_soon(direction, PREPARE_BIT)
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
