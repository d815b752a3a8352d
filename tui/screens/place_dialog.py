"""Where an edit goes that has several places, or none exactly: each is shown as the diff that it would make."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.model import BaselineFile, Unapplied
from engine.protocol import PlaceOffered
from tui.plain_line import plain_line
from tui.screens.modal import Modal
from tui.widgets.diff_view import DiffView
from tui.widgets.keyed_list import KeyedList, ListRow

OUT = "0"
"""Id of the row that leaves the edit out; the other rows have their line's number."""
KEYS = "j k place · enter takes it · ctrl+d ctrl+u scroll the diff · esc"


class PlaceDialog(Modal[int | None]):
    """Answers with the line of the chosen place, 0 to leave the edit out, None on esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "cancel", id="place.out"),
        Binding("enter", "take", "take", id="place.take", priority=True, tooltip="Put the edit in this place"),
        Binding("ctrl+d,pagedown", "scroll(1)", "scroll", show=False, priority=True, id="place.down"),
        Binding("ctrl+u,pageup", "scroll(-1)", show=False, priority=True, id="place.up"),
    ]

    def __init__(
        self, item: Unapplied, offered: Sequence[PlaceOffered], files: Sequence[BaselineFile], count: int
    ) -> None:
        """`count` edits of the answer have no place yet, this one included."""
        super().__init__()
        self._item = item
        self._offered = {str(place.line): place for place in offered}
        self._files = tuple(file for file in files if file.path == item.file)
        self._count = count

    def compose(self) -> ComposeResult:
        """The reason, the places, and what the edit makes of the file at the one under the cursor."""
        with Vertical(classes="dialog place-dialog") as box:
            left = f", the first of {self._count} without a place" if self._count > 1 else ""
            box.border_title = Content(f"Edit {self._item.edit + 1} of the answer{left}")
            yield Static(plain_line(self._item.reason).text, markup=False)
            yield KeyedList(id="places")
            diff = DiffView(id="place-diff", classes="pane")
            diff.layout_choice = "unified"
            diff.can_focus = False
            yield diff
            yield Static(id="place-problem", markup=False)
            yield Static(KEYS, markup=False)

    def on_mount(self) -> None:
        """The first place is under the cursor."""
        self.query_one(KeyedList).show([*map(self._row, self._offered.values()), self._out()], "")
        self.query_one(KeyedList).highlighted = 0
        self.query_one(KeyedList).focus()

    def _row(self, place: PlaceOffered) -> ListRow:
        within = f"  in {plain_line(place.within).text}" if place.within else ""
        unlike = "" if self._item.fits else "  its lines differ from those that the LLM sought"
        name = plain_line(self._item.file).text
        return ListRow(str(place.line), Content.assemble((f"{name}:{place.line}", "bold"), within, (unlike, "dim")))

    def _out(self) -> ListRow:
        return ListRow(OUT, Content.assemble("leave it out", ("  the rest of the answer without this edit", "dim")))

    @on(KeyedList.OptionHighlighted)
    def _show(self) -> None:
        id = self.query_one(KeyedList).current
        place = self._offered.get(id)
        diff, problem = self.query_one(DiffView), self.query_one("#place-problem", Static)
        diff.show(id, self._files, place.hunks if place else ())
        diff.border_title = Content(f"{self._item.file}:{id}" if place else "nothing of this edit")
        problem.update(plain_line(place.problem).text if place else "")
        problem.display = bool(place and place.problem)

    def action_take(self) -> None:
        """enter: this place."""
        id = self.query_one(KeyedList).current
        if id:
            self.dismiss(int(id))

    @on(KeyedList.OptionSelected)
    def _double_click(self) -> None:
        self.action_take()

    def action_scroll(self, pages: int) -> None:
        """ctrl+d and ctrl+u: through the diff."""
        diff = self.query_one(DiffView)
        diff.scroll_relative(y=pages * max(1, diff.size.height // 2), animate=False)
