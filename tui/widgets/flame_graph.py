"""A flame graph that hangs from its roots: who calls whom with how much of the time; moved by keys and mouse."""

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.model import FlameNode, Profile
from tui.plain_line import plain_text
from tui.widgets.bars import HEAT_LEVELS, percent
from tui.widgets.flame_layout import Box, Tree, changes, layout
from tui.widgets.syntax import variable_style

NOTABLE = 0.002
"""A change below this share of all time is none."""


class FlameGraph(ScrollView, can_focus=True):
    """The boxes of one profile, or how they have changed against the profile before."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    FlameGraph {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "beside(-1)", show=False, id="flame.left", tooltip="To the box on the left"),
        Binding("right,l", "beside(1)", show=False, id="flame.right", tooltip="To the box on the right"),
        Binding("up,k", "up", show=False, id="flame.up", tooltip="To the caller"),
        Binding("down,j", "down", show=False, id="flame.down", tooltip="To the largest callee"),
        Binding("home,g", "first", show=False, id="flame.top", tooltip="To the outermost box"),
        Binding("enter", "zoom", "zoom in", id="flame.zoom", tooltip="Let the box fill the width, or not"),
        Binding("slash", "screen.search_flame", "search", key_display="/", id="flame.search", tooltip="Search names"),
        Binding("n", "match(1)", "next match", id="flame.next", tooltip="Next match"),
        Binding("N", "match(-1)", show=False, id="flame.previous", tooltip="Previous match"),
        Binding(
            "d", "screen.difference", "difference", id="flame.difference", tooltip="Compare with the profile before"
        ),
        Binding("space", "screen.mark", "mark", id="flame.mark", tooltip="Mark the function for the verbs, or unmark"),
    ]

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another box."""

        def __init__(self, node: FlameNode) -> None:
            super().__init__()
            self.node = node

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._profile: Profile | None = None
        self._tree = Tree(())
        self._rows: list[list[Box]] = []
        self._zoom = -1
        self._width = 0
        self._text = ""
        self._matches: list[int] = []
        self._changes: Mapping[int, float] = {}
        self.differs = False
        """Whether colours tell the change against the profile before."""

    def show(self, profile: Profile) -> None:
        """Show a profile; the cursor and the zoom stay while it is the same one."""
        if self._profile is None or profile.flame is not self._profile.flame:
            self._tree = Tree(profile.flame)
            self._zoom = -1
            before = profile.before
            self._changes = changes(self._tree, before.flame, profile.amount, before.amount) if before else {}
            self.differs = self.differs and before is not None
            self._profile = profile
            self.set_reactive(FlameGraph.cursor, 0)
            self.search(self._text)
            self._arrange()
        self._profile = profile

    @property
    def current(self) -> FlameNode | None:
        """The node under the cursor."""
        return self._tree.nodes[self.cursor] if self.cursor < len(self._tree.nodes) else None

    @property
    def about(self) -> str:
        """The node under the cursor in one line."""
        node = self.current
        if node is None:
            return ""
        change = self._changes.get(self.cursor, 0.0)
        changed = f" · {change:+.1%} against the profile before" if self.differs else ""
        if self._text:
            share = percent(self._tree.share_of(self._matches))
            changed += f" · {len(self._matches)} match “{self._text}”, {share}"
        return f"{node.name}  {node.place}  {percent(node.share)}, {percent(node.own)} itself{changed}"

    @property
    def zoomed(self) -> bool:
        """Whether a box takes the whole width."""
        return self._zoom >= 0

    def search(self, text: str) -> None:
        """Highlight the names with `text` in them."""
        self._text = text
        self._matches = self._tree.matching(text)
        self.refresh()

    def zoom_out(self) -> None:
        """Show everything again."""
        self._zoom = -1
        self._arrange()

    # ------------------------------------------------------------------------------------------ painting

    def on_resize(self) -> None:
        """Other boxes fit."""
        self._arrange()

    def _arrange(self) -> None:
        self._width = max(1, self.scrollable_content_region.width)
        self._rows = layout(self._tree, self._width, self._zoom) if self._tree.nodes else []
        self.virtual_size = Size(self._width, len(self._rows))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One level of calls."""
        row = self.scroll_offset.y + y
        if row >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        segments: list[Segment] = []
        at = 0
        for box in self._rows[row]:
            segments.append(Segment(" " * (box.left - at)))
            segments.append(Segment(self._label(box), self._style(box.node)))
            at = box.left + box.width
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _label(self, box: Box) -> str:
        if box.width < 2:
            return "▏" * box.width
        name = plain_text(self._tree.nodes[box.node].name)
        room = box.width - 1
        change = self._changes.get(box.node, 0.0) if self.differs else 0.0
        if abs(change) > NOTABLE and cell_len(told := f"{name} {change:+.1%}") <= room:
            name = told
        if cell_len(name) > room:
            short = name.rpartition("::")[2].rpartition(".")[2]
            name = short if cell_len(short) <= room else set_cell_size(name, room - 1) + "…"
        return _edge(change) + set_cell_size(name, room)

    def _style(self, number: int) -> Style:
        node = self._tree.nodes[number]
        if number == self.cursor:
            return variable_style(self.app, "block-cursor-foreground", "block-cursor-background", bold=True)
        if number in self._matches:
            return variable_style(self.app, "text-warning", "warning-muted", bold=True)
        if self.differs:
            change = self._changes.get(number, 0.0)
            tone = "error" if change > NOTABLE else "success" if change < -NOTABLE else "primary"
            if abs(change) > NOTABLE:
                return variable_style(self.app, f"text-{tone}", f"{tone}-muted")
            return variable_style(self.app, "text-muted", "panel")
        if not node.bottleneck:
            return variable_style(self.app, "text-muted", "panel")
        level = 1 + min(HEAT_LEVELS - 1, int(node.own * HEAT_LEVELS / self._hottest))
        return variable_style(self.app, f"heat-{level}", "surface", bold=level > 2)

    @property
    def _hottest(self) -> float:
        return max((node.own for node in self._tree.nodes), default=0.0) + 1e-9

    # ------------------------------------------------------------------------------------------- moving

    def watch_cursor(self) -> None:
        """Keep the box in sight and tell."""
        node = self.current
        if node is None:
            return
        if not any(box.node == self.cursor for row in self._rows for box in row):
            self._zoom = self._tree.parents[self.cursor] if self._zoom >= 0 else self._zoom
            self._arrange()
        if node.depth < self.scroll_offset.y or node.depth >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=max(0, node.depth - self.size.height // 2), animate=False)
        self.refresh()
        self.post_message(self.Moved(node))

    def go_to(self, bottleneck: str) -> None:
        """To the largest box of a bottleneck, without telling."""
        current = self.current
        if current is not None and current.bottleneck == bottleneck:
            return
        found = [number for number, node in enumerate(self._tree.nodes) if node.bottleneck == bottleneck]
        if found:
            with self.prevent(self.Moved):
                self.cursor = max(found, key=lambda number: self._tree.nodes[number].share)

    def action_beside(self, by: int) -> None:
        """left, right: the boxes of the same level."""
        row = next((row for row in self._rows if any(box.node == self.cursor for box in row)), [])
        shown = [box.node for box in row]
        if self.cursor in shown:
            self.cursor = shown[max(0, min(shown.index(self.cursor) + by, len(shown) - 1))]

    def action_up(self) -> None:
        """up: the caller."""
        if self._tree.nodes and self._tree.parents[self.cursor] >= 0:
            self.cursor = self._tree.parents[self.cursor]

    def action_down(self) -> None:
        """down: the callee with the largest share."""
        if self._tree.nodes and (below := self._tree.children[self.cursor]):
            self.cursor = below[0]

    def action_first(self) -> None:
        """g: the outermost box."""
        self.cursor = self._zoom if self._zoom >= 0 else 0

    def action_zoom(self) -> None:
        """enter: into the box, or out again."""
        self._zoom = -1 if self._zoom == self.cursor else self.cursor
        self._arrange()

    def action_match(self, by: int) -> None:
        """n, N: to the next match, around the end."""
        if self._matches:
            ahead = [number for number in self._matches if (number - self.cursor) * by > 0]
            pick = (ahead[0] if by > 0 else ahead[-1]) if ahead else self._matches[0 if by > 0 else -1]
            self.cursor = pick

    def toggle_difference(self) -> bool:
        """Colours for the change against the profile before, or for heat; False when there is none before."""
        self.differs = not self.differs and bool(self._changes)
        self.refresh()
        return bool(self._changes)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; on its box it zooms."""
        place = event.get_content_offset_capture(self)
        row = self.scroll_offset.y + place.y
        for box in self._rows[row] if row < len(self._rows) else ():
            if box.left <= place.x < box.left + box.width:
                if box.node == self.cursor:
                    self.action_zoom()
                self.cursor = box.node


def _edge(change: float) -> str:
    """The left edge of a box: a colour alone is not seen by everyone."""
    return "▲" if change > NOTABLE else "▼" if change < -NOTABLE else "▏"
