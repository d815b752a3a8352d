"""A list of things to tick, under headings: marks that are told apart without colour, unlike SelectionList's."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class Tick(NamedTuple):
    """One thing to tick. Of a heading with `single` there is always exactly one; the others may be none or several."""

    heading: str
    value: str
    label: str
    single: bool = False


class TickList(OptionList):
    """Rows with ▣ and ☐, or ◉ and ○ where only one can be chosen; space or a click ticks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "tick", id="ticks.tick", tooltip="Tick the row, or not"),
        Binding("j", "cursor_down", show=False, id="ticks.down", tooltip="The row below"),
        Binding("k", "cursor_up", show=False, id="ticks.up", tooltip="The row above"),
        Binding("g", "first", show=False, id="ticks.first", tooltip="The first row"),
        Binding("G", "last", show=False, id="ticks.last", tooltip="The last row"),
    ]

    def __init__(self, rows: Sequence[Tick], ticked: Iterable[tuple[str, str]], *, idle: Iterable[str] = ()) -> None:
        """`ticked` are (heading, value); headings in `idle` cannot be ticked for now."""
        self._rows = tuple(rows)
        self._ticked = set(ticked)
        self._idle = frozenset(idle)
        super().__init__(*self._offered())

    def on_mount(self) -> None:
        """The cursor begins where the first tick is."""
        self.highlighted = next((at for at, option in enumerate(self.options) if self._is_ticked(option)), None)

    @property
    def current(self) -> Tick | None:
        """The row under the cursor."""
        option = self.highlighted_option
        return None if option is None else self._rows[int(option.id or 0)]

    def chosen(self, heading: str) -> tuple[str, ...]:
        """The ticked values under a heading, in the order of the rows."""
        return tuple(row.value for row in self._rows if row.heading == heading and row[:2] in self._ticked)

    def set_idle(self, headings: Iterable[str]) -> None:
        """What is under these headings counts for nothing now, and is shown so."""
        self._idle = frozenset(headings)
        place = self.highlighted
        self.set_options(self._offered())
        self.highlighted = place

    def _is_ticked(self, option: Option) -> bool:
        return option.id is not None and self._rows[int(option.id)][:2] in self._ticked

    @on(OptionList.OptionSelected)
    def _tick(self, event: OptionList.OptionSelected) -> None:
        row = self._rows[int(event.option_id or 0)]
        mark = row[:2]
        if row.single:
            self._ticked -= {other[:2] for other in self._rows if other.heading == row.heading}
            self._ticked.add(mark)
        else:
            self._ticked ^= {mark}
        self.set_idle(self._idle)

    def _offered(self) -> Iterator[Option]:
        heading = ""
        for at, row in enumerate(self._rows):
            if row.heading != heading:
                heading = row.heading
                yield Option(Content.styled(heading, "bold"), disabled=True)
            on, off = ("◉", "○") if row.single else ("▣", "☐")
            mark = on if row[:2] in self._ticked else off
            yield Option(Content(f" {mark} {row.label}"), str(at), disabled=heading in self._idle)
