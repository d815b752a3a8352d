"""What a profile says, added up by whom the time belongs to; small, however large the profile is.

Two kinds of profiles come in: call graphs (a time for each function and each call between two) and stacks. What is
exact in stacks is approached in call graphs: whose time a library's function takes when it calls back.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.profile.flame import FlameTree
from engine.profile.frames import Frame
from engine.profile.places import DRIVER, Owner, Places

_ROUNDS = 12


@dataclass
class Function:
    """One function of a call graph; costs in the unit of the profile."""

    frame: Frame
    own: float = 0.0
    total: float = 0.0
    calls: int = 0


@dataclass
class Call:
    """All calls of one function by another, both as positions in the list of functions."""

    caller: int
    callee: int
    calls: int
    total: float
    line: int = 0
    """Of the caller; 0 when it is not known."""


@dataclass
class CallGraph:
    """A profile that knows calls, not stacks."""

    functions: list[Function] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    lines: list[tuple[int, Frame, float]] = field(default_factory=list)
    """(position of the function, a line in it, or one inlined into it, the line's own cost): part of `own`."""


@dataclass
class Sums:
    """What is known of one owner, in the unit of the profile."""

    own: float = 0.0
    total: float = 0.0
    calls: int = 0
    addressable: float = 0.0
    inner_total: float = 0.0
    """Of lambdas and comprehensions in it: mostly part of `total`, and all there is when they ran without it."""
    inner_calls: int = 0


Neighbours = dict[Owner, list[float]]
"""[calls, total] by the other end of a call."""


class Tally:
    """The sums of one profile, or of several."""

    def __init__(self, places: Places, unit: str = "samples") -> None:
        self.places = places
        self.unit = unit
        """`seconds`, `samples`, or whatever else the profile counts."""
        self.sums: dict[Owner, Sums] = defaultdict(Sums)
        self.calls: dict[Owner, Neighbours] = defaultdict(_neighbours)
        self.callers: dict[Owner, Neighbours] = defaultdict(_neighbours)
        self.heat: dict[Owner, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        """The cost of each line with what it calls; the lines of a function add up to its total."""
        self.allocated: dict[Owner, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        """Bytes by line, beside what the profile counts."""
        self.flame = FlameTree()

    @property
    def whole(self) -> float:
        """All that was profiled, without what the profiler spent on itself."""
        return sum(sums.own for owner, sums in self.sums.items() if owner.group != DRIVER)

    def total(self, owner: Owner) -> float:
        """The function with all that it called."""
        sums = self.sums[owner]
        return max(sums.total or sums.inner_total, sums.own)

    def add(self, other: "Tally", factor: float = 1.0) -> None:
        """Take over another profile, its costs times `factor`."""
        for owner, sums in other.sums.items():
            mine = self.sums[owner]
            mine.own += sums.own * factor
            mine.total += other.total(owner) * factor
            mine.addressable += sums.addressable * factor
            mine.calls += sums.calls or sums.inner_calls
        for theirs, edges in ((other.calls, self.calls), (other.callers, self.callers)):
            for owner, neighbours in theirs.items():
                for end, (calls, total) in neighbours.items():
                    _count(edges[owner][end], calls, total * factor)
        for owner, lines in other.heat.items():
            for line, cost in lines.items():
                self.heat[owner][line] += cost * factor
        self.flame.add(other.flame, factor)
        self.add_allocations(other.allocated)

    def add_allocations(self, bytes: Mapping[Owner, Mapping[int, float]]) -> None:
        """Take over what was allocated, by line; time is not touched by it."""
        for owner, lines in bytes.items():
            for line, size in lines.items():
                self.allocated[owner][line] += size

    def add_graphs(self, *graphs: CallGraph) -> None:
        """Take over call graphs: those of several processes, for example."""
        for graph in graphs:
            self._add_graph(graph)
        self._find_addressable()
        self.flame.grow(self)

    def _add_graph(self, graph: CallGraph) -> None:
        owners = self.places.owners([item.frame for item in graph.functions])
        itself = [
            owner.group != "" or item.frame.line == 0 or self.places.is_function_itself(owner, item.frame)
            for owner, item in zip(owners, graph.functions, strict=True)
        ]
        for owner, item, whole in zip(owners, graph.functions, itself, strict=True):
            sums = self.sums[owner]
            sums.own += item.own
            if whole:
                sums.total += item.total
                sums.calls += item.calls
            else:
                sums.inner_total += item.total
                sums.inner_calls += item.calls
        for call in graph.calls:
            caller, callee = owners[call.caller], owners[call.callee]
            if caller != callee:
                _count(self.calls[caller][callee], call.calls, call.total)
                if itself[call.callee]:
                    _count(self.callers[callee][caller], call.calls, call.total)
                if call.line and caller.in_project and caller.line <= call.line <= (caller.end_line or call.line):
                    self.heat[caller][call.line] += call.total
        for position, frame, cost in graph.lines:
            self._add_line(owners[position], frame, cost)

    def _add_line(self, function: Owner, frame: Frame, cost: float) -> None:
        """A line of another function was inlined: its cost is that function's."""
        owner = self.places.owner(frame)
        if owner != function and owner.in_project:
            self.sums[function].own -= cost
            self.sums[owner].own += cost
            self.sums[owner].total += cost
            _count(self.calls[function][owner], 0, cost)
            _count(self.callers[owner][function], 0, cost)
        elif owner != function:
            return
        if owner.in_project and frame.line:
            self.heat[owner][frame.line] += cost

    def _find_addressable(self) -> None:
        """Own cost plus that of outside code called directly, without what that code calls back in the project."""
        part = self._project_part()
        for owner, sums in self.sums.items():
            if owner.in_project:
                outside = sum(
                    total * (1 - part[callee])
                    for callee, (_, total) in self.calls[owner].items()
                    if not callee.in_project
                )
                sums.addressable = max(sums.own, min(self.total(owner), sums.own + outside))

    def _project_part(self) -> dict[Owner, float]:
        """The fraction of an outside function's total time in which code of the project runs, as with `sorted(key=…)`.

        Calls among outside functions can be cyclic, so the fractions are approached in a few rounds.
        """
        outside = [owner for owner in self.sums if not owner.in_project]
        part = dict.fromkeys(outside, 0.0)
        for _ in range(_ROUNDS):
            changed = False
            for owner in outside:
                inside = sum(
                    total * (1.0 if callee.in_project else part[callee])
                    for callee, (_, total) in self.calls[owner].items()
                )
                total = self.sums[owner].total
                new = min(1.0, inside / total) if total > 0 else 0.0
                changed = changed or abs(new - part[owner]) > 0.001
                part[owner] = new
            if not changed:
                break
        return part

    def count_call(self, caller: Owner, callee: Owner, total: float) -> None:
        """One function was seen to call another."""
        self.calls[caller][callee][1] += total
        self.callers[callee][caller][1] += total


def _neighbours() -> Neighbours:
    return defaultdict(lambda: [0, 0.0])


def _count(sums: list[float], calls: float, total: float) -> None:
    sums[0] += calls
    sums[1] += total
