"""callgrind's (and cachegrind's) text: costs of lines and calls, with compressed names and positions.

Format: https://valgrind.org/docs/manual/cl-format.html. The first event is the cost that counts (`Ir`, instructions).
"""

import re
from collections import defaultdict

from engine.profile.formats.source import Source
from engine.profile.frames import Frame
from engine.profile.tally import Call, CallGraph, Function, Tally

NAME = "callgrind"
_HEAD = re.compile(rb"^(?:# callgrind format|creator: *(?:callgrind|cachegrind|.*grind)|events: )", re.MULTILINE)
_BODY = re.compile(rb"^f[nl]=", re.MULTILINE)
_NAME = re.compile(r"\((\d+)\)(?: (.*))?")
_RECURSION = re.compile(r"'\d+$")

_Key = tuple[str, str, str]
"""(function, its file, its program or library)"""


def matches(head: bytes) -> bool:
    """The header's events and a function or file."""
    return b"\0" not in head and len(_HEAD.findall(head)) > 0 and _BODY.search(head) is not None


def read(source: Source, tally: Tally) -> None:
    """Add the file's call graph."""
    reader = _Reader()
    number = 0
    try:
        for lines in source.pieces():
            for line in lines:
                number += 1
                reader.take(line.decode("utf-8", errors="replace").rstrip("\r"))
    except (ValueError, KeyError, IndexError) as error:
        raise source.damaged(NAME, f"line {number} makes no sense") from error
    if reader.waits or reader.lacks():
        raise source.damaged(NAME, f"it ends at line {number}, before all of its costs")
    tally.unit = reader.unit
    tally.add_graphs(reader.graph())


class _Reader:
    """What is known after each line; bounded by the functions, calls and lines that are different."""

    def __init__(self) -> None:
        self.unit = "instructions"
        self.waits = False
        """The next line is the cost of a call."""
        self._names: dict[str, dict[str, str]] = defaultdict(dict)
        self._positions = 1
        self._line_at = 0
        self._last: list[int] = [0, 0]
        self._now = {"fn": "", "fl": "", "ob": "", "cfn": "", "cfi": "", "cob": "", "fi": ""}
        self._call = (0, 0)
        self._summary = 0.0
        self._own: dict[_Key, float] = defaultdict(float)
        self._lines: dict[tuple[_Key, str, int], float] = defaultdict(float)
        self._calls: dict[tuple[_Key, _Key, int], list[float]] = defaultdict(lambda: [0.0, 0.0])

    def take(self, line: str) -> None:
        """One line of the text."""
        if not line or line[0] == "#":
            return
        if line[0].isdigit() or line[0] in "+-*":
            self._cost(line.split())
            return
        key, equals, value = line.partition("=")
        if equals and key in ("fl", "fi", "fe", "fn", "cfn", "cfl", "cfi", "ob", "cob", "jfi", "jfn"):
            self._name(key, value)
        elif equals and key in ("jump", "jcnd"):
            pass  # a position without a cost follows
        elif equals and key == "calls":
            count, *target = value.split()
            self._call, self.waits = (int(count, 0), len(target)), True
        elif (":" in line and not equals) or line.startswith(("desc:", "cmd:", "creator:", "events:", "positions:")):
            self._header(*line.split(":", 1))

    def _header(self, key: str, value: str) -> None:
        words = value.split()
        if key == "positions":
            self._positions = len(words)
            self._line_at = words.index("line") if "line" in words else -1
        elif key == "events" and words:
            self.unit = "instructions" if words[0] == "Ir" else words[0]
        elif key in ("summary", "totals") and words:
            self._summary = max(self._summary, float(words[0]))

    def _name(self, key: str, value: str) -> None:
        kind = {
            "cfl": "fl",
            "cfi": "fl",
            "fi": "fl",
            "fe": "fl",
            "jfi": "fl",
            "cfn": "fn",
            "jfn": "fn",
            "cob": "ob",
        }.get(key, key)
        found = _NAME.fullmatch(value)
        if found:
            number, name = found.groups()
            if name is not None:
                self._names[kind][number] = name
            value = self._names[kind][number]
        if key == "fn":
            self._now |= {"fn": _RECURSION.sub("", value), "fi": self._now["fl"]}
        elif key in ("fi", "fe"):
            self._now["fi"] = value
        elif key == "fl":
            self._now |= {"fl": value, "fi": value}
        else:
            self._now["cfi" if key == "cfl" else key] = _RECURSION.sub("", value) if key == "cfn" else value

    def _cost(self, words: list[str]) -> None:
        for at in range(self._positions):
            self._last[at] = _position(words[at], self._last[at])
        line = self._last[self._line_at] if self._line_at >= 0 else 0
        cost = float(words[self._positions]) if len(words) > self._positions else 0.0
        now = self._now
        here = now["fn"], now["fl"], now["ob"]
        if not self.waits:
            self._own[here] += cost
            self._lines[here, now["fi"], line] += cost
            return
        callee = now["cfn"], now["cfi"] or now["fi"] or now["fl"], now["cob"] or now["ob"]
        sums = self._calls[here, callee, line if now["fi"] == now["fl"] else 0]
        sums[0] += self._call[0]
        sums[1] += cost
        self.waits = False
        now |= {"cfi": "", "cob": ""}

    def lacks(self) -> bool:
        """Whether costs are missing that the header promised."""
        return self._summary > 0 and sum(self._own.values()) < 0.98 * self._summary

    def graph(self) -> CallGraph:
        """All functions, with totals that count a recursion once."""
        keys = dict.fromkeys([*self._own, *(callee for _, callee, _ in self._calls)])
        numbers = {key: number for number, key in enumerate(keys)}
        functions = [Function(_frame(*key), self._own.get(key, 0.0)) for key in keys]
        for item in functions:
            item.total = item.own
        calls = []
        for (caller, callee, line), (count, cost) in self._calls.items():
            functions[numbers[callee]].calls += int(count)
            if caller != callee:
                functions[numbers[caller]].total += cost
                calls.append(Call(numbers[caller], numbers[callee], int(count), cost, line))
        lines = [
            (numbers[key], _frame(key[0], file, key[2])._replace(line=line), cost)
            for (key, file, line), cost in self._lines.items()
            if cost and line and file not in ("", "???")
        ]
        return CallGraph(functions, calls, lines)


def _frame(function: str, file: str, module: str) -> Frame:
    return Frame(function, "" if file == "???" else file, 0, module)


def _position(word: str, last: int) -> int:
    if word == "*":
        return last
    if word[0] in "+-":
        return last + int(word, 0)
    return int(word, 0)
