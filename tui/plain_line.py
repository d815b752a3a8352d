"""Lines of foreign text made safe to show: tabs become blanks, and characters that would act become visible.

Answers come from LLMs and code from anywhere: an escape sequence must never reach the terminal, and a character that
reverses or hides text (as in "Trojan Source") must not make a diff read differently from what a compiler sees.
"""

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len

TAB = 4
"""Cells between two tab stops."""
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


class PlainLine:
    """A line as it is shown, and where its characters have gone."""

    __slots__ = ("_moved", "text")

    def __init__(self, text: str, moved: tuple[int, ...] | None) -> None:
        self.text = text
        self._moved = moved

    @property
    def as_it_was(self) -> bool:
        """Whether each character is where it was in the original."""
        return self._moved is None

    def place(self, index: int) -> int:
        """Where the character at `index` of the original begins in `text`."""
        if self._moved is None:
            return min(index, len(self.text))
        return self._moved[min(index, len(self._moved) - 1)]


@lru_cache(maxsize=4096)
def plain_line(text: str) -> PlainLine:
    """`text` (one line) without tabs and without characters that act on a terminal or hide others."""
    if not _ACTING.search(text):
        return PlainLine(text, None)
    pieces: list[str] = []
    moved: list[int] = []
    length = column = 0
    for character in text:
        shown = " " * (TAB - column % TAB) if character == "\t" else _visible(character)
        moved.append(length)
        pieces.append(shown)
        length += len(shown)
        column += cell_len(shown)
    moved.append(length)
    return PlainLine("".join(pieces), tuple(moved))


def plain_text(text: str) -> str:
    """A text of several lines made safe to show."""
    return "\n".join(plain_line(line.removesuffix("\r")).text for line in text.split("\n"))


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(character) == "Cs":
        return "\ufffd"
    return f"‹{code:X}›" if _ACTING.match(character) else character


def inert(text: str) -> str:
    """`text` without the characters that act; none of them takes a cell, so the width stays."""
    return _ACTING.sub("", text)


def escaped_json(text: str) -> str:
    """JSON with an escape for each acting character; line ends between values stay as they are."""
    return _ACTING.sub(lambda found: found[0] if found[0] in "\n\r\t" else f"\\u{ord(found[0]):04x}", text)
