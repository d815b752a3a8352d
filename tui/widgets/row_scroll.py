"""Moving through a long text row by row, at once: an animation would paint the same rows many times."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


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
