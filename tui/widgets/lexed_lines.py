"""Syntax colours of a long text, found block by block when a line of the block is first painted.

Lexing 10,000 lines at once takes a second; a block of 64 lines takes a few milliseconds. A block that follows on one
whose end is known to be outside of strings and comments starts there; any other has 64 lines of run-up, so that a lexer
that starts in the middle of a string or comment has most likely found its feet.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tui.widgets.syntax import tokens

BLOCK = 64
LONG = 2_000
"""Longer lines are left plain: no source is written like that, and lexers are slow on them."""

Span = tuple[int, int, str]
"""(first character, character after the last, syntax key)"""
SPANNING = ("string", "comment")
"""What can go on from one line to the next."""


class Lexed(NamedTuple):
    """The coloured spans of the lines of one block."""

    lines: tuple[tuple[Span, ...], ...]
    closed: bool
    """Whether no string or comment goes on below the last line."""


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

    def prepare(self, index: int) -> bool:
        """Lex the block of the line at `index` ahead of its painting; False when that was done before."""
        if index // BLOCK in self._blocks:
            return False
        self._block(index // BLOCK)
        return True

    def _block(self, number: int) -> Lexed:
        found = self._blocks.get(number)
        if found is None:
            start = number * BLOCK
            before = self._blocks.get(number - 1)
            above = start if before is not None and before.closed else max(0, start - BLOCK)
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
    at, closed = 0, True
    for value, key in tokens(text, path):
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                at, closed = 0, key not in SPANNING
            if key and part:
                lines[-1].append((at, at + len(part), key))
            at += len(part)
    return Lexed(tuple(map(tuple, lines[skip:-1])), closed)
