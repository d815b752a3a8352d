"""A tree of stacks -> what each function, call and line has of it, a recursion counted once.

The tree can have hundreds of thousands of nodes, so all is done for all nodes at once, by arrays. What lies inside of
what is told by places in preorder: a node begins at `start`, and everything below it lies before `end`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.profile.frames import Frame
from engine.profile.places import DRIVER, INTERPRETER
from engine.profile.tally import Tally

LEAST_FLAME = 0.0001
"""Share of the tree below which a stack's end is not shown in a flame graph of its own."""

Numbers = NDArray[np.int64]
Costs = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Walk:
    """The tree, with the owners of its frames as small numbers.

    `numbers[n]` is the position in `frames` of node n, `parents[n]` the node it was called from (always a smaller
    one; 0 is the root) and `weights[n]` what was seen with n on top.
    """

    def __init__(
        self,
        tally: Tally,
        frames: Sequence[Frame],
        parents: Sequence[int],
        numbers: Sequence[int],
        weights: Sequence[float],
    ) -> None:
        self._tally = tally
        owners = tally.places.owners(frames)
        self._names = list(dict.fromkeys(owners))
        places = {owner: number for number, owner in enumerate(self._names)}
        number = np.asarray(numbers, np.int64)
        self._parents = np.asarray(parents, np.int64)
        self._weights = np.asarray(weights, np.float64)
        self._owner = np.array([places[owner] for owner in owners], np.int64)[number]
        self._owner[0] = -1
        lines = [frame.line if owner.file else 0 for frame, owner in zip(frames, owners, strict=True)]
        self._line = np.array(lines, np.int64)[number]
        self._in_project = np.array([*(owner.in_project for owner in self._names), False])
        self._totals, self._start, self._end = _intervals(self._parents.tolist(), self._weights.tolist())
        self._give_interpreters_time_away()

    def _give_interpreters_time_away(self) -> None:
        """The frames of an interpreter's loop are those of the function that called it."""
        inherits = np.array([*(owner.group == INTERPRETER for owner in self._names), False])
        lent = inherits[self._owner] & (self._parents != 0)
        self._owner = self._owner[self._nearest(~lent)]
        self._line[lent] = 0

    def run(self) -> None:
        """Count everything, then hand the sums over."""
        outermost = self._outermost(self._owner, self._start, self._end)
        outermost[0] = False
        owns = self._by_owner(self._owner[1:], self._weights[1:])
        totals = self._by_owner(self._owner[outermost], self._totals[outermost])
        user = self._owner[self._nearest(self._in_project[self._owner])]
        shares = self._by_owner(user[user >= 0], self._weights[user >= 0])
        for number, owner in enumerate(self._names):
            if totals[number] or owns[number]:
                sums = self._tally.sums[owner]
                sums.own += owns[number]
                sums.total += totals[number]
                sums.addressable += shares[number]
        self._count_calls()
        self._count_heat(outermost)
        self._draw()

    def _by_owner(self, owners: Numbers, costs: Costs) -> list[float]:
        found: list[float] = np.bincount(owners, costs, len(self._names)).tolist()
        return found

    def _nearest(self, wanted: Flags) -> Numbers:
        """Of each node, itself or the nearest node above it that is `wanted`; the root where there is none."""
        above = np.where(wanted, np.arange(len(wanted)), self._parents)
        while True:
            higher = above[above]
            if np.array_equal(higher, above):
                return above
            above = higher

    def _outermost(self, group: Numbers, start: Numbers, end: Numbers) -> Flags:
        """Which nodes have none of their own group above them.

        In the order of their starts, a node lies in an earlier one of its group if any of those ends behind its start.
        """
        base = group * (len(self._parents) + 1)
        order = np.argsort(base + start)
        reach = np.maximum.accumulate((base + end)[order])
        found = np.ones(len(group), np.bool_)
        found[order[1:]] = reach[:-1] <= (base + start)[order[1:]]
        return found

    def _count_calls(self) -> None:
        caller = self._owner[self._parents]
        calls = np.flatnonzero((caller != self._owner) & (caller >= 0))
        edge = caller[calls] * len(self._names) + self._owner[calls]
        first = self._outermost(edge, self._start[calls], self._end[calls])
        for pair, total in _summed(edge[first], self._totals[calls[first]]):
            by, of = divmod(pair, len(self._names))
            self._tally.count_call(self._names[by], self._names[of], total)

    def _count_heat(self, outermost: Flags) -> None:
        """Each line with what it calls; what a line has called itself is taken from the line of that call."""
        ours = self._in_project[self._owner]
        inner = np.flatnonzero(ours & ~outermost)
        outer = self._enclosing(np.flatnonzero(ours & np.isin(self._owner, self._owner[inner])), inner)
        counted = np.flatnonzero(ours)
        nodes, lines = np.concatenate([counted, inner]), np.concatenate([self._line[counted], self._line[outer]])
        costs = np.concatenate([self._totals[counted], -self._totals[inner]])
        for place, total in _summed(self._owner[nodes] << 32 | lines, costs):
            if place & 0xFFFFFFFF:
                self._tally.heat[self._names[place >> 32]][place & 0xFFFFFFFF] += total

    def _enclosing(self, nodes: Numbers, inner: Numbers) -> Numbers:
        """The nearest node of the same owner around each of the `inner`; gives its line to those without one."""
        order = nodes[np.lexsort((self._start[nodes], self._owner[nodes]))].tolist()
        owner, start, end, line = (column.tolist() for column in (self._owner, self._start, self._end, self._line))
        around: dict[int, int] = {}
        opened: list[int] = []
        for node in order:
            while opened and (owner[opened[-1]] != owner[node] or end[opened[-1]] <= start[node]):
                opened.pop()
            if opened:
                around[node] = opened[-1]
                self._line[node] = line[node] = line[node] or line[opened[-1]]
            opened.append(node)
        return np.array([around[node] for node in inner.tolist()], np.int64)

    def _draw(self) -> None:
        """Add to the flame graph; what has no box of its own is part of that around it."""
        flame = self._tally.flame
        hidden = np.array([*(owner.group == DRIVER for owner in self._names), False])
        own_box = (self._owner != self._owner[self._parents]) & ~hidden[self._owner]
        own_box &= self._totals >= LEAST_FLAME * self._totals[0]
        nearest = self._nearest(own_box)
        own = np.bincount(nearest, self._weights, len(nearest))
        boxes = {0: flame.root}
        for node in np.flatnonzero(own_box).tolist():
            above = boxes[int(nearest[self._parents[node]])]
            boxes[node] = flame.child(above, self._names[self._owner[node]])
        for node, box in boxes.items():
            flame.count(box, float(own[node]))


def _intervals(parents: Sequence[int], totals: list[float]) -> tuple[Costs, Numbers, Numbers]:
    """(cost with all below, first place in preorder, place behind the last one) of each node."""
    size = len(parents)
    sizes = [1] * size
    for node in range(size - 1, 0, -1):
        parent = parents[node]
        totals[parent] += totals[node]
        sizes[parent] += sizes[node]
    start, free = [0] * size, [1] * size
    for node in range(1, size):
        parent = parents[node]
        start[node] = at = free[parent]
        free[parent] = at + sizes[node]
        free[node] = at + 1
    first = np.array(start, np.int64)
    return np.array(totals), first, first + np.array(sizes, np.int64)


def _summed(keys: Numbers, costs: Costs) -> list[tuple[int, float]]:
    """(key, its costs) of each different key."""
    different, place = np.unique(keys, return_inverse=True)
    return list(zip(different.tolist(), np.bincount(place, costs, len(different)).tolist(), strict=True))
