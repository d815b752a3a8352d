"""Collapsed stacks, as FlameGraph and many profilers write them: `outermost;...;innermost count`, one a line.

py-spy (`-f raw`), perf with stackcollapse-perf.pl, async-profiler, austin, dtrace: what differs is how a frame is
written, see `frame_of`.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from engine.errors import ProfileError
from engine.profile.formats.source import Source
from engine.profile.frames import frame_of, is_frame
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "collapsed stacks"
_LINE = re.compile(rb"(?:\S.*?)?[ \t]+\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*")
_LINE_APART = re.compile(rb"\);L(\d+)(?=[; ])")
"""austin's first versions wrote a frame's line like a frame of its own: `name (file);L12`."""
_MOST_COUNTS = 100_000
"""Different counts that are kept, so that each is read once."""
_WRONG = 0.1
"""Share of lines that may be something else, as the remarks of a script are."""


def matches(head: bytes) -> bool:
    """Nearly all lines end with a number after a blank."""
    if b"\0" in head:
        return False
    lines = [line for line in head.splitlines() if line.strip() and not line.startswith(b"#")]
    if len(lines) > 1:
        del lines[-1]  # it may be cut by what was read of the file
    good = sum(_LINE.fullmatch(line) is not None for line in lines)
    stacks = sum(b";" in line for line in lines)
    return bool(lines) and good >= (1 - _WRONG) * len(lines) and (stacks > 0 or good == len(lines))


def read(source: Source, tally: Tally) -> None:
    """Add the file's stacks."""
    stacks = Stacks(tally)
    numbers = _Numbers(stacks)
    lines = _Lines()
    piece: Sequence[bytes] = ()
    apart = _LINE_APART.search(source.head) is not None
    for piece in source.pieces():
        whole = (_LINE_APART.sub(rb":\1)", line) for line in piece) if apart else piece
        stacks.add_texts(lines.counted(whole), b";", numbers)
    cut = lines.last_wrong and b";" in lines.last_wrong and piece[-1] == lines.last_wrong
    if cut or lines.wrong > _WRONG * (lines.wrong + stacks.seen):
        raise source.damaged(NAME, f"{lines.wrong} of its lines have no count at their end")
    if not stacks.seen:
        raise ProfileError(f"{source.path}: has no stack with a count.")
    stacks.flush()


class _Numbers(dict[bytes, int]):
    """The number of each frame by its text, -1 for the names of processes and threads; a text is read once."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks

    def __missing__(self, label: bytes) -> int:
        text = label.decode("utf-8", errors="replace")
        self[label] = number = self._stacks.number(frame_of(text)) if is_frame(text) else -1
        return number


class _Lines:
    """Lines taken apart, and those that could not be."""

    def __init__(self) -> None:
        self.wrong = 0
        self.last_wrong = b""
        self._counts: dict[bytes, float] = {}

    def counted(self, lines: Iterable[bytes]) -> Iterator[tuple[bytes, float]]:
        """(stack, count) of each line that has both."""
        known = self._counts.get
        for line in lines:
            stack, _, count = line.rpartition(b" ")
            weight = known(count)
            if weight is None:
                stack, weight = self._parts(line)
            if weight > 0:
                yield stack, weight

    def _parts(self, line: bytes) -> tuple[bytes, float]:
        """(stack, count) of a line whose count is none of those before."""
        stack, _, count = line.rstrip().replace(b"\t", b" ").rpartition(b" ")
        try:
            weight = float(count)
        except ValueError:
            weight = math.nan
        if not math.isfinite(weight):
            if line.strip() and not line.startswith(b"#"):
                self.wrong += 1
                self.last_wrong = line
            return stack, 0.0
        if len(self._counts) < _MOST_COUNTS:
            self._counts[count] = weight
        return stack, weight
