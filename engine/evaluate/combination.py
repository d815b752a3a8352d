"""The search for the best combination of what several candidates propose.

It begins with the best proven set of hunks. A greedy pass adds to it, best first, whatever does not conflict with what
is in; then, set by set and hunk by hunk, one is added or takes the place of those it conflicts with. Each step is
measured against the set that it would replace, in the same blocks of runs, and taken when it is proven faster. What
the search comes to was chosen for its figures, so these are too good: it is measured afresh, on new runs.
"""

from collections.abc import Iterable, Mapping, Sequence

from engine.model import Evaluation

Hunks = frozenset[str]


class Combination:
    """Proven sets of hunks, which of the hunks conflict, and what is known of steps from one set to another."""

    def __init__(
        self,
        sets: Sequence[Hunks],
        clashes: Iterable[Hunks],
        known: Mapping[tuple[Hunks, Hunks], Evaluation],
    ) -> None:
        self._sets = tuple(dict.fromkeys(sets))
        """The best first."""
        self._clashes = frozenset(clashes)
        """Pairs that cannot be written together."""
        self._known = known
        """By what was measured, and against what."""

    def course(self) -> tuple[Hunks, list[Hunks]]:
        """The best set so far, and what to measure against it next; nothing when the search is at its end."""
        best, been = self._sets[0], {self._sets[0]}
        while True:
            for options in (self._greedy(best), self._neighbours(best)):
                fresh = [item for item in dict.fromkeys(options) if item not in been]
                if missing := [item for item in fresh if (item, best) not in self._known]:
                    return best, missing
                steps = [item for item in fresh if self._known[item, best].verdict == "faster"]
                if steps:
                    break
            else:
                return best, []
            best = max(steps, key=lambda item: self._gain(item, best))
            been.add(best)

    def _gain(self, item: Hunks, against: Hunks) -> tuple[float, float]:
        found = self._known[item, against].estimate
        return (found.guaranteed, found.percent_improvement) if found else (0.0, 0.0)

    def _greedy(self, best: Hunks) -> list[Hunks]:
        made = best
        for each in self._sets:
            made = self._added(made, each)
        return [made]

    def _neighbours(self, best: Hunks) -> list[Hunks]:
        others = [each for each in self._sets if not each <= best]
        singles = [frozenset({hunk}) for each in others for hunk in sorted(each - best)]
        added = [self._added(best, each) for each in (*others, *singles)]
        swapped = [self._without_rivals(best, each) | each for each in (*others, *singles)]
        return [*added, *swapped]

    def _added(self, best: Hunks, more: Hunks) -> Hunks:
        """With the hunks of `more` that fit."""
        made = best
        for hunk in sorted(more - best):
            if not self._rivals(hunk, made):
                made |= {hunk}
        return made

    def _without_rivals(self, best: Hunks, wanted: Hunks) -> Hunks:
        return best - {rival for hunk in wanted for rival in self._rivals(hunk, best)}

    def _rivals(self, hunk: str, among: Hunks) -> Hunks:
        return frozenset(other for other in among if frozenset({hunk, other}) in self._clashes)
