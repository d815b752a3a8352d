"""Intel VTune's hotspots as CSV (`vtune -report hotspots -format csv`), by function, by line, or as a call tree.

Columns depend on the grouping, the delimiter on the options, and lines of the tool may stand above the header: the
columns are found by their names.
"""

import csv
import re
from collections.abc import Iterator, Sequence

from engine.errors import ProfileError
from engine.profile.formats.source import Source
from engine.profile.frames import Frame
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "VTune hotspot CSV"
_DELIMITERS = "\t;|,"
_GROUPS = re.compile(
    r"(?:function|source function|function stack|source line|source file|line|module|package|process|thread|task type"
    r"|call stack|basic block|address|core|class|computing task|function range)\b",
    re.IGNORECASE,
)
_COSTS = ("cpu time:self", "cpu time", "cpu time:effective time", "effective time", "clockticks:self", "clockticks",
          "hw event count:cpu_clk_unhalted.thread", "samples", "self time", "instructions retired")  # fmt: skip
_TOTALS = ("cpu time:total", "clockticks:total")
_NONE = ("", "[unknown]", "[unknown source file]", "[no source file]", "unknown", "n/a")


def matches(head: bytes) -> bool:
    """A header with a grouping and a cost."""
    return b"\0" not in head and _header(_lines(head)) is not None


def read(source: Source, tally: Tally) -> None:
    """Add the table's rows."""
    header = _header(_lines(source.head))
    if header is None:
        raise source.damaged(NAME, "its header is missing")
    number, delimiter, names = header
    columns = _Columns(names)
    if columns.function < 0 and not (columns.file >= 0 and columns.line >= 0):
        raise ProfileError(
            f"{source.path}: is grouped by {names[0]!r}, which says nothing about functions; "
            "report it again with -group-by function or -group-by source-line."
        )
    tally.unit = "seconds" if "time" in names[columns.cost].lower() else "samples"
    stacks = Stacks(tally)
    above: list[int] = []
    for row in _rows(source, number, delimiter):
        if len(row) <= columns.cost:
            continue
        cost = _number(row[columns.cost])
        frame, depth = columns.frame(row)
        if columns.is_tree:
            del above[depth:]
            above.append(stacks.number(frame))
            if cost > 0:
                stacks.add(above, cost)
        elif cost > 0:
            stacks.add([stacks.number(frame)], cost)
    stacks.flush()


class _Columns:
    """Where what stands."""

    def __init__(self, names: Sequence[str]) -> None:
        lower = [name.lower() for name in names]

        def find(*wanted: str) -> int:
            return next((lower.index(name) for name in wanted if name in lower), -1)

        self.function = find(
            "function", "source function", "function stack", "function / call stack", "function (full)"
        )
        self.full = find("function (full)", "source function (full)")
        self.file = find("source file path", "source file", "file", "source file (full)")
        self.line = find("source line", "line")
        self.module = find("module", "module path")
        cost = find(*_COSTS)
        timed = [at for at, name in enumerate(lower) if name.startswith("cpu time") and "total" not in name]
        self.cost = cost if cost >= 0 else timed[0] if timed else find(*_TOTALS)
        self.is_tree = self.function >= 0 and "stack" in lower[self.function]

    def frame(self, row: Sequence[str]) -> tuple[Frame, int]:
        """The frame of a row, and how deep it stands in the call tree."""
        text = _cell(row, self.function)
        name = _cell(row, self.full).strip() if self.full >= 0 else ""
        shown = text.strip()
        name = name if name.lower() not in _NONE else shown
        file = _cell(row, self.file).strip()
        line = _number(_cell(row, self.line))
        known = file if file.lower() not in _NONE else ""
        module = _cell(row, self.module).strip()
        return Frame(name or "[unknown]", known, int(line), module), len(text) - len(text.lstrip())


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if 0 <= column < len(row) else ""


def _lines(head: bytes) -> list[str]:
    return head.decode("utf-8-sig", errors="replace").splitlines()[:60]


def _header(lines: Sequence[str]) -> tuple[int, str, list[str]] | None:
    """(number of its line, delimiter, names of the columns)."""
    for number, line in enumerate(lines):
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True)[:2]:
            try:
                names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
            except csv.Error:
                continue  # a line without an end, for one
            lower = [name.lower() for name in names]
            grouped = len(names) > 1 and _GROUPS.match(names[0])
            if grouped and any(name.startswith(cost) for name in lower for cost in (*_COSTS, *_TOTALS)):
                return number, delimiter, names
    return None


def _rows(source: Source, header: int, delimiter: str) -> Iterator[list[str]]:
    def texts() -> Iterator[str]:
        for lines in source.pieces():
            for line in lines:
                yield line.decode("utf-8", errors="replace").rstrip("\r") + "\n"

    rows = texts()
    for _ in range(header + 1):
        next(rows, "")
    try:
        for row in csv.reader(rows, delimiter=delimiter):
            if row:
                yield row
    except csv.Error as error:
        raise source.damaged(NAME, error) from error


def _number(text: str) -> float:
    """`0.33`, `0.33s`, `12 ms`, `1,234`, `45.3%`; 0 when it is none."""
    found = re.fullmatch(r"\s*([\d.,]+(?:[eE][+-]?\d+)?)\s*(s|ms|us|%)?\s*", text)
    if not found:
        return 0.0
    digits = found[1]
    if "," in digits:
        digits = digits.replace(",", "" if "." in digits or re.search(r",\d{3}(?:,|$)", digits) else ".")
    try:
        return float(digits) * {"ms": 1e-3, "us": 1e-6}.get(found[2] or "", 1.0)
    except ValueError:
        return 0.0
