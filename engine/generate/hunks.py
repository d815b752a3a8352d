"""Hunks: the blocks of a diff that a person keeps or drops, and the text that any choice of them makes.

A hunk's lines are parts between "\\n" (see `lines`): they carry no newline, but keep a carriage return. A final
newline is an empty last part, so a hunk that adds or removes it has an empty line more on one side; composing is
lossless for every text.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from engine.errors import EditError
from engine.generate.difference import changes
from engine.generate.lines import join, parts
from engine.model import Hunk


def make_hunks(candidate_id: str, path: str, before: str, after: str) -> tuple[Hunk, ...]:
    """The changed stretches from `before` to `after`, each as small as the diff finds it.

    Composing all of them with `before` gives `after` exactly.
    """
    old, new = parts(before), parts(after)
    return tuple(
        Hunk(
            id=_id(candidate_id, path, i, old[i:i_end], new[j:j_end]),
            file=path,
            old_start=i + 1,
            old_lines=tuple(old[i:i_end]),
            new_start=j + 1,
            new_lines=tuple(new[j:j_end]),
        )
        for i, i_end, j, j_end in changes(old, new)
    )


def removal(candidate_id: str, path: str, before: str, target: str = "") -> Hunk:
    """The hunk that takes a whole file away, moved to `target` if that is not empty."""
    lines = parts(before)
    old = lines[:-1] if len(lines) > 1 and not lines[-1] else lines
    id = _id(candidate_id, path, 0, old, [])
    return Hunk(
        id=id, file=path, old_start=1, old_lines=tuple(old), new_start=1, new_lines=(), removes=True, target=target
    )


def renumbered(hunks: Iterable[Hunk]) -> tuple[Hunk, ...]:
    """Hunks of one candidate in order, file by file, each with the place it has in the new text now."""
    made: list[Hunk] = []
    by_file: dict[str, list[Hunk]] = {}
    for hunk in hunks:
        by_file.setdefault(hunk.file, []).append(hunk)
    for items in by_file.values():
        shift = 0
        for hunk in sorted(items, key=_place):
            made.append(msgspec.structs.replace(hunk, new_start=hunk.old_start + shift))
            shift += len(hunk.new_lines) - len(hunk.old_lines)
    return tuple(made)


def _place(hunk: Hunk) -> tuple[int, int, int]:
    return hunk.old_start, len(hunk.old_lines), hunk.new_start


def compose(before: str, hunks: Iterable[Hunk]) -> str:
    """What any choice of hunks makes of `before`; the same change from two candidates is made once.

    A file that goes as a whole is an empty text here; `composed` tells the two apart.

    Raises:
        EditError: when two hunks conflict, or one was not made from `before`.
    """
    return composed(before, hunks) or ""


def composed(before: str, hunks: Iterable[Hunk]) -> str | None:
    """What `compose` says, and None when the file goes as a whole.

    Raises:
        EditError: as `compose` does.
    """
    hunks = tuple(hunks)
    if any(hunk.removes for hunk in hunks):
        others = [hunk for hunk in hunks if not hunk.removes]
        if others:
            at = f"{others[0].file}:{others[0].old_start}"
            raise EditError(f"hunks conflict at {at}: another one removes the file; reject one of the two.")
        return None
    old = parts(before)
    made: list[str] = []
    done = 0
    last: Hunk | None = None
    for hunk in sorted(hunks, key=_place):
        if last is not None and _same(last, hunk) and not _pieces(last, hunk):
            continue
        start = hunk.old_start - 1
        end = start + len(hunk.old_lines)
        if start < done or (last is not None and _at_one_place(last, hunk)):
            raise EditError(f"hunks conflict at {hunk.file}:{hunk.old_start}; reject one of the two.")
        if tuple(old[start:end]) != hunk.old_lines:
            raise EditError(f"{hunk.file}:{hunk.old_start} is not what the hunk was made from; optimise again.")
        made += old[done:start]
        made += hunk.new_lines
        done, last = end, hunk
    return join(made + old[done:])


def conflicts(hunks: Iterable[Hunk]) -> list[tuple[Hunk, Hunk]]:
    """The pairs that `compose` cannot take together, the later one in its file first."""
    found: list[tuple[Hunk, Hunk]] = []
    before: list[Hunk] = []
    for hunk in sorted(hunks, key=lambda item: (item.file, *_place(item))):
        before = [other for other in before if other.file == hunk.file]
        found += [(hunk, other) for other in before if _clash(other, hunk)]
        before.append(hunk)
    return found


def _clash(one: Hunk, other: Hunk) -> bool:
    """Whether `other`, which is not before `one`, cannot be made beside it."""
    if one.removes or other.removes:
        return not (one.removes and other.removes)
    if _same(one, other) and not _pieces(one, other):
        return False
    return other.old_start < one.old_start + len(one.old_lines) or _at_one_place(one, other)


def _same(one: Hunk, other: Hunk) -> bool:
    return (one.old_start, one.old_lines, one.new_lines) == (other.old_start, other.old_lines, other.new_lines)


def _at_one_place(one: Hunk, other: Hunk) -> bool:
    """Two insertions before the same line: nothing says which comes first, but for pieces of one hunk."""
    return one.old_start == other.old_start and not one.old_lines and not other.old_lines and not _pieces(one, other)


def _pieces(one: Hunk, other: Hunk) -> bool:
    """Two parts of one hunk: `new_start` tells their order, and equal lines are meant twice."""
    return one.part_of != "" and one.part_of == other.part_of and one.id != other.id


def _id(candidate_id: str, path: str, start: int, old: list[str], new: list[str]) -> str:
    digest = hashlib.sha256()
    for piece in (candidate_id, path, str(start), join(old), join(new), f"{len(old)} {len(new)}"):
        digest.update(piece.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]
