"""All answers at once: up to eight candidates in a grid while they stream, or as tabs where a grid has no room."""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.protocol import Cancel
from tui import verbs
from tui.screens.stage import LiveScreen
from tui.state import State
from tui.widgets.diff_view import DiffView
from tui.widgets.footer import Footer
from tui.widgets.stream_pane import StreamPane, title_of

MOST = 8
"""Panes; more would be too small to read."""
LEAST_WIDTH, LEAST_HEIGHT = 56, 8
PANE_SECONDS = 1 / 15
"""At least so long from the painting of one pane to that of the next."""
BEST_WIDTH = 90
"""Cells in which most lines of code fit, with their numbers."""


class StreamsScreen(LiveScreen):
    """A pane for each answer; one is painted at a time, so that eight streams do not slow a key."""

    TITLE = "All answers"
    CSS_PATH = "../styles/streams.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "go(1)", "next", key_display=".", id="streams.next", tooltip="The next answer"),
        Binding("comma", "go(-1)", "previous", key_display=",", id="streams.previous", tooltip="The one before"),
        Binding("tab", "go(1)", show=False),
        Binding("shift+tab", "go(-1)", show=False),
        Binding("enter", "read", "read", id="streams.read", tooltip="Read it by itself and decide on its hunks"),
        Binding("n", "hunk(1)", "next hunk", id="streams.next_hunk", tooltip="Next hunk"),
        Binding("N", "hunk(-1)", "previous hunk", show=False, id="streams.previous_hunk", tooltip="Previous hunk"),
        Binding("z", "tabs", "grid or tabs", id="streams.tabs", tooltip="One answer over the whole screen, or all"),
        Binding("x", "cancel", "cancel", id="streams.cancel", tooltip="Cancel this answer"),
        Binding("escape", "dismiss", "back", id="streams.close", tooltip="Back to the diffs"),
        Binding("V,q", "dismiss", show=False),
    ]

    def __init__(self, read: Callable[[str], None]) -> None:
        """`read` is called with the candidate that is to be read by itself."""
        super().__init__()
        self._read = read
        self._shown: list[str] = []
        """Ids of the candidates in the panes; a pane keeps its candidate."""
        self._told = Content("")
        self._turn = 0
        self._painted = 0.0
        self._current = 0
        self._tabs = False
        """Whether the person wants one answer at a time."""

    def compose(self) -> ComposeResult:
        """Tabs over the panes."""
        yield Static(id="stream-tabs", markup=False)
        with Grid(id="streams"):
            for _ in range(MOST):
                yield StreamPane()
        yield Footer()

    def on_mount(self) -> None:
        """The answer that was read stays the current one."""
        self._choose(self.mpco.state)
        if self.mpco.current_candidate in self._shown:
            self._current = self._shown.index(self.mpco.current_candidate)
        for id, pane in zip(self._shown, self._panes, strict=False):
            pane.show(self.mpco.state, self.mpco.state.candidates[id])
        self._arrange()
        self.show(self.mpco.state)
        self.call_after_refresh(self._focus)

    def on_resize(self, event: events.Resize) -> None:
        """Another size, perhaps another arrangement."""
        self._arrange()

    @property
    def _panes(self) -> list[StreamPane]:
        return list(self.query(StreamPane))

    # --------------------------------------------------------------------------------------------- state

    def show(self, state: State) -> None:
        """Paint the next pane that has something new, and come back for the others."""
        if self._choose(state):
            self._arrange()
        panes = self._panes
        behind = [n for n, id in enumerate(self._shown) if panes[n].candidate is not state.candidates[id]]
        if behind and monotonic() - self._painted > PANE_SECONDS:
            self._painted = monotonic()
            due = next((n for n in behind if n >= self._turn), behind[0])
            panes[due].show(state, state.candidates[self._shown[due]])
            self._turn = due + 1
        if behind:
            self.mpco.repaint(growth=True)
        self._show_tabs(state)
        self.query_one(Footer).show(state, self.mpco.sentence)

    def on_key(self) -> None:
        """What a key does comes before the next pane."""
        self._painted = monotonic()

    def _choose(self, state: State) -> bool:
        """Every stream gets a pane, in place of one that has ended where there is no other; whether that is news."""
        before = tuple(self._shown)
        if not self._shown:
            newest = verbs.newest_candidates(state, self.mpco.current_bottleneck) or tuple(state.candidates.values())
            self._shown = [item.id for item in newest][-MOST:]
        for item in state.candidates.values():
            if item.state == "streaming" and item.id not in self._shown:
                ended = [n for n, id in enumerate(self._shown) if state.candidates[id].state != "streaming"]
                if len(self._shown) < MOST:
                    self._shown.append(item.id)
                elif ended:
                    self._shown[ended[0]] = item.id
        return tuple(self._shown) != before

    def _show_tabs(self, state: State) -> None:
        streaming = [item.id for item in state.candidates.values() if item.state == "streaming"]
        hidden = len([id for id in streaming if id not in self._shown])
        names = [Content.assemble(" ", title_of(state, state.candidates[id]), " ") for id in self._shown]
        first = self._current if sum(name.cell_length + 1 for name in names) + 24 > self.size.width else 0
        shown = [name.stylize("reverse" if n == self._current else "") for n, name in enumerate(names)][first:]
        counts = f"{self._current + 1}/{len(names)}, {len(streaming)} streaming" + (f", {hidden} hidden" * bool(hidden))
        tabs = Content.assemble((f"{counts}  ", "dim"), "… │" if first else "", Content("│").join(shown))
        if tabs != self._told:
            self._told = tabs
            self.query_one("#stream-tabs", Static).update(tabs, layout=False)

    # --------------------------------------------------------------------------------------------- moving

    def _arrange(self) -> None:
        """As many columns as the panes can be read in, else one pane by itself."""
        columns = 0 if self._tabs else best_columns(len(self._shown), self.size.width, self.size.height - 2)
        self.query_one("#streams").styles.grid_size_columns = columns or 1
        for n, pane in enumerate(self._panes):
            pane.display = n < len(self._shown) and (columns > 0 or n == self._current)
            pane.set_class(n == self._current, "-current")

    def _focus(self) -> None:
        self._panes[self._current].view.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click chooses a pane as well."""
        node: Widget = event.widget
        pane = next((item for item in node.ancestors if isinstance(item, StreamPane)), None)
        if pane is not None and self._panes.index(pane) != self._current:
            self._current = self._panes.index(pane)
            self._arrange()
            self._show_tabs(self.mpco.state)

    def action_go(self, step: int) -> None:
        """. and ,: the next and previous answer, round and round."""
        if self._shown:
            self._current = (self._current + step) % len(self._shown)
            self._arrange()
            self._show_tabs(self.mpco.state)
            self._focus()

    def action_hunk(self, step: int) -> None:
        """n and N: the next and previous hunk of the current answer."""
        view = self._panes[self._current].view
        if not isinstance(view, DiffView) or not view.go_by(step):
            self.mpco.say("There is no further hunk here; . goes to the next answer.")

    def action_tabs(self) -> None:
        """z: one answer by itself, or all in the grid."""
        self._tabs = not self._tabs
        self._arrange()
        if not self._tabs and not best_columns(len(self._shown), self.size.width, self.size.height - 2):
            self.mpco.say("There is no room for a grid here; . goes through the answers.")

    def action_cancel(self) -> None:
        """x: cancel the stream of the current answer."""
        id = self._shown[self._current] if self._shown else ""
        job = next((job for job in self.mpco.state.live_jobs if job.subject == id), None)
        if job is None:
            self.mpco.say("This answer does not stream any more; there is nothing to cancel.", "warning")
        else:
            self.mpco.perform(Cancel(job=job.id), lambda _: self.mpco.say(f"Cancelled: {job.title}."))

    def action_read(self) -> None:
        """enter: the current answer by itself, on the stage below."""
        self.dismiss()
        if self._shown:
            self._read(self._shown[self._current])


def best_columns(panes: int, width: int, height: int) -> int:
    """How many columns: no empty place, and lines about as wide as code is; 0 when there is room for one pane only."""
    fitting = []
    for columns in range(1, panes + 1):
        rows = -(-panes // columns)
        if width // columns >= LEAST_WIDTH and height // rows >= LEAST_HEIGHT:
            fitting.append((columns * rows - panes, abs(width // columns - BEST_WIDTH), columns))
    return min(fitting)[2] if fitting else 0
