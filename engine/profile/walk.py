"""One walk over a tree of stacks: what each function, call and line has of it, a recursion counted once."""

from collections import defaultdict
from collections.abc import Sequence

from engine.profile.frames import Frame
from engine.profile.places import DRIVER, INTERPRETER
from engine.profile.tally import Tally

LEAST_FLAME = 0.0001
"""Share of the tree below which a stack's end is not shown in a flame graph of its own."""


class Walk:
    """The tree, with the owners of its frames as small numbers: it can have hundreds of thousands of nodes.

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
        self._tally, self._parents, self._numbers, self._weights = tally, parents, numbers, weights
        owners = tally.places.owners(frames)
        self._names = list(dict.fromkeys(owners))
        places = {owner: number for number, owner in enumerate(self._names)}
        self._owner_of = [places[owner] for owner in owners]
        self._line_of = [frame.line if owner.file else 0 for frame, owner in zip(frames, owners, strict=True)]
        size = len(parents)
        self._totals = list(weights)
        self._first, self._next = [0] * size, [0] * size
        for node in range(size - 1, 0, -1):
            parent = parents[node]
            self._totals[parent] += self._totals[node]
            self._next[node], self._first[parent] = self._first[parent], node

    def run(self) -> None:
        """Count everything, then hand the sums over."""
        owns, totals, shares, edges, heat = self._count()
        tally = self._tally
        for number, owner in enumerate(self._names):
            if totals[number] or owns[number]:
                sums = tally.sums[owner]
                sums.own += owns[number]
                sums.total += totals[number]
                sums.addressable += shares[number]
        for edge, total in edges.items():
            tally.count_call(self._names[edge >> 32], self._names[edge & 0xFFFFFFFF], total)
        for place, total in heat.items():
            if place & 0xFFFFFFFF:
                tally.heat[self._names[place >> 32]][place & 0xFFFFFFFF] += total

    def _count(self) -> tuple[list[float], list[float], list[float], dict[int, float], dict[int, float]]:
        """(own, total and addressable by owner, total by call, total by line): one loop, for speed."""
        parents, numbers, first, following = self._parents, self._numbers, self._first, self._next
        weights, node_totals, owner_of, line_of = self._weights, self._totals, self._owner_of, self._line_of
        known = len(self._names)
        in_project = [owner.in_project for owner in self._names]
        inherits = [owner.group == INTERPRETER for owner in self._names]
        hidden = [owner.group == DRIVER for owner in self._names]
        owns, totals, shares = [0.0] * known, [0.0] * known, [0.0] * known
        edges: dict[int, float] = defaultdict(float)
        heat: dict[int, float] = defaultdict(float)
        open_edges: dict[int, int] = defaultdict(int)
        open_lines: list[list[int]] = [[] for _ in range(known)]
        flame, flame_names = self._tally.flame, self._names
        least = LEAST_FLAME * node_totals[0]
        size = len(parents)
        owner_at, project_at, flame_at, edge_at = [-1] * size, [-1] * size, [flame.root] * size, [-1] * size
        node = first[0]
        while node:
            parent, number, total, own = parents[node], numbers[node], node_totals[node], weights[node]
            caller, owner, line = owner_at[parent], owner_of[number], line_of[number]
            if inherits[owner] and caller >= 0:
                owner, line = caller, 0
            owner_at[node] = owner
            lines = open_lines[owner]
            project_at[node] = project = owner if in_project[owner] else project_at[parent]
            owns[owner] += own
            if project >= 0:
                shares[project] += own
            if not lines:
                totals[owner] += total
            elif in_project[owner]:
                line = line or lines[-1]
                heat[owner << 32 | lines[-1]] -= total
            if in_project[owner]:
                heat[owner << 32 | line] += total
            lines.append(line)
            box = flame_at[parent]
            if caller != owner:
                if caller >= 0:
                    edge_at[node] = edge = caller << 32 | owner
                    if not open_edges[edge]:
                        edges[edge] += total
                    open_edges[edge] += 1
                if total >= least and not hidden[owner]:
                    box = flame.child(box, flame_names[owner])
            flame_at[node] = box
            if own:
                flame.count(box, own)
            below = first[node]
            while not below and node:
                open_lines[owner_at[node]].pop()
                if edge_at[node] >= 0:
                    open_edges[edge_at[node]] -= 1
                below = following[node]
                node = parents[node]
            node = below
        return owns, totals, shares, edges, heat
