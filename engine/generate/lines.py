"""Texts as lists of parts between newlines, the one way of counting lines in this package.

A text is split at "\\n" and nowhere else, so a form feed, a lone "\\r" or a Unicode line separator stays inside its
line and line numbers agree with editors, compilers and git. A text that ends in a newline has an empty last part:
joining the parts is lossless, and adding or removing the final newline is the change of that empty part.
"""

from collections.abc import Sequence

BYTE_ORDER_MARK = "\ufeff"


def parts(text: str) -> list[str]:
    """The lines of `text` without their newline; a final newline is an empty last part."""
    return text.split("\n")


def join(lines: Sequence[str]) -> str:
    """The text that `parts` came from."""
    return "\n".join(lines)


def code_lines(text: str) -> list[str]:
    """The lines of an answer's piece of code: no empty part for a final newline."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def normalised(text: str) -> str:
    """An answer with plain newlines and no byte order mark."""
    return text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n")


def uses_crlf(text: str) -> bool:
    """Whether most lines of a file end in CRLF."""
    return text.count("\r\n") * 2 > text.count("\n")


def visible(line: str) -> str:
    """A part of a CRLF file as it is seen: without the carriage return."""
    return line[:-1] if line.endswith("\r") else line


def indent_of(line: str) -> str:
    """The leading blanks of a line."""
    return line[: len(line) - len(line.lstrip(" \t"))]


class FileLines:
    """The lines of a file under edit: callers see and give plain lines, the file keeps its own line endings."""

    def __init__(self, text: str) -> None:
        self._parts = parts(text)
        self._crlf = uses_crlf(text)
        self.seen = [visible(line) for line in self._parts]

    def replace(self, start: int, end: int, new: Sequence[str]) -> None:
        """Replace the lines at indexes start to end (exclusive) by plain lines."""
        made = [line + "\r" for line in new] if self._crlf else list(new)
        at_end = end == len(self._parts)
        if made and at_end and self._crlf:
            made[-1] = made[-1][:-1]
            if start == end:  # appended after a last line that had no newline yet
                self._parts[-1] += "\r"
        for offset, line in enumerate(self._parts[start : min(end, start + len(made))]):
            if visible(line) == visible(made[offset]) and not at_end:
                made[offset] = line  # an unchanged line of a file with mixed endings keeps its own
        self._parts[start:end] = made
        self.seen[start:end] = [visible(line) for line in made]

    @property
    def text(self) -> str:
        """The whole file."""
        return join(self._parts)
