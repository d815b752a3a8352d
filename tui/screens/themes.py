"""Choosing a theme with the whole app as its preview."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.screens.modal import Modal


class ThemeDialog(Modal[str | None]):
    """The themes; the one under the cursor is shown at once, enter keeps it and esc goes back to the one before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "step_out", "back", id="themes.out"),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    def __init__(self, names: list[str], current: str) -> None:
        super().__init__()
        self._names = names
        self._before = current

    def compose(self) -> ComposeResult:
        """One list, small enough to see the app behind it."""
        with VerticalGroup(classes="dialog themes") as box:
            box.border_title = "Theme"
            box.border_subtitle = "enter keeps it, esc does not"
            yield OptionList(*(Option(name, name) for name in self._names))

    def on_mount(self) -> None:
        """Begin at the theme in use."""
        options = self.query_one(OptionList)
        options.highlighted = self._names.index(self._before) if self._before in self._names else 0
        options.focus()

    @on(OptionList.OptionHighlighted)
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        self.app.theme = str(event.option_id)

    @on(OptionList.OptionSelected)
    def _keep(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_step_out(self) -> None:
        """esc: as it was."""
        self.app.theme = self._before
        self.dismiss(None)

    def action_move(self, direction: str) -> None:
        """j and k move like the arrows."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if direction == "down" else options.action_cursor_up()
