"""The ranked table of bottlenecks, with the unmapped time below."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.binding import Binding, BindingType

from engine.model import Bottleneck, Profile, Unmapped
from tui.widgets.bars import bar, count, percent
from tui.widgets.cursor_list import CursorList, Row

FIGURE = 7
"""Cells of one column of figures, the gap before it included."""
LEAST_BAR, MOST_BAR = 4, 24
PLACE_FROM, TOTAL_FROM, ADDRESSABLE_FROM, CALLS_FROM = 52, 66, 73, 84
"""Widths from which a column is shown."""


class Columns(NamedTuple):
    """How wide the columns are in cells; 0 where one is left out."""

    function: int
    place: int
    bar: int
    addressable: int
    total: int
    calls: int


def columns(width: int, functions: Iterable[str] = (), places: Iterable[str] = ()) -> Columns:
    """The columns that fit into `width`; names get what they need, the bar what is left."""
    total = FIGURE if width >= TOTAL_FROM else 0
    addressable = FIGURE if width >= ADDRESSABLE_FROM else 0
    calls = FIGURE if width >= CALLS_FROM else 0
    room = width - 2 - FIGURE - 1 - LEAST_BAR - addressable - total - calls
    needed = max(map(cell_len, functions), default=8) + 1
    function = max(8, min(needed, room * 3 // 5 if width >= PLACE_FROM else room))
    place = min(max(map(cell_len, places), default=0) + 1, room - function) if width >= PLACE_FROM else 0
    bar = min(MOST_BAR, max(LEAST_BAR, room - function - place + LEAST_BAR))
    return Columns(function, place, bar, addressable, total, calls)


class BottleneckTable(CursorList):
    """One row for each bottleneck that the filter lets through, then the unmapped ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "screen.mark", "mark", id="profile.mark", tooltip="Mark for the verbs, or unmark"),
        Binding("enter", "screen.enter_source", "source", id="profile.source", tooltip="Go into the source"),
        Binding(
            "slash", "screen.filter", "filter", key_display="/", id="profile.filter", tooltip="Filter by name or file"
        ),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.shown: tuple[Bottleneck, ...] = ()
        self._unmapped: tuple[Unmapped, ...] = ()
        self._filter = ""
        self._largest = 1.0
        self._columns_of: dict[int, Columns] = {}
        """The columns by the list's width: they depend on every row."""
        self._searched: tuple[tuple[Bottleneck, ...], list[str]] = ((), [])
        self._given = ""
        """The current bottleneck at the last `show`: the cursor moves only when somebody else has moved it."""

    @property
    def current(self) -> Bottleneck | None:
        """The bottleneck under the cursor; None on unmapped time."""
        return self.shown[self.cursor] if self.cursor < len(self.shown) else None

    def show(self, profile: Profile | None, filter: str, current: str) -> None:
        """Render the profile, with the cursor on the bottleneck of id `current` where it is shown."""
        items = profile.bottlenecks if profile else ()
        unmapped = profile.unmapped if profile and not filter else ()
        shown = self._matching(items, filter.lower()) if filter else items
        wanted = current if current != self._given else ""
        if (shown, unmapped, filter) != (self.shown, self._unmapped, self._filter):
            wanted = wanted or (self.current.id if self.current else current)
            self.shown, self._unmapped, self._filter = shown, unmapped, filter
            self._largest = max((_ranked_by(item) for item in shown), default=0.0) or 1.0
            self._columns_of.clear()
            self.show_rows(len(shown) + len(unmapped))
        self._given = current
        self.cursor = next((index for index, item in enumerate(shown) if item.id == wanted), self.cursor)

    def heads(self, width: int) -> str:
        """The line above the table: what each column is."""
        fit = self._columns(width)
        place = set_cell_size("place", fit.place)
        line = f"  {set_cell_size('function', fit.function)}{place}{'self':>{FIGURE}} {'':{fit.bar}}"
        figures = (("+libs", fit.addressable), ("total", fit.total), ("calls", fit.calls))
        return line + "".join(f"{name:>{cells}}" for name, cells in figures if cells)

    def row(self, index: int, width: int) -> Row:
        """One bottleneck, or time that is not the project's."""
        fit = self._columns(width)
        if index < len(self.shown):
            return self._bottleneck_row(self.shown[index], fit)
        return self._unmapped_row(self._unmapped[index - len(self.shown)], fit)

    def _columns(self, width: int) -> Columns:
        if width not in self._columns_of:
            names, places = (item.function for item in self.shown), (item.place for item in self.shown)
            self._columns_of[width] = columns(width, names, places)
        return self._columns_of[width]

    def _matching(self, items: tuple[Bottleneck, ...], text: str) -> tuple[Bottleneck, ...]:
        if self._searched[0] is not items:
            self._searched = items, [f"{item.function} {item.place}".lower() for item in items]
        return tuple(item for item, words in zip(items, self._searched[1], strict=True) if text in words)

    def _bottleneck_row(self, item: Bottleneck, fit: Columns) -> Row:
        plain, muted = Style(), self.colour("text-muted")
        mark = self.colour("success", bold=True) if item.marked else muted
        yield ("▣ " if item.marked else "☐ ", mark)
        yield (_fitted(item.function, fit.function), Style(bold=item.marked or None))
        if fit.place:
            yield (_fitted(item.place, fit.place, keep_end=True), muted)
        yield (f"{percent(item.self_share):>{FIGURE}} ", plain)
        yield (self._bar(item, fit.bar), self.colour("primary"))
        if fit.addressable:
            yield (f"{percent(_ranked_by(item)):>{fit.addressable}}", plain)
        if fit.total:
            yield (f"{percent(item.total_share):>{fit.total}}", plain)
        if fit.calls:
            yield (f"{count(item.calls):>{fit.calls}}", plain)

    def _bar(self, item: Bottleneck, width: int) -> str:
        """Addressable time, by which the rows are ranked: its own solid, that of outside code which it calls not."""
        own = bar(item.self_share / self._largest, width).rstrip()
        whole = bar(_ranked_by(item) / self._largest, width).rstrip()
        return (own + "░" * (len(whole) - len(own))).ljust(width)

    def _unmapped_row(self, item: Unmapped, fit: Columns) -> Row:
        muted = self.colour("text-muted")
        yield ("⊘ ", muted)
        yield (_fitted(f"not mapped: {item.name}", fit.function + fit.place), muted)
        yield (f"{percent(item.share):>{FIGURE}}", muted)


def _ranked_by(item: Bottleneck) -> float:
    return max(item.self_share, item.addressable_share)


def _fitted(text: str, width: int, *, keep_end: bool = False) -> str:
    """`text` in exactly `width` cells, the last one blank; `…` stands for what is left out."""
    room = width - 1
    if cell_len(text) <= room:
        return set_cell_size(text, width)
    if keep_end:
        while cell_len(text) > room - 1:
            text = text[1:]
        return set_cell_size(f"…{text}", width)
    return f"{set_cell_size(text, room - 1)}… "
