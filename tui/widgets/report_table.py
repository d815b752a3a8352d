"""A table that is rendered again and again: cells change in place, the cursor stays on its row."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable


class ReportTable(DataTable[Text]):
    """Rows with keys, columns of plain text; figures are set right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False, id="table.down"),
        Binding("k", "cursor_up", "up", show=False, id="table.up"),
        Binding("g", "scroll_top", "top", show=False, id="table.top"),
        Binding("G", "scroll_bottom", "bottom", show=False, id="table.bottom"),
        Binding("h", "scroll_left", "left", show=False, id="table.left"),
        Binding("l", "scroll_right", "right", show=False, id="table.right"),
        Binding("ctrl+d", "page_down", "page down", show=False, id="table.page_down"),
        Binding("ctrl+u", "page_up", "page up", show=False, id="table.page_up"),
    ]

    def __init__(self, columns: Sequence[str], figures: Sequence[str], *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes, cursor_type="row", zebra_stripes=False, show_cursor=True)
        self._titles = tuple(columns)
        self._right = frozenset(figures)
        self._shown: list[tuple[str, tuple[str, ...]]] = []

    def on_mount(self) -> None:
        """The columns never change."""
        for title in self._titles:
            self.add_column(self._cell(title, title), key=title, width=cell_len(title))

    def show(self, rows: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """Render `rows` of (key, cells)."""
        rows = list(rows)
        if rows == self._shown:
            return
        self._fit([cells for _, cells in rows])
        if [key for key, _ in rows] == [key for key, _ in self._shown]:
            for (key, cells), (_, before) in zip(rows, self._shown, strict=True):
                for title, cell, old in zip(self._titles, cells, before, strict=True):
                    if cell != old:
                        self.update_cell(key, title, self._cell(title, cell), update_width=True)
        else:
            current = self.current
            self.clear()
            for key, cells in rows:
                self.add_row(*(self._cell(t, c) for t, c in zip(self._titles, cells, strict=True)), key=key)
            keys = [key for key, _ in rows]
            if current in keys:
                self.move_cursor(row=keys.index(current), animate=False)
        self._shown = rows

    def _fit(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Set the widths before the cells: DataTable measures later, and keeps what was painted in between."""
        for place, column in enumerate(self.ordered_columns):
            column.width = max(cell_len(text) for text in (self._titles[place], *(cells[place] for cells in rows)))

    def _cell(self, title: str, text: str) -> Text:
        return Text(text, justify="right" if title in self._right else "left", no_wrap=True)

    @property
    def current(self) -> str:
        """Key of the row under the cursor, or nothing."""
        return self._shown[self.cursor_row][0] if 0 <= self.cursor_row < len(self._shown) else ""
