"""Syntax colours of a long text, found block by block when a line of the block is first painted.

Lexing 10,000 lines at once takes a second; a block of 32 lines takes a few milliseconds. A block that follows on one
whose end is known to be outside of strings and comments starts there; any other has 64 lines of run-up, so that a lexer
that starts in the middle of a string or comment has most likely found its feet.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tui.widgets.syntax import tokens

BLOCK, RUN_UP = 32, 64
LONG = 2_000
"""Longer lines are left plain: no source is written like that, and lexers are slow on them."""

Span = tuple[int, int, str]
"""(first character, character after the last, syntax key)"""
SPANNING = ("string", "comment")
"""What can go on from one line to the next."""


class Lexed(NamedTuple):
    """The coloured spans of the lines of one block."""

    lines: tuple[tuple[Span, ...], ...]
    inside: tuple[bool, ...]
    """For each line, and the one below the last, whether a string or comment goes on in it from above."""


class LexedLines:
    """The coloured spans of each line of one text."""

    def __init__(self, lines: Sequence[str], path: str) -> None:
        self.lines = lines
        self._path = path
        self._blocks: dict[int, Lexed] = {}

    def spans(self, index: int) -> tuple[Span, ...]:
        """What is coloured in the line at `index` (from 0)."""
        lines = self._block(index // BLOCK).lines
        return lines[index % BLOCK] if index % BLOCK < len(lines) else ()

    def is_inside(self, index: int) -> bool:
        """Whether a string or comment goes on in the line at `index` from above."""
        return index < len(self.lines) and self._block(index // BLOCK).inside[index % BLOCK]

    def _block(self, number: int) -> Lexed:
        found = self._blocks.get(number)
        if found is None:
            start = number * BLOCK
            before = self._blocks.get(number - 1)
            above = start if before is not None and not before.inside[-1] else max(0, start - RUN_UP)
            text = "".join(_lexable(line) + "\n" for line in self.lines[above : start + BLOCK])
            found = self._blocks[number] = _lexed(text, self._path, start - above)
        return found


def _lexable(line: str) -> str:
    """The line for a lexer: of the same length, without what pygments would take for a line end or drop."""
    return "" if len(line) > LONG else line.replace("\r", " ").replace("\ufeff", " ")


@lru_cache(maxsize=256)
def _lexed(text: str, path: str, skip: int) -> Lexed:
    """Cached by text: while an answer streams, the blocks that did not change are not lexed again."""
    lines: list[list[Span]] = [[]]
    inside = [False]
    at = 0
    for value, key in tokens(text, path):
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                inside.append(key in SPANNING)
                at = 0
            if key and part:
                line = lines[-1]
                joined = bool(line) and line[-1][1:] == (at, key)
                begin = line.pop()[0] if joined else at
                line.append((begin, at + len(part), key))
            at += len(part)
    return Lexed(tuple(map(tuple, lines[skip:-1])), tuple(inside[skip:]))
