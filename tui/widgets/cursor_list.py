"""Rows with a cursor, painted line by line: what the table, the source and the version list have in common."""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.syntax import variable_style

Row = Iterable[tuple[str, Style]]
MUTED = Style(dim=True)


class CursorList(ScrollView, can_focus=True):
    """A subclass gives `row(index, width)`; `show_rows` says how many there are."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"cursor-list--cursor"}
    DEFAULT_CSS = """
    CursorList {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;

        & > .cursor-list--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
        }

        &:focus > .cursor-list--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False, id="list.up", tooltip="Up"),
        Binding("down,j", "move(1)", show=False, id="list.down", tooltip="Down"),
        Binding("home,g", "edge('top')", show=False, id="list.top", tooltip="To the top"),
        Binding("end,G", "edge('bottom')", show=False, id="list.bottom", tooltip="To the bottom"),
        Binding("pageup,ctrl+u", "page(-1)", show=False, id="list.page_up", tooltip="Half a page up"),
        Binding("pagedown,ctrl+d", "page(1)", show=False, id="list.page_down", tooltip="Half a page down"),
    ]

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, control: "CursorList") -> None:
            super().__init__()
            self.list = control

        @property
        def control(self) -> "CursorList":
            """The list."""
            return self.list

        def can_replace(self, message: Message) -> bool:
            """Only the last place counts."""
            return isinstance(message, CursorList.Moved) and message.list is self.list

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, control: "CursorList") -> None:
            super().__init__()
            self.list = control

        @property
        def control(self) -> "CursorList":
            """The list."""
            return self.list

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows = 0
        self._styles: dict[tuple[str, str, str, bool], Style] = {}

    @property
    def row_width(self) -> int:
        """Cells of one row: a scroll bar's are not among them, though `size` of a scroll view counts them."""
        return self.scrollable_content_region.width

    def row(self, index: int, width: int) -> Row:
        """The pieces of one row; a subclass gives them."""
        raise NotImplementedError

    def show_rows(self, rows: int, width: int = 0) -> None:
        """There are `rows` rows now, the widest `width` cells wide (0: never wider than the list)."""
        self.rows = rows
        self.virtual_size = Size(width, rows)
        self.cursor = self.validate_cursor(self.cursor)
        self.refresh()

    def colour(self, foreground: str = "", background: str = "", *, bold: bool = False) -> Style:
        """A style from the theme's variables."""
        key = (self.app.theme, foreground, background, bold)
        if key not in self._styles:
            self._styles[key] = variable_style(self.app, foreground, background, bold=bold)
        return self._styles[key]

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index = self.scroll_offset.y + y
        width = self.row_width
        if index >= self.rows:
            return Strip.blank(width, self.rich_style)
        strip = Strip([Segment(text, style) for text, style in self.row(index, width)])
        # A list that scrolls sideways shows the rest that way; in any other one the row says that there is more.
        cut = not self.virtual_size.width > width and strip.cell_length > width and strip.crop(width - 1).text.strip()
        shown = Strip([*strip.crop(0, width - 1), Segment("…", MUTED)]) if cut else strip
        shown = shown.adjust_cell_length(width)
        if index == self.cursor:
            style = self.get_component_rich_style("cursor-list--cursor", partial=True)
            # Of a terminal's own colours nobody knows which are readable on each other: the cursor's row has its own.
            shown = Strip([Segment(shown.text, style)]) if self.app.current_theme.ansi else shown.apply_style(style)
        return shown.apply_style(self.rich_style)

    # ------------------------------------------------------------------------------------------- moving

    def validate_cursor(self, cursor: int) -> int:
        """The cursor stays on a row."""
        return max(0, min(cursor, self.rows - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two rows and tell."""
        for row in (old, new):
            self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))
        self.reveal(new)
        self.post_message(self.Moved(self))

    def reveal(self, row: int, margin: int = 0) -> None:
        """Scroll just so far that `row` is visible."""
        top, height = self.scroll_offset.y, self.size.height
        if not height:
            return  # not laid out yet: on_resize reveals the cursor
        if row - margin < top:
            self.scroll_to(y=max(0, row - margin), animate=False, force=True, immediate=True)
        elif row + margin >= top + height:
            self.scroll_to(y=row + margin - height + 1, animate=False, force=True, immediate=True)

    def on_resize(self, event: events.Resize) -> None:
        """The cursor stays visible."""
        self.reveal(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; on its row it chooses."""
        row = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if 0 <= row < self.rows:
            self.cursor = row
            self.post_message(self.Chosen(self))

    def action_move(self, by: int) -> None:
        """One row up or down."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Half a page up or down."""
        self.cursor += by * max(1, self.size.height // 2)

    def action_edge(self, edge: str) -> None:
        """To the first or last row."""
        self.cursor = 0 if edge == "top" else self.rows - 1
