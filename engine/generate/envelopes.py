"""Edits between `*** Begin Patch` and `*** End Patch`, as coding agents are taught to write them: no line numbers."""

import re
from collections.abc import Collection, Sequence

import msgspec

from engine.generate.edits import Block, Broken, Code, Delete, Edit, Move, elision
from engine.generate.names import resolved

BEGIN = re.compile(r"^\*\*\* Begin Patch\s*$")
END = re.compile(r"^\*\*\* End Patch\s*$")
FILE = re.compile(r"^\*\*\* (Update|Add|Delete) File: (.+?)\s*$")
MOVE = re.compile(r"^\*\*\* Move to: (.+?)\s*$")
SECTION = re.compile(r"^@@ ?(.*?)(?: @@)?\s*$")
END_OF_FILE = "*** End of File"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A patch and the lines of the answer that it takes up."""

    start: int
    end: int
    edits: tuple[Edit, ...]


def find_envelopes(lines: Sequence[str], known: Collection[str], *, partial: bool) -> tuple[Envelope, ...]:
    """All patches of an answer."""
    found: list[Envelope] = []
    at = 0
    while at < len(lines):
        if not BEGIN.match(lines[at]):
            at += 1
            continue
        end = next((to for to in range(at + 1, len(lines)) if END.match(lines[to])), None)
        body = lines[at + 1 : len(lines) if end is None else end]
        edits = _edits(body, known)
        if end is None and edits:
            edits[-1] = _unfinished(edits[-1], partial=partial)
        stop = len(lines) if end is None else end + 1
        found.append(Envelope(start=at, end=stop, edits=tuple(edits)))
        at = stop
    return tuple(found)


def _unfinished(edit: Edit, *, partial: bool) -> Edit:
    if partial:
        return msgspec.structs.replace(edit, complete=False)
    reason = "The answer was cut off in the middle of a patch; ask again."
    return Broken(file=edit.file, text=edit.text, complete=False, reason=reason)


def _edits(body: Sequence[str], known: Collection[str]) -> list[Edit]:
    edits: list[Edit] = []
    at = 0
    while at < len(body):
        head = FILE.match(body[at])
        at += 1
        if head is None:
            continue
        to = next((to for to in range(at, len(body)) if FILE.match(body[to])), len(body))
        edits += _file(head[1], resolved(head[2], known) or head[2], body[at:to], known)
        at = to
    return edits


def _file(verb: str, path: str, body: Sequence[str], known: Collection[str]) -> list[Edit]:
    text = "\n".join(body)
    if verb == "Delete":
        return [Delete(file=path, text=text)]
    if verb == "Add":
        return [_added(path, [line[1:] if line.startswith("+") else line for line in body], text)]
    edits: list[Edit] = []
    move = MOVE.match(body[0]) if body else None
    below, lines = "", list[str]()
    for line in [*(body[1:] if move else body), "@@"]:
        section = SECTION.match(line)
        if section is None:
            lines.append(line)
            continue
        if any(line.strip() for line in lines):
            edits.append(_block(path, lines, below))
        below, lines = section[1], []
    if move:
        edits.append(Move(file=resolved(move[1], known) or move[1], text=text, origin=path))
    return edits


def _added(path: str, lines: Sequence[str], text: str) -> Edit:
    code = "\n".join(lines) + "\n"
    left_out = elision(code)
    if left_out:
        return Broken(file=path, text=text, reason=f"The LLM left out code ({left_out!r}), which cannot be applied.")
    return Code(file=path, text=text, code=code, whole=True)


def _block(path: str, lines: list[str], below: str) -> Edit:
    text = "\n".join(lines)
    while lines and (not lines[-1].strip() or lines[-1].startswith(END_OF_FILE)):
        lines = lines[:-1]
    left_out = elision("\n".join(line[1:] for line in lines if line.startswith("+")))
    if left_out:
        return Broken(file=path, text=text, reason=f"The LLM left out code ({left_out!r}), which cannot be applied.")
    search = tuple(line[1:] if line[:1] in (" ", "-") else line for line in lines if line[:1] != "+")
    replace = tuple(line[1:] if line[:1] in (" ", "+") else line for line in lines if line[:1] != "-")
    if not any(line.strip() for line in search):
        if not below:
            return Broken(file=path, text=text, reason=f"{path}: a part of the patch does not say where it goes.")
        search, replace = (below,), (below, *replace)
    return Block(file=path, text=text, search=search, replace=replace, below=below)
