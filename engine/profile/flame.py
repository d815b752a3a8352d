"""The tree that a flame graph shows: who called whom with how much, by functions, cut to what can be seen."""

from collections import defaultdict
from typing import TYPE_CHECKING

from engine.model import FlameNode
from engine.profile.places import DRIVER, Owner

if TYPE_CHECKING:
    from engine.profile.tally import Tally

MOST_KEPT = 100_000
MOST_SHOWN = 3_000
LEAST_SHARE = 0.0005
DEEPEST = 120
"""Levels that are shown: below, a tree is a recursion that no screen can show."""
_DEEPEST_GROWN = 40
_LEAST_GROWN = 0.002


class FlameTree:
    """A tree of functions; node 0 is the root."""

    root = 0

    def __init__(self) -> None:
        self._owners: list[Owner | None] = [None]
        self._parents = [0]
        self._own = [0.0]
        self._children: dict[tuple[int, int], int] = {}

    def child(self, parent: int, owner: Owner) -> int:
        """The node of `owner` below `parent`."""
        key = parent, id(owner)  # owners that are equal are the same object, see Places
        node = self._children.get(key)
        if node is None:
            node = self._children[key] = len(self._owners)
            self._owners.append(owner)
            self._parents.append(parent)
            self._own.append(0.0)
        return node

    def count(self, node: int, own: float) -> None:
        """Something was seen with that node on top."""
        self._own[node] += own

    def add(self, other: "FlameTree", factor: float = 1.0) -> None:
        """Take over another tree."""
        mine = [0]
        for owner, parent, own in zip(other._owners, other._parents, other._own, strict=True):
            if owner is not None:
                mine.append(self.child(mine[parent], owner))
            self._own[mine[-1] if owner is not None else 0] += own * factor

    def shrink(self) -> None:
        """Drop the smallest nodes when there are too many; what they had goes to the nodes that called them."""
        if len(self._owners) <= MOST_KEPT:
            return
        totals = self._totals()
        least = sorted(totals, reverse=True)[MOST_KEPT // 2]
        kept = FlameTree()
        mine = [0]
        for node, owner in enumerate(self._owners):
            if owner is not None:
                above = mine[self._parents[node]]
                mine.append(kept.child(above, owner) if totals[node] > least else above)
            kept._own[mine[node]] += self._own[node]
        self.__dict__ = kept.__dict__

    def grow(self, tally: "Tally") -> None:
        """Make a tree of a call graph: each function's callees take what they take of it on average."""
        whole = tally.whole
        pending = []
        for owner in tally.sums:
            own_entry = tally.total(owner) - sum(cost for _, cost in tally.callers[owner].values())
            if own_entry > _LEAST_GROWN * whole and owner.group != DRIVER:
                pending.append((self.root, owner, own_entry, frozenset[Owner]()))
        while pending and len(self._owners) < MOST_KEPT:
            parent, owner, total, above = pending.pop()
            node = self.child(parent, owner)
            average = total / tally.total(owner) if tally.total(owner) else 0.0
            self.count(node, tally.sums[owner].own * average)
            inside = above | {owner}
            for callee, (_, cost) in tally.calls[owner].items():
                share = cost * average
                if callee not in inside and share >= _LEAST_GROWN * whole and len(inside) < _DEEPEST_GROWN:
                    pending.append((node, callee, share, inside))
                elif callee not in inside:
                    self.count(node, share)

    def nodes(self, bottlenecks: frozenset[str] = frozenset()) -> tuple[FlameNode, ...]:
        """The nodes that can be seen, each before its children, larger ones first.

        `bottlenecks` are the ids of the functions that can be optimised.
        """
        totals = self._totals()
        whole = totals[0]
        if whole <= 0:
            return ()
        children: dict[int, list[int]] = defaultdict(list)
        for node in range(1, len(totals)):
            children[self._parents[node]].append(node)
        least = max(LEAST_SHARE * whole, sorted(totals, reverse=True)[min(MOST_SHOWN, len(totals) - 1)])
        found: list[FlameNode] = []
        pending = [(node, 0) for node in sorted(children[0], key=lambda node: totals[node])]
        while pending and len(found) < MOST_SHOWN:
            node, depth = pending.pop()
            owner = self._owners[node]
            if owner is None or totals[node] < least:
                continue
            id = owner.id if owner.in_project else ""
            found.append(
                FlameNode(
                    name=owner.name,
                    depth=depth,
                    share=totals[node] / whole,
                    own=self._own[node] / whole,
                    place=f"{owner.file}:{owner.line}" if owner.in_project else owner.group,
                    bottleneck=id if id in bottlenecks else "",
                )
            )
            if depth < DEEPEST:
                pending.extend((below, depth + 1) for below in sorted(children[node], key=lambda below: totals[below]))
        return tuple(found)

    def _totals(self) -> list[float]:
        totals = list(self._own)
        for node in range(len(totals) - 1, 0, -1):
            totals[self._parents[node]] += totals[node]
        return totals
