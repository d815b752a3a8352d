"""Search/replace blocks, with the markers that LLMs really write (lengths, old names, a name after SEARCH)."""

import re
from collections.abc import Collection, Sequence

import msgspec

from engine.generate.edits import Block, Broken, elision
from engine.generate.names import mentioned_above, named_above, named_by

HEAD = re.compile(r"^([ \t]*)<{5,9} ?(?:SEARCH|ORIGINAL|HEAD)\b[ >:]*(.*)$")
DIVIDER = re.compile(r"^={5,9}\s*$")
TAIL = re.compile(r"^>{5,9} ?(?:REPLACE|UPDATED)\b.*$")
PART_OF_MARKER = re.compile(r"^(?:={1,9}|>{1,9}(?: ?[A-Z]*)?|`{1,}|~{1,})$")
"""The last line of a text that still streams, when it may become a divider, a tail or a fence."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An edit and the lines of the answer that it takes up."""

    start: int
    end: int
    edit: Block | Broken


def find_blocks(lines: Sequence[str], known: Collection[str], default: str, *, partial: bool) -> tuple[Found, ...]:
    """All search/replace blocks; a block that names no file is about the file of the one before, else `default`."""
    found: list[Found] = []
    at, file = 0, ""
    while at < len(lines):
        head = HEAD.match(lines[at])
        if head is None:
            at += 1
            continue
        named = named_above(lines, at, known) or named_by(head[2], known)
        file = named or file or mentioned_above(lines, at, known) or default
        block = _read(lines, at, len(head[1]), file, partial=partial)
        found.append(block)
        at = block.end
    return tuple(found)


def _read(lines: Sequence[str], start: int, width: int, file: str, *, partial: bool) -> Found:
    body: list[str] = []
    dividers: list[int] = []
    end, closed = start + 1, False
    while end < len(lines):
        line = lines[end][width:] if not lines[end][:width].strip() else lines[end]
        end += 1
        if TAIL.match(line):
            closed = True
            break
        if HEAD.match(line):
            end -= 1
            break
        if DIVIDER.match(line):
            dividers.append(len(body))
        body.append(line)
    text = "\n".join(lines[start:end])
    return Found(start=start, end=end, edit=_edit(body, dividers, file, text, closed=closed, partial=partial))


def _edit(body: list[str], dividers: list[int], file: str, text: str, *, closed: bool, partial: bool) -> Block | Broken:
    if partial and not closed:
        body = body[:-1] if body and PART_OF_MARKER.match(body[-1].strip()) else body
        split = dividers[0] if dividers else len(body)
        replace = body[split + 1 :] if dividers else body
        return Block(file=file, text=text, complete=False, search=tuple(body[:split]), replace=tuple(replace))
    if not closed:
        reason = "The answer was cut off in the middle of a search/replace block; ask again."
        return Broken(file=file, text=text, complete=False, reason=reason)
    if not dividers:
        return Broken(file=file, text=text, reason="A search/replace block has no ======= between its two parts.")
    split = dividers[0]
    search, replace = body[:split], body[split + 1 :]
    left_out = elision("\n".join(replace))
    if left_out and left_out not in (line.strip() for line in search):
        return Broken(file=file, text=text, reason=f"The LLM left out code ({left_out!r}), which cannot be applied.")
    return Block(file=file, text=text, search=tuple(search), replace=tuple(replace))
