"""Syntax colours of a long text, found block by block when a line of the block is first painted.

Lexing 10,000 lines at once takes a second; a block of 64 lines with 64 lines of run-up (so that a lexer that starts in
the middle of a string or comment has most likely found its feet) takes a few milliseconds.
"""

from collections.abc import Sequence
from functools import lru_cache

from tui.widgets.syntax import Piece, highlight

BLOCK = 64
LONG = 2_000
"""Longer lines are left plain: no source is written like that, and lexers are slow on them."""

Span = tuple[int, int, str]
"""(first character, character after the last, syntax key)"""
Lexed = tuple[tuple[Span, ...], ...]


class LexedLines:
    """The coloured spans of each line of one text."""

    def __init__(self, lines: Sequence[str], path: str) -> None:
        self.lines = lines
        self._path = path
        self._blocks: dict[int, Lexed] = {}

    def spans(self, index: int) -> tuple[Span, ...]:
        """What is coloured in the line at `index` (from 0)."""
        block = self._block(index // BLOCK)
        return block[index % BLOCK] if index % BLOCK < len(block) else ()

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
            above = max(0, start - BLOCK)
            text = "\n".join(map(_lexable, self.lines[above : start + BLOCK]))
            found = self._blocks[number] = _lexed(text, self._path, start - above)
        return found


def _lexable(line: str) -> str:
    """The line for a lexer: of the same length, without what pygments would take for a line end or drop."""
    return "" if len(line) > LONG else line.replace("\r", " ").replace("\ufeff", " ")


@lru_cache(maxsize=256)
def _lexed(text: str, path: str, skip: int) -> Lexed:
    """Cached by text: while an answer streams, the blocks that did not change are not lexed again."""
    return tuple(_spans(line) for line in highlight(text, path)[skip:])


def _spans(line: list[Piece]) -> tuple[Span, ...]:
    spans = []
    start = 0
    for text, key in line:
        if key:
            spans.append((start, start + len(text), key))
        start += len(text)
    return tuple(spans)
