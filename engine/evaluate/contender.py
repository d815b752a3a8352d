"""A variant on its way to a verdict, and how a person has a say in that from outside."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from engine.evaluate.arm import Arm
from engine.evaluate.statistics import Metric
from engine.model import Measurement, Objective, Search

T = TypeVar("T")
Files = Mapping[str, bytes | None]
"""Whole files by path; None for one that goes."""


class Withdrawn(Exception):
    """The contender was taken out while something ran for it."""


class Contender:
    """A variant on its way to a verdict. Whoever holds it may pin, drop or withdraw it at any time."""

    def __init__(
        self,
        id: str,
        title: str,
        changes: Files,
        objective: Objective,
        *,
        measured: Sequence[Measurement] = (),
        family: int = 1,
        rivals: str = "",
        pinned: bool = False,
        search: Search = "",
        against: Files | None = None,
        most_pairs: int = 0,
    ) -> None:
        self.id = id
        self.title = title
        self.changes = changes
        """Whole files, by path; None for one that goes."""
        self.objective = objective
        self.taken = list(measured)
        """All runs so far, those of earlier sessions included."""
        self.family = family
        self.rivals = rivals
        self.pinned = pinned
        self.search: Search = search
        self.against = against
        """Whole files of the variant that it is compared with; None for the project as it is."""
        self.opponent: Arm | None = None
        """The arm of that variant, once it is open."""
        self.most_pairs = most_pairs
        """It is measured for at most this many pairs; 0 for as many as are configured."""
        self.dropped = False
        """Ended by hand: it gets the verdict that its runs allow."""
        self.withdrawn = False
        """Taken out without a verdict."""
        self.metric: Metric = "wall"
        self.begun = False
        """Whether it has been measured in this race."""
        self.runs: dict[int, Measurement] = {}
        """Its own runs of this race, by block, without the first one."""
        self.next_pair = max((item.pair for item in measured), default=-1) + 1
        self.arm: Arm | None = None
        self._under_way: asyncio.Future[object] | None = None

    def drop(self) -> None:
        """End it with the verdict that its runs allow by now."""
        self.dropped = True
        self._interrupt()

    def withdraw(self) -> None:
        """Take it out without a verdict."""
        self.withdrawn = True
        self._interrupt()

    async def under_way(self, work: Awaitable[T]) -> T:
        """The result of `work`, which is ended at once when the contender is dropped or withdrawn.

        Raises:
            Withdrawn: when it was.
        """
        doing: asyncio.Future[T] = asyncio.ensure_future(work)
        self._under_way = doing  # type: ignore[assignment]
        if self.withdrawn or self.dropped:
            doing.cancel()
        try:
            return await doing
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if (self.withdrawn or self.dropped) and me is not None and not me.cancelling():
                raise Withdrawn from None
            raise
        finally:
            self._under_way = None

    def _interrupt(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()
