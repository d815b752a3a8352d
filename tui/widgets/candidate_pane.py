"""The pane of candidates: which of them it lists, and in which order, is the reader's choice."""

import asyncio
from collections.abc import Collection
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.state import State
from tui.widgets.candidate_list import SORTS, Choice, candidate_rows
from tui.widgets.keyed_list import KeyedList

GROWTH_SECONDS = 0.25
"""How often the rows of answers that stream are painted; all other rows at once."""


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

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._steady: object = None
        """All that the rows were last made of, but for what has come of the streams."""
        self._painted = 0.0
        self._later: asyncio.TimerHandle | None = None

    def show_candidates(self, state: State, marked: Collection[str], current: str) -> None:
        """Render the candidates, with the cursor on `current`; those that only grow a few times a second."""
        candidates = [item.id if item.state == "streaming" else item for item in state.candidates.values()]
        told = state.bottlenecks, state.prompts, state.evaluations
        steady = candidates, told, set(marked), self.choice, current
        if steady == self._steady and monotonic() < self._painted + GROWTH_SECONDS:
            if self._later is None:
                self._later = asyncio.get_running_loop().call_later(GROWTH_SECONDS, self._show_growth)
            return
        self._steady, self._painted = steady, monotonic()
        self.show(candidate_rows(state, marked, self.choice, current), current)
        words = [f"“{self.choice.needle}”"] if self.choice.needle else []
        words += [f"by {self.choice.sort}"] if self.choice.sort != "profile" else []
        words += [f"{len(marked)} marked" if marked else "space marks"]
        self.border_subtitle = " · ".join(words)

    def _show_growth(self) -> None:
        self._later = None
        if self.is_mounted:
            self.post_message(self.Changed())

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
