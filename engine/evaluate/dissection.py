"""What each hunk of a winning variant is worth: which ones to leave out next, and what the answers come to.

Each hunk is left out alone first. That misjudges hunks that interact: of two that make up for each other both look
like nothing, of two that need each other each looks like everything. So those that look like nothing are left out
together, and where that loses something, two by two; hunks that the rest does not work without are left out with those
that tell of the same new names; and where the hunks alone come to more than the whole gain, pairs of them are.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from engine.evaluate.statistics import UNBOUNDED
from engine.model import Estimate, Evaluation, Worth

MOST_PAIRS = 12
"""Pairs that are left out of one variant at most, for each of the three reasons."""

Left = frozenset[str]
"""Hunks that are left out."""


class Dissection:
    """The hunks of one variant, and what is known of leaving some of them out."""

    def __init__(
        self,
        hunks: Sequence[str],
        whole: Estimate,
        margin: float,
        kin: Iterable[Left] = (),
        known: Mapping[Left, Evaluation] = {},
    ) -> None:
        self._hunks = tuple(hunks)
        self._all = frozenset(hunks)
        self._whole = whole
        """Of the whole variant over the baseline."""
        self._margin = margin
        """Percent of loss that makes no difference."""
        self._kin = tuple(kin)
        """Pairs of hunks that tell of the same new names."""
        self._known = known

    def missing(self) -> list[Left]:
        """What to leave out next; empty when nothing more is to be learnt."""
        alone = self._unknown(frozenset({hunk}) for hunk in self._hunks)
        if alone:
            return alone
        idle = self._idle()
        together = [idle] if len(idle) > 1 else []
        if further := self._unknown([*together, *self._needing(), *self._entangled()]):
            return further
        if together and not self._loses_nothing(idle) and (pairs := self._unknown(self._pairs(idle))):
            return pairs
        return self._unknown([self._compatible()])

    def spare(self) -> Left:
        """The largest set found so far of hunks that can go together without a loss."""
        free = [left for left in self._known if self._loses_nothing(left)]
        return max(free, key=len, default=frozenset())

    def worths(self) -> tuple[Worth, ...]:
        """What is known of each hunk alone, in their order, then of those left out together."""
        order = {hunk: number for number, hunk in enumerate(self._hunks)}
        found = []
        for left in sorted(self._known, key=lambda left: (len(left), sorted(order[hunk] for hunk in left))):
            first, *rest = sorted(left, key=order.__getitem__)
            found.append(_worth(first, tuple(rest), self._known[left]))
        return tuple(found)

    # ------------------------------------------------------------------------------------------- inside

    def _unknown(self, wanted: Iterable[Left]) -> list[Left]:
        """Without what is known, and without what would leave nothing of the variant."""
        return [left for left in dict.fromkeys(wanted) if left and left != self._all and left not in self._known]

    def _idle(self) -> Left:
        return frozenset(hunk for hunk in self._hunks if self._loses_nothing(frozenset({hunk})))

    def _loses_nothing(self, left: Left) -> bool:
        found = self._known.get(left)
        if found is None or found.estimate is None or found.verdict is None:
            return False
        return found.verdict in ("faster", "equivalent", "inconclusive") and found.estimate.low > -self._margin

    def _needing(self) -> list[Left]:
        """With each hunk that the rest does not work without: those that tell of the same new names."""
        needed = {hunk for hunk in self._hunks if _fails(self._known[frozenset({hunk})])}
        return [pair for pair in self._kin if pair & needed][:MOST_PAIRS]

    def _entangled(self) -> list[Left]:
        """Pairs of those that count, when all save more time than the whole variant does: some save the same."""
        found = {hunk: self._known[frozenset({hunk})].estimate for hunk in self._hunks}
        saved = {hunk: -estimate.high / 100.0 for hunk, estimate in found.items() if estimate is not None}
        total = 1.0 / (1.0 - self._whole.high / 100.0) - 1.0 if self._whole.high < 100.0 else math.inf
        counting = [hunk for hunk, share in saved.items() if share > self._margin / 100.0]
        return self._pairs(counting) if math.fsum(saved.values()) > total else []

    def _pairs(self, hunks: Iterable[str]) -> list[Left]:
        kept = [hunk for hunk in self._hunks if hunk in set(hunks)]
        return [frozenset(pair) for pair in combinations(kept, 2)][:MOST_PAIRS]

    def _compatible(self) -> Left:
        """All that may go together: no two of the idle ones are known to lose something, and pairs lose nothing."""
        chosen: list[str] = []
        alike = self._loses_nothing(self._idle())
        for hunk in (hunk for hunk in self._hunks if hunk in self._idle()):
            if alike or all(self._loses_nothing(frozenset({hunk, other})) for other in chosen):
                chosen.append(hunk)
        return frozenset(chosen).union(*(pair for pair in self._needing() if self._loses_nothing(pair)))


def _fails(found: Evaluation) -> bool:
    return found.estimate is None and found.verdict not in (None, "inconclusive")


def _worth(hunk: str, together: tuple[str, ...], found: Evaluation) -> Worth:
    if found.estimate is None:
        return Worth(hunk=hunk, together=together, verdict=found.verdict, reason=found.reason)
    turned = msgspec.structs.replace(
        found.estimate,
        percent_improvement=_gain(found.estimate.percent_improvement),
        low=_gain(found.estimate.high),
        high=_gain(found.estimate.low),
    )
    verdict = {"faster": "slower", "slower": "faster"}.get(found.verdict or "", found.verdict)
    return Worth(hunk=hunk, together=together, estimate=turned, verdict=verdict)  # type: ignore[arg-type]


def _gain(loss: float) -> float:
    """%PI of the whole over the part, from %PI of the part over the whole: 1 - T / T' where loss is 1 - T' / T."""
    return UNBOUNDED if loss >= 100.0 else 100.0 - 100.0 / (1.0 - loss / 100.0)
