"""Hunks as a person reshapes them: split at a row or into the smallest pieces, and with a new side of their own."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from engine.cosmetic import marked
from engine.decisions import hunks_of, take_step
from engine.errors import EngineError
from engine.generate.hunks import compose
from engine.model import Candidate, Hunk
from engine.protocol import EditHunk, SplitHunk
from engine.session import Session
from engine.source import syntax_problems

ALIKE = 0.4
"""Lines that share at least this much of their words are two versions of one line."""
MAX_PAIRS = 40_000
"""Larger hunks are paired row by row: comparing all their lines would take seconds."""

Piece = tuple[int, int, int, int]
"""(old start, old end, new start, new end) within a hunk, with exclusive ends."""


def split(session: Session, command: SplitHunk) -> list[str]:
    """Split a hunk, as one step that can be undone; the ids of the pieces.

    Raises:
        EngineError: when it cannot be split there, or there is no such hunk.
    """
    candidate, hunk = _one(session, command)
    pieces = _halves(hunk, command.at) if command.at else list(_smallest(hunk))
    if len(pieces) < 2:
        raise EngineError("This hunk is as small as it can be.")
    made = tuple(_piece(hunk, number, piece) for number, piece in enumerate(pieces, start=1))
    take_step(session, candidate, (hunk,), _marked(candidate, hunk, made))
    return [item.id for item in made]


def edit(session: Session, command: EditHunk) -> dict[str, Any]:
    """Give a hunk another new side; {"hunk": its new id, "problem": what is wrong with the syntax, or ""}.

    Raises:
        EngineError: when nothing is left of the change, or there is no such hunk.
    """
    candidate, hunk = _one(session, command)
    if command.new_lines == hunk.old_lines:
        raise EngineError("These are the old lines: nothing of the hunk would be left. Reject it instead.")
    if command.new_lines == hunk.new_lines:
        return {"hunk": hunk.id, "problem": ""}
    id = _new_id(hunk, "\n".join(command.new_lines))
    edited = msgspec.structs.replace(hunk, id=id, new_lines=command.new_lines)
    problem = _problem(candidate, hunk, edited)
    take_step(session, candidate, (hunk,), _marked(candidate, hunk, (edited,)))
    return {"hunk": id, "problem": problem}


def _one(session: Session, command: SplitHunk | EditHunk) -> tuple[Candidate, Hunk]:
    candidate, (hunk,) = hunks_of(session, command.candidate, (command.hunk,))
    if hunk.removes:
        raise EngineError(f"{hunk.file} goes as a whole with this hunk: accept it or reject it.")
    return candidate, hunk


def _marked(candidate: Candidate, gone: Hunk, come: tuple[Hunk, ...]) -> tuple[Hunk, ...]:
    """The hunks that take the place of another, each marked as cosmetic or not."""
    others = tuple(hunk for hunk in candidate.hunks if hunk.id != gone.id)
    return marked(candidate, (*come, *others))[: len(come)]


def _halves(hunk: Hunk, at: int) -> list[Piece]:
    old, new = len(hunk.old_lines), len(hunk.new_lines)
    if not 0 < at < max(old, new):
        raise EngineError("A hunk is split between two of its lines; put the cursor on another one.")
    return [(0, min(at, old), 0, min(at, new)), (min(at, old), old, min(at, new), new)]


def _smallest(hunk: Hunk) -> Iterator[Piece]:
    """Two versions of one line stay together; every other line is a piece of its own."""
    old, new = len(hunk.old_lines), len(hunk.new_lines)
    i = j = 0
    for a, b in [*_pairs(hunk.old_lines, hunk.new_lines), (old, new)]:
        yield from ((row, row + 1, j, j) for row in range(i, a))
        yield from ((a, a, row, row + 1) for row in range(j, b))
        if a < old and b < new:
            yield a, a + 1, b, b + 1
        i, j = a + 1, b + 1


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The lines that are versions of each other: the order-keeping choice with the most in common."""
    if len(old) * len(new) > MAX_PAIRS:
        return list(zip(range(len(old)), range(len(new)), strict=False))
    words = [[set(re.findall(r"\w+|[^\w\s]", line)) for line in side] for side in (old, new)]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            alike = _alike(words[0][i], words[1][j])
            best[i][j] = max(best[i + 1][j], best[i][j + 1], alike + best[i + 1][j + 1] if alike else 0.0)
    found = []
    i = j = 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def _alike(one: set[str], other: set[str]) -> float:
    share = 2 * len(one & other) / max(1, len(one) + len(other))
    return share if share >= ALIKE else 0.0


def _piece(hunk: Hunk, number: int, piece: Piece) -> Hunk:
    i, i_end, j, j_end = piece
    return msgspec.structs.replace(
        hunk,
        id=_new_id(hunk, f"{number} {piece}"),
        old_start=hunk.old_start + i,
        old_lines=hunk.old_lines[i:i_end],
        new_start=hunk.new_start + j,
        new_lines=hunk.new_lines[j:j_end],
        part_of=hunk.part_of or hunk.id,
    )


def _new_id(hunk: Hunk, change: str) -> str:
    return hashlib.sha256(f"{hunk.id}\0{change}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _problem(candidate: Candidate, hunk: Hunk, edited: Hunk) -> str:
    """What the edit breaks in the file with all that is kept of the candidate; what was broken before is no news."""
    before = next((file.text for file in candidate.files if file.path == hunk.file), "")
    others = [item for item in candidate.kept if item.file == hunk.file and item.id != hunk.id]
    known = syntax_problems(hunk.file, compose(before, [*others, hunk]))
    found = syntax_problems(hunk.file, compose(before, [*others, edited]))
    if len(found) <= len(known):
        return ""
    return f"{hunk.file}:{found[0]} cannot be read any more; u takes the edit back."
