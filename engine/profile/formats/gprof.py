"""gprof's text: the flat profile, and the call graph where there is one (`gprof`, `gprof -b`, `gprof -l`)."""

import re

from engine.profile.formats.source import Source
from engine.profile.frames import Frame
from engine.profile.tally import Call, CallGraph, Function, Tally

NAME = "gprof text"
_HEAD = re.compile(
    rb"^\s*%\s+cumulative\s+self|^index\s+% time\s+self\s+children|^Flat profile:|\bgranularity: each sample",
    re.MULTILINE,
)
_FLAT = re.compile(
    r"\s*(?P<share>[\d.]+)\s+(?P<cumulative>[\d.]+)\s+(?P<own>[\d.]+)\s+(?:(?P<calls>\d+)\s+(?:[\d.]+\s+[\d.]+\s+)?)?(?P<name>[^\d\s].*)"
)
_ENTRY = re.compile(
    r"\[(?P<index>\d+)\]\s+(?P<share>[\d.]+)\s+(?P<own>[\d.]+)\s+(?P<below>[\d.]+)\s+(?:(?P<calls>\d+)(?:\+\d+)?\s+)?(?P<name>.+?)\s+\[\d+\]"
)
_OTHER = re.compile(
    r"\s+(?P<own>[\d.]+)\s+(?P<below>[\d.]+)\s+(?P<calls>\d+)(?:/\d+)?\s+(?P<name>.+?)\s+\[(?P<index>\d+)\]"
)
_LINE = re.compile(r"(?P<name>.*) \((?P<file>[^()]*):(?P<line>\d+) @ [0-9a-f]+\)")
_CYCLE = re.compile(r"\s*<cycle \d+.*?>")


def matches(head: bytes) -> bool:
    """The column heads of either table."""
    return b"\0" not in head and _HEAD.search(head) is not None


def read(source: Source, tally: Tally) -> None:
    """Add the profile; own times are those of the flat table, calls those of the graph."""
    reader = _Reader()
    for lines in source.pieces():
        for line in lines:
            reader.take(line.decode("utf-8", errors="replace"))
    if not reader.graph.functions:
        raise source.damaged(NAME, "its tables have no rows")
    tally.unit = "seconds"
    tally.add_graphs(reader.finished())


class _Reader:
    """The table that is being read."""

    def __init__(self) -> None:
        self.graph = CallGraph()
        self._numbers: dict[Frame, int] = {}
        self._table = ""
        self._totals: dict[int, float] = {}
        self._entry: int | None = None

    def take(self, line: str) -> None:
        """One line of the text."""
        if re.match(r"\s*%\s+cumulative", line):
            self._table = "flat"
        elif line.startswith("index"):
            self._table = "graph"
        elif "\f" in line or line.startswith((" %         the", " This table describes")):
            self._table = ""
        elif self._table == "flat":
            self._take_flat(line)
        elif self._table == "graph":
            self._take_graph(line)

    def _take_flat(self, line: str) -> None:
        found = _FLAT.fullmatch(line.rstrip())
        if not found:
            return
        number = self._number(found["name"])
        function = self.graph.functions[number]
        function.own += float(found["own"])
        function.calls += int(found["calls"] or 0)

    def _take_graph(self, line: str) -> None:
        if line.startswith("---"):
            self._entry = None
            return
        if entry := _ENTRY.match(line):
            self._entry = number = self._number(entry["name"])
            self._totals[number] = max(self._totals.get(number, 0.0), float(entry["own"]) + float(entry["below"]))
            function = self.graph.functions[number]
            function.calls = function.calls or int(entry["calls"] or 0)
        elif self._entry is not None and (found := _OTHER.match(line)):
            cost = float(found["own"]) + float(found["below"])
            self.graph.calls.append(Call(self._entry, self._number(found["name"]), int(found["calls"]), cost))

    def _number(self, name: str) -> int:
        frame = _frame(name)
        if frame not in self._numbers:
            self._numbers[frame] = len(self.graph.functions)
            self.graph.functions.append(Function(frame))
        return self._numbers[frame]

    def finished(self) -> CallGraph:
        """The graph; where only the flat table is there, a function's total is its own time."""
        whole = sum(item.own for item in self.graph.functions)
        for number, item in enumerate(self.graph.functions):
            item.total = max(item.own, min(self._totals.get(number, 0.0), whole))
        return self.graph


def _frame(name: str) -> Frame:
    name = _CYCLE.sub("", name.strip())
    name = re.sub(r"\s*\[\d+\]$", "", name)
    if found := _LINE.fullmatch(name):
        return Frame(found["name"], found["file"], int(found["line"]))
    return Frame(name)
