"""A list whose rows have ids: it can be rendered again and again without losing the place."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class ListRow(NamedTuple):
    """One row; a heading has no id and cannot be chosen."""

    id: str
    content: Content


class KeyedList(OptionList):
    """Rows are replaced in place; the cursor stays on its id."""

    DEFAULT_CSS = """
    KeyedList {
        text-wrap: nowrap;
        text-overflow: ellipsis;
        padding: 0;
        height: 1fr;
        background: $background;
        &:focus { background-tint: $background 0%; }
        & > .option-list--option { padding: 0; }
        & > .option-list--option-disabled { color: $text-muted; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False, id="list.down"),
        Binding("k", "cursor_up", "up", show=False, id="list.up"),
        Binding("g", "first", "first", show=False, id="list.first"),
        Binding("G", "last", "last", show=False, id="list.last"),
        Binding("ctrl+d", "page_down", "page down", show=False, id="list.page_down"),
        Binding("ctrl+u", "page_up", "page up", show=False, id="list.page_up"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._rows: list[ListRow] = []

    @property
    def current(self) -> str:
        """Id of the row under the cursor, or nothing."""
        option = self.highlighted_option
        return option.id or "" if option else ""

    @property
    def ids(self) -> list[str]:
        """Ids of the rows that can be chosen, in order."""
        return [row.id for row in self._rows if row.id]

    def on_click(self, event: events.Click) -> None:
        """A click chooses the row; only a double click goes into it, as enter does."""
        index = event.style.meta.get("option")
        if event.chain < 2 and index is not None:
            event.prevent_default()
            if not self.get_option_at_index(index).disabled:
                self.highlighted = index

    def show(self, rows: Sequence[ListRow], current: str) -> None:
        """Render `rows`, with the cursor on the row of id `current`."""
        if [row.id for row in rows] == [row.id for row in self._rows]:
            for index, (old, new) in enumerate(zip(self._rows, rows, strict=True)):
                if old.content != new.content:
                    self.replace_option_prompt_at_index(index, new.content)
        else:
            top = self.scroll_offset.y
            with self.prevent(OptionList.OptionHighlighted):
                self.set_options([Option(row.content, row.id or None, disabled=not row.id) for row in rows])
            self.scroll_to(y=top, animate=False)
        self._rows = list(rows)
        self.go_to(current)

    def go_to(self, id: str) -> None:
        """Put the cursor on the row of that id, if there is one."""
        if id and id != self.current and id in self.ids:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = self.get_option_index(id)
