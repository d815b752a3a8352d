"""Help for the screen that is shown: its keys, from its own bindings."""

from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    """The keys that work on a screen, focused pane first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "close", id="help.close"),
        Binding("j", "scroll_help(2)", show=False),
        Binding("k", "scroll_help(-2)", show=False),
    ]

    def __init__(self, explained: Screen[None]) -> None:
        super().__init__()
        self._explained = explained

    def compose(self) -> ComposeResult:
        """A table of keys."""
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for active in self._explained.active_bindings.values():
            binding = active.binding
            if binding.description and not binding.system:
                key = self.app.get_key_display(binding)
                table.add_row(key, binding.description, binding.tooltip)
        with VerticalScroll(classes="dialog"):
            yield Static(f"{self._explained.TITLE}: the keys that work here", classes="heading")
            yield Static(table)
            yield Static("\n1 … 5 go to a stage · ctrl+p every command · tab next pane · esc steps out")

    def action_scroll_help(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
