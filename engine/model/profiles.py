"""The nouns of stage 1: what a profile says."""

from engine.model.noun import Noun


class Edge(Noun, frozen=True, kw_only=True):
    """One caller or callee of a bottleneck and its share of the bottleneck's total time."""

    function: str
    file: str = ""
    line: int = 0
    share: float = 0.0
    calls: int = 0


class LineHeat(Noun, frozen=True, kw_only=True):
    """The share of all profiled time spent on one source line."""

    line: int
    share: float


class Allocation(Noun, frozen=True, kw_only=True):
    """What one source line, with what it calls, has allocated in all; freed or not."""

    line: int
    bytes: float


class Counter(Noun, frozen=True, kw_only=True):
    """What the processor or the system counted during one run of the profiled command, as `instructions`."""

    name: str
    value: float


class Unmapped(Noun, frozen=True, kw_only=True):
    """Time of the profile that belongs to no function of the project."""

    name: str
    share: float


class FlameNode(Noun, frozen=True, kw_only=True):
    """One box of a flame graph; a node comes before its children."""

    name: str
    depth: int
    share: float
    """Of all profiled time, with what it calls."""
    own: float = 0.0
    place: str = ""
    """`file:line` in the project, elsewhere the module."""
    bottleneck: str = ""
    """Id of the bottleneck that it is, if it is one."""


class Bottleneck(Noun, frozen=True, kw_only=True):
    """A function of the project, with its exact source span and what the profile says about it."""

    id: str
    file: str
    """Path relative to the project's root, with forward slashes."""
    function: str
    """Qualified name, as in `Class.method` or `outer.<locals>.inner`."""
    line: int
    """First line of the span, decorators included."""
    end_line: int
    self_share: float
    total_share: float
    addressable_share: float = 0.0
    """Own time plus that of the code outside the project which it calls directly: what a rewrite can change."""
    calls: int = 0
    callers: tuple[Edge, ...] = ()
    callees: tuple[Edge, ...] = ()
    heat: tuple[LineHeat, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    """Largest first; empty when the profiler sees none."""
    marked: bool = False

    @property
    def place(self) -> str:
        """`file:line`, as editors and compilers write it."""
        return f"{self.file}:{self.line}"


class Profile(Noun, frozen=True, kw_only=True):
    """One profiler run, reduced to the bottlenecks of the project."""

    id: str
    command: str
    format: str
    seconds: float
    """Total profiled time."""
    at: float
    bottlenecks: tuple[Bottleneck, ...] = ()
    """Ranked by addressable share, largest first."""
    unmapped: tuple[Unmapped, ...] = ()
    flame: tuple[FlameNode, ...] = ()
    before: "Profile | None" = None
    """The profile that this one took the place of, where both count the same."""
    unit: str = "seconds"
    """What the profile counts: `seconds`, `samples`, `instructions` and so on."""
    amount: float = 0.0
    """All that was counted, in `unit`."""
    commit: str = ""
    """Of the code that was profiled, shortened, with a + when tracked files had changed since; empty when imported or
    where there is no git."""
    counters: tuple[Counter, ...] = ()
    """Of the whole command; empty where they may not be read."""

    @property
    def profiler(self) -> str:
        """Who recorded it, in words."""
        return self.format.replace("cprofile", "cProfile")


class Difference(Noun, frozen=True, kw_only=True):
    """One function in both profiles; costs in `unit`, 0 where a profile does not name it."""

    file: str
    function: str
    line: int
    end_line: int
    unit: str
    self_before: float
    self_after: float
    total_before: float
    total_after: float

    @property
    def change(self) -> float:
        """Of the own cost: below 0 when it became less."""
        return self.self_after - self.self_before
