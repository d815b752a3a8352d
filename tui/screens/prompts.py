"""Stage 2: what each LLM is asked."""

from textual.app import ComposeResult
from textual.widgets import Static

from tui.screens.stage import StageScreen
from tui.state import State


class PromptsScreen(StageScreen):
    """Prompts."""

    STAGE = 2
    TITLE = "Prompts"

    def compose_stage(self) -> ComposeResult:
        yield Static("", id="todo")

    def render_state(self, state: State) -> None:
        self.query_one("#todo", Static).update(str(state.n))
