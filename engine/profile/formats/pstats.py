"""cProfile's and profile's statistics: a marshalled {(file, line, name): (primitive, calls, own, total, callers)}.

Python's own `marshal.load` must not see files from elsewhere: it trusts them. Only the few types of such a file are
read here (Python's marshal.c, versions 2 to 4).
"""

import struct
from typing import Any

from engine.profile.formats.source import Source
from engine.profile.frames import Frame
from engine.profile.tally import Call, CallGraph, Function, Tally

NAME = "pstats"
_REFERENCE = 0x80
_DEEPEST = 10
_MOST = 64 << 20
"""Bytes; a file of that size has 300,000 functions, and takes 1 GB of memory."""


def matches(head: bytes) -> bool:
    """A dictionary whose first key is a tuple."""
    return len(head) > 2 and head[0] & 0x7F == ord("{") and head[1] & 0x7F in b"()" and head[2:3] != b'"'


def read(source: Source, tally: Tally) -> None:
    """Add the file's call graph."""
    data = source.whole(_MOST)
    try:
        stats = _Reader(data).value()
        graph = _graph(stats)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error) as error:
        raise source.damaged(NAME, "its end is missing, or a value is of no known kind") from error
    tally.unit = "seconds"
    tally.add_graphs(graph)


def _graph(stats: dict[tuple[str, int, str], tuple[Any, ...]]) -> CallGraph:
    numbers = {key: number for number, key in enumerate(stats)}
    graph = CallGraph([Function(_frame(*key)) for key in stats])
    for key, (_, calls, own, total, callers) in stats.items():
        callee = graph.functions[numbers[key]]
        callee.own, callee.total, callee.calls = float(own), float(total), int(calls)
        if not 0 <= callee.own < 1e9 or not 0 <= callee.total < 1e9:
            raise ValueError("a time is out of range")
        for caller, times in callers.items():
            if caller not in numbers:
                numbers[caller] = len(graph.functions)
                graph.functions.append(Function(_frame(*caller)))
            # cProfile keeps times for each caller; the older profile module keeps numbers of calls only.
            count, spent = (times[1], times[3]) if isinstance(times, tuple) else (times, total * times / (calls or 1))
            graph.calls.append(Call(numbers[caller], numbers[key], int(count), float(spent)))
    return graph


def _frame(file: str, line: int, name: str) -> Frame:
    if not (isinstance(file, str) and isinstance(line, int) and isinstance(name, str)):
        raise TypeError("a function is no (file, line, name)")
    return Frame(name, "" if file == "~" else file, line)


class _Reader:
    """Reads one value after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._references: list[Any] = []

    def value(self, depth: int = 0) -> Any:
        """The next value.

        Raises:
            ValueError: when it is of a type that no statistics hold.
        """
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        code = self._bytes(1)[0]
        kind, kept = chr(code & 0x7F), bool(code & _REFERENCE)
        if kind == "r":
            return self._references[self._number("<I", 4)]
        place = len(self._references)
        if kept:
            self._references.append(None)
        value = self._plain(kind, depth)
        if kept:
            self._references[place] = value
        return value

    def _plain(self, kind: str, depth: int) -> Any:
        match kind:
            case "z" | "Z":
                return self._bytes(self._number("<B", 1)).decode("latin-1")
            case "a" | "A":
                return self._bytes(self._number("<I", 4)).decode("latin-1")
            case "u" | "t":
                return self._bytes(self._number("<I", 4)).decode("utf-8", errors="replace")
            case "i":
                return self._number("<i", 4)
            case "g":
                return self._number("<d", 8)
            case "l":
                return self._long()
            case ")":
                return tuple(self.value(depth + 1) for _ in range(self._number("<B", 1)))
            case "(":
                size = self._number("<I", 4)
                if size > 100:
                    raise ValueError("a tuple is too long")
                return tuple(self.value(depth + 1) for _ in range(size))
            case "{":
                return self._dictionary(depth)
        raise ValueError(f"type {kind!r} does not belong here")

    def _dictionary(self, depth: int) -> dict[Any, Any]:
        found = {}
        while self._data[self._at] & 0x7F != ord("0"):
            key = self.value(depth + 1)
            found[key] = self.value(depth + 1)
        self._at += 1
        return found

    def _long(self) -> int:
        size = self._number("<i", 4)
        digits = struct.unpack(f"<{abs(size)}H", self._bytes(2 * abs(size)))
        number: int = sum(digit << 15 * place for place, digit in enumerate(digits))
        return -number if size < 0 else number

    def _number(self, format: str, size: int) -> Any:
        return struct.unpack(format, self._bytes(size))[0]

    def _bytes(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise ValueError("the end is missing")
        self._at += size
        return found
