"""Fenced blocks of an answer, as LLMs really write them: any length, nested, in a list, or never closed."""

import re
from collections.abc import Sequence

import msgspec

FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)$")


class Fenced(msgspec.Struct, frozen=True, kw_only=True):
    """A fenced block; line numbers are indexes into the answer's lines."""

    start: int
    """The line of the opening fence."""
    end: int
    """The line after the closing fence."""
    info: str
    lines: tuple[str, ...]
    closed: bool


def fenced_blocks(lines: Sequence[str]) -> tuple[Fenced, ...]:
    """All fenced blocks in order, outermost only."""
    found: list[Fenced] = []
    at = 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        if opening is None:
            at += 1
            continue
        block = _block(lines, at, opening)
        found.append(block)
        at = block.end
    return tuple(found)


def _block(lines: Sequence[str], start: int, opening: re.Match[str]) -> Fenced:
    end = _closing(lines, start, opening, nesting=True)
    if end is None:
        end = _closing(lines, start, opening, nesting=False)
    width = len(opening["indent"])
    inner = lines[start + 1 : len(lines) if end is None else end]
    return Fenced(
        start=start,
        end=len(lines) if end is None else end + 1,
        info=opening["info"].strip(),
        lines=tuple(line[width:] if not line[:width].strip() else line for line in inner),
        closed=end is not None,
    )


def _closing(lines: Sequence[str], start: int, opening: re.Match[str], *, nesting: bool) -> int | None:
    """The line that closes the fence; a fence with a language inside opens a block of its own."""
    mark, width, depth = opening["mark"], len(opening["indent"]), 0
    for at in range(start + 1, len(lines)):
        fence = FENCE.match(lines[at])
        if fence is None or fence["mark"][0] != mark[0] or len(fence["indent"]) > width + 3:
            continue
        if fence["info"].strip():
            depth += nesting
        elif len(fence["mark"]) >= (len(mark) if depth == 0 else 3):
            if depth == 0:
                return at
            depth -= 1
    return None


def fence_for(text: str) -> str:
    """A fence that is longer than any run of backticks in `text`."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)
