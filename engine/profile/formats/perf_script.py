"""The text of `perf script`: one block for each sample, a header and then its stack, innermost frame first.

program  4711  2028.166351:    2004008 cpu-clock:u:
                1215 main+0x6f (/home/me/program)
  main.c:31                                          (with -F +srcline)
"""

import re

from engine.profile.formats.source import Source
from engine.profile.frames import Frame, frame_of
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "perf script"
_HEADER = re.compile(
    rb"(?P<comm>\S.*?)\s+(?:-?\d+(?:/\d+)?\s+)?(?:\[\d+\]\s+)?(?:(?P<time>[\d.]+):\s+)(?:(?P<period>\d+)\s+)?"
    rb"(?P<event>[\w:./,=@-]*[A-Za-z_][\w:./,=@-]*?):(?=\s|$)[ \t]*(?P<rest>.*)"
)
_FRAME = re.compile(rb"\s+(?P<ip>[0-9a-f]+)\s+(?P<name>\S.*?)\s*")
_LIKE_FRAME = re.compile(rb"\s+[0-9a-f]{2,}\s+\S")
_LINE = re.compile(rb"\s+(?P<file>\S.*?):(?P<line>\d+)(?P<inlined>\s+\(inlined\))?\s*")
_INLINED = b" (inlined)"
_PERF_ITSELF = (b"perf", b"perf-exec")
_CLOCKS = (b"cpu-clock", b"task-clock")


def matches(head: bytes) -> bool:
    """A header and a frame below it, or on the same line."""
    lines = [line for line in head.splitlines()[:400] if line.strip() and not line.startswith(b"#")]
    headers = [found for line in lines if not line[:1].isspace() and (found := _HEADER.fullmatch(line))]
    frames = sum(_LIKE_FRAME.match(line) is not None for line in lines)
    return bool(headers) and (frames > 0 or any(found["rest"] for found in headers))


def read(source: Source, tally: Tally) -> None:
    """Add the file's samples, each with its period as weight."""
    reader = _Reader(tally)
    for lines in source.pieces():
        for line in lines:
            reader.take(line)
    reader.end_sample()
    tally.unit = "seconds" if reader.all_clocks else "samples"
    reader.stacks.flush()


class _Reader:
    """The sample that is being read."""

    def __init__(self, tally: Tally) -> None:
        self.stacks = Stacks(tally)
        self._places = tally.places
        self.all_clocks = True
        self._weight = 0.0
        self._known: dict[tuple[bytes, bytes], tuple[int, ...]] = {}
        self._pending: list[tuple[bytes, bytes]] = []

    def take(self, line: bytes) -> None:
        """One line of the text."""
        if not line.strip():
            self.end_sample()
        elif not line[:1].isspace():
            found = _HEADER.fullmatch(line.rstrip())
            if found:
                self.end_sample()
                self._begin(found)
        elif self._weight:
            self._take_frame(line)

    def _begin(self, header: "re.Match[bytes]") -> None:
        if header["comm"] in _PERF_ITSELF:
            return
        period = float(header["period"] or 1)
        clock = header["event"].startswith(_CLOCKS) and header["period"] is not None
        self.all_clocks = self.all_clocks and clock
        self._weight = period * 1e-9 if clock else period
        if header["rest"]:
            self._take_frame(b" " + header["rest"])

    def _take_frame(self, line: bytes) -> None:
        found = _FRAME.fullmatch(line)
        place = _LINE.fullmatch(line)
        if place and self._pending and not (found and b"(" in found["name"]):
            name, _ = self._pending[-1]
            name += _INLINED if place["inlined"] and not name.endswith(_INLINED) else b""
            self._pending[-1] = (name, place["file"] + b":" + place["line"])
        elif found:
            self._pending.append((found["name"], b""))

    def end_sample(self) -> None:
        """Count what was read."""
        if self._weight:
            stack = [number for item in reversed(self._pending) for number in self._numbers(*item)]
            self.stacks.add(stack or [self.stacks.number(Frame("[unknown]"))], self._weight)
        self._weight = 0.0
        self._pending.clear()

    def _numbers(self, name: bytes, place: bytes) -> tuple[int, ...]:
        """Two frames where perf gives the line of inlined code under the name of the function around it."""
        key = name, place
        known = self._known.get(key)
        if known is None:
            frame = _frame(name.decode(errors="replace"), place.decode(errors="replace"))
            if name.endswith(_INLINED) and not self._places.owner(frame).in_project:
                known = ()  # a library's code that was compiled into the function around: its time is that function's
            else:
                around = self._places.around(frame)
                known = tuple(self.stacks.number(item) for item in (around, frame) if item is not None)
            self._known[key] = known
        return known


def _frame(name: str, place: str) -> Frame:
    module = ""
    symbol, bracket, inside = name.rpartition(" (")
    if bracket and inside.endswith(")") and inside != "inlined)":
        name, module = symbol, inside[:-1]
    name = re.sub(r"\+0x[0-9a-f]+$", "", name.removesuffix(" (inlined)"))
    file, _, line = place.rpartition(":")
    if file and not file.startswith("??"):
        return Frame(name, file, int(line), module)
    named = frame_of(name) if name.startswith("py::") else Frame(name)
    return named._replace(module=module)
