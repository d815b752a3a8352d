"""What the profile screen asks: which files to import."""

import shlex
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import Input, Static

from tui.screens.modal import Modal

ABOUT = (
    "What a profiler wrote: pstats, speedscope, collapsed stacks, perf script, callgrind, gprof, pprof, scalene,\n"
    "pyinstrument or VTune's CSV; the format is found by the content. Several files are added up."
)


class ImportDialog(Modal[tuple[str, ...] | None]):
    """The paths of profiles, quoted as in a shell where they have blanks; answers None on esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "cancel", id="import.leave")]

    def compose(self) -> ComposeResult:
        """What can be read, above the path."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = "Import a profile"
            box.border_subtitle = "enter imports · esc does not"
            yield Static(ABOUT, markup=False)
            yield Input(placeholder="path of the file, from the project's folder", id="import-path")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            files = tuple(shlex.split(event.value))
        except ValueError:
            files = (event.value.strip(),)
        if files:
            self.dismiss(files)

    def action_leave(self) -> None:
        """esc: nothing is imported."""
        self.dismiss(None)
