"""The pane of candidates: which of them it lists, and in which order, is the reader's choice."""

from collections.abc import Collection
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.state import State
from tui.widgets.candidate_list import SORTS, Choice, candidate_rows
from tui.widgets.keyed_list import KeyedList


class CandidatePane(KeyedList):
    """Sorts, filters and folds; its parent renders it again when it says so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", id="candidates.filter", show=False,
                tooltip="List only some candidates"),
        Binding("greater_than_sign", "sort", "sort", key_display=">", id="candidates.sort", show=False,
                tooltip="Sort by gain, cost, time or size, or as they were asked"),
        Binding("equals_sign", "fold_alike", "alike", key_display="=", id="candidates.alike", show=False,
                tooltip="Fold candidates that propose the same, or list all"),
    ]  # fmt: skip

    class Changed(Message):
        """Other candidates are to be listed, or in another order."""

    class FilterAsked(Message):
        """The reader wants to name what is listed."""

    BORDER_TITLE = "candidates"
    choice = Choice()

    def show_candidates(self, state: State, marked: Collection[str], current: str) -> None:
        """Render the candidates, with the cursor on `current`."""
        self.show(candidate_rows(state, marked, self.choice, current), current)
        words = [f"“{self.choice.needle}”"] if self.choice.needle else []
        words += [f"by {self.choice.sort}"] if self.choice.sort != "profile" else []
        words += [f"{len(marked)} marked" if marked else "space marks"]
        self.border_subtitle = " · ".join(words)

    def filter_by(self, needle: str) -> None:
        """List only candidates that have these words; empty lists all."""
        self._choose(self.choice._replace(needle=needle))

    def action_filter(self) -> None:
        """/: list only some."""
        self.post_message(self.FilterAsked())

    def action_sort(self) -> None:
        """>: the next order."""
        self._choose(self.choice._replace(sort=SORTS[(SORTS.index(self.choice.sort) + 1) % len(SORTS)]))

    def action_fold_alike(self) -> None:
        """=: fold what is alike, or list all."""
        self._choose(self.choice._replace(folded=not self.choice.folded))

    def _choose(self, choice: Choice) -> None:
        self.choice = choice
        self.post_message(self.Changed())
