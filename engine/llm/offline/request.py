"""Reads what MPCO sends to an optimiser: which function, in which file, and in which form the answer is wanted."""

import re

import msgspec

from engine.model import EditFormat

FIRST_LINE = re.compile(
    r"Optimise the function `(?P<name>[^`]+)` in `(?P<path>[^`]+)` \(lines (?P<a>\d+) to (?P<b>\d+)\)"
)
FORMAT = re.compile(r"^### Answer format: (function|search_replace|file|diff)\b", re.MULTILINE)
LEFT_OUT = re.compile(r"`{3,}\s*The file has \d+ lines\. Left out")
FENCE = re.compile(r"^(`{3,})[^`\n]*\n", re.MULTILINE)


class Request(msgspec.Struct, frozen=True):
    """One function to optimise."""

    function: str
    """Qualified name."""
    path: str
    line: int
    end_line: int
    file: str
    """Text of the whole file, or of those parts that were sent."""
    edit_format: EditFormat
    code: str
    """Text of the function, with its own indentation."""
    partial: bool
    """Whether parts of the file were left out, so that only the function can be given whole."""


def read(message: str) -> Request | None:
    """The request in a user message; None when it is not one."""
    head = FIRST_LINE.search(message)
    if head is None:
        return None
    file, file_end = _fenced(message, "### Enclosing file", head.end())
    function, end = _fenced(message, "### Function to optimise", file_end)
    wanted = FORMAT.search(message, end)
    if function is None:
        return None
    edit_format: EditFormat = msgspec.convert(wanted.group(1) if wanted else "function", EditFormat)
    partial = file is None or bool(LEFT_OUT.match(message, file_end))
    return Request(
        head["name"], head["path"], int(head["a"]), int(head["b"]), file or "", edit_format, function, partial
    )


def _fenced(message: str, heading: str, start: int) -> tuple[str | None, int]:
    """(text of the fenced block below `heading`, where it ends), looking from `start` on."""
    place = message.find(f"\n{heading}", start)
    fence = FENCE.search(message, place) if place >= 0 else None
    if fence is None:
        return None, start
    closing = re.compile(rf"^{fence.group(1)}[ \t]*$", re.MULTILINE).search(message, fence.end())
    end = closing.start() if closing else len(message)
    return message[fence.end() : end], end
