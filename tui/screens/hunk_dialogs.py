"""What a person does to one hunk in detail: take single lines of it, split it, edit its new side, comment on it."""

from itertools import zip_longest
from typing import ClassVar, Literal, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalGroup
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from engine.model import Hunk
from tui.plain_line import plain_line
from tui.screens.modal import Modal
from tui.widgets.keyed_list import KeyedList, ListRow


class LineOfHunk(NamedTuple):
    """One removed or added line, in the row where the diff shows it."""

    row: int
    sign: Literal["-", "+"]
    text: str


class Taken(NamedTuple):
    """The new side that the chosen lines make."""

    new_lines: tuple[str, ...]


class SplitAt(NamedTuple):
    """How many rows the first piece has."""

    row: int


def lines_of(hunk: Hunk) -> tuple[LineOfHunk, ...]:
    """The lines of a hunk row by row, as they stand beside each other."""
    found = []
    for row, (old, new) in enumerate(zip_longest(hunk.old_lines, hunk.new_lines)):
        found += [LineOfHunk(row, "-", old)] if old is not None else []
        found += [LineOfHunk(row, "+", new)] if new is not None else []
    return tuple(found)


def taken(lines: tuple[LineOfHunk, ...], chosen: set[int]) -> tuple[str, ...]:
    """The new side when only the chosen lines are removed and added."""
    return tuple(line.text for at, line in enumerate(lines) if (line.sign == "+") == (at in chosen))


class LinesDialog(Modal[Taken | SplitAt | None]):
    """Every line of a hunk with a box: what is ticked is taken, and the hunk can be split above the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "cancel", id="lines.out"),
        Binding("space", "take_or_leave", "take or leave", id="lines.toggle", tooltip="Take the line, or leave it"),
        Binding("s", "split", "split above", id="lines.split", tooltip="Split the hunk above this line"),
        Binding("enter", "take", "take", id="lines.take", priority=True, tooltip="Keep only the ticked lines"),
    ]

    def __init__(self, hunk: Hunk) -> None:
        super().__init__()
        self._lines = lines_of(hunk)
        self._chosen = set(range(len(self._lines)))

    def compose(self) -> ComposeResult:
        """The list, and what the keys do."""
        with Vertical(classes="dialog hunk-dialog") as box:
            box.border_title = "Take single lines"
            yield KeyedList(id="hunk-lines")
            yield Static("space takes or leaves · s splits above the cursor · enter keeps it so · esc", markup=False)

    def on_mount(self) -> None:
        """The first line is under the cursor."""
        self._show("0")
        self.query_one(KeyedList).focus()

    def _show(self, current: str) -> None:
        styles = {"-": "$text-error", "+": "$text-success"}
        rows = [
            ListRow(
                str(at),
                Content.assemble(
                    "▣ " if at in self._chosen else "☐ ",
                    (f"{line.sign} {plain_line(line.text).text}", styles[line.sign]),
                ),
            )
            for at, line in enumerate(self._lines)
        ]
        self.query_one(KeyedList).show(rows, current)

    def action_take_or_leave(self) -> None:
        """space: take the line, or leave it, and go on."""
        at = int(self.query_one(KeyedList).current or 0)
        self._chosen ^= {at}
        self._show(str(min(at + 1, len(self._lines) - 1)))

    def action_split(self) -> None:
        """s: the rows above the cursor become a hunk of their own."""
        row = self._lines[int(self.query_one(KeyedList).current or 0)].row
        if row:
            self.dismiss(SplitAt(row))
        else:
            self.notify("Put the cursor below the first line: the hunk is split above it.", severity="warning")

    def action_take(self) -> None:
        """enter: only the ticked lines."""
        self.dismiss(Taken(taken(self._lines, self._chosen)))


class EditDialog(Modal[str | None]):
    """A text in an editor; answers with the text to keep."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave as it was", id="edit.out"),
        Binding("ctrl+s", "keep", "keep", id="edit.keep", tooltip="Keep this text"),
    ]

    def __init__(self, title: str, text: str, about: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._about = about

    def compose(self) -> ComposeResult:
        """One editor."""
        with Vertical(classes="dialog hunk-dialog") as box:
            box.border_title = Content(self._title)
            yield TextArea(self._text, compact=True, tab_behavior="indent", show_line_numbers=False)
            yield Static(self._about, markup=False)

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(TextArea).focus()

    def action_keep(self) -> None:
        """ctrl+s: keep the text."""
        self.dismiss(self.query_one(TextArea).text)


class TextDialog(Modal[str | None]):
    """One line of text: a comment, or what to look for; answers with it, and with None on esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "cancel", id="text.out")]

    def __init__(self, title: str, value: str = "") -> None:
        super().__init__()
        self._title = title
        self._value = value

    def compose(self) -> ComposeResult:
        """One field."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = self._title
            field = Input(self._value)
            field.border_subtitle = "enter keeps · esc cancels"
            yield field

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())
