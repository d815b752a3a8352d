"""Stage 1: where the time goes."""

from textual.app import ComposeResult
from textual.widgets import Static

from tui.screens.stage import StageScreen
from tui.state import State


class ProfileScreen(StageScreen):
    """Bottlenecks beside their source."""

    STAGE = 1
    TITLE = "Profile"

    def compose_stage(self) -> ComposeResult:
        yield Static("", id="todo")

    def render_state(self, state: State) -> None:
        self.query_one("#todo", Static).update(str(state.n))
