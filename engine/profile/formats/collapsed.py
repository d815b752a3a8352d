"""Collapsed stacks, as FlameGraph and many profilers write them: `outermost;...;innermost count`, one a line.

py-spy (`-f raw`), perf with stackcollapse-perf.pl, async-profiler, austin, dtrace: what differs is how a frame is
written, see `frame_of`.
"""

import re
from collections.abc import Sequence

from engine.errors import ProfileError
from engine.profile.formats.source import Source
from engine.profile.frames import frame_of
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "collapsed stacks"
_LINE = re.compile(rb"\S.*?[ \t]+\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*")
_NO_FRAME = re.compile(r"P\d+|T(?:0x)?[0-9a-fA-F]+(?::.*)?|(?:process|thread) \S+(?::.*)?|\[?pid \d+\]?.*")
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
    numbers: dict[bytes, int] = {}

    def number(label: bytes) -> int:
        text = label.decode("utf-8", errors="replace")
        return -1 if _NO_FRAME.fullmatch(text) else stacks.number(frame_of(text))

    def read_stack(text: bytes) -> Sequence[int]:
        found: list[int] = []
        for label in text.split(b";") if text else ():
            known = numbers.get(label)
            if known is None:
                known = numbers[label] = number(label)
            if known >= 0:
                found.append(known)
        return found

    wrong = 0
    last = b""
    for lines in source.pieces():
        for line in lines:
            text, _, count = line.rstrip().rpartition(b" ")
            try:
                weight = float(count)
            except ValueError:
                wrong += bool(line.strip() and not line.startswith(b"#"))
                last = line
                continue
            below, _, label = text.rstrip().rpartition(b";")
            top = numbers.get(label)
            if top is None:
                top = numbers[label] = number(label)
            if weight > 0:
                stacks.add_text(below, top, weight, read_stack)
    if wrong > _WRONG * (wrong + stacks.seen) or (wrong and b";" in last and lines and lines[-1] == last):
        raise source.damaged(NAME, f"{wrong} of its lines have no count at their end")
    if not stacks.seen:
        raise ProfileError(f"{source.path}: has no stack with a count.")
    stacks.flush()
