"""Blocks that a diff removes in one hunk and adds in another: moved, not changed."""

from collections.abc import Iterator, Sequence

from engine.model import Hunk

SMALLEST = 2
"""Lines of a moved block; single lines are equal by chance too often."""
TELLING = 4
"""Characters, blanks aside, from which a line can begin a moved block: braces and `else:` are everywhere."""
MAX_LINES = 20_000
"""Larger diffs are not searched: they are remade while an answer streams."""

Moved = frozenset[tuple[int, bool, int]]
"""(index of the hunk, whether it is on the new side, offset in that side) of each moved line."""


def moved_lines(hunks: Sequence[Hunk]) -> Moved:
    """The lines of blocks that were moved from one hunk to another, whatever their indentation is now."""
    if sum(len(hunk.old_lines) + len(hunk.new_lines) for hunk in hunks) > MAX_LINES or len(hunks) < 2:
        return frozenset()
    added: dict[str, list[tuple[int, int]]] = {}
    for number, hunk in enumerate(hunks):
        for offset, line in enumerate(hunk.new_lines):
            if len(line.strip()) >= TELLING:
                added.setdefault(line.strip(), []).append((number, offset))
    found: set[tuple[int, bool, int]] = set()
    for number, hunk in enumerate(hunks):
        for offset, line in enumerate(hunk.old_lines):
            if (number, False, offset) not in found:
                for other, there in added.get(line.strip(), ()):
                    found.update(_block(hunks, number, offset, other, there))
    return frozenset(found)


def _block(hunks: Sequence[Hunk], number: int, here: int, other: int, there: int) -> Iterator[tuple[int, bool, int]]:
    old, new = hunks[number].old_lines[here:], hunks[other].new_lines[there:]
    size = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a.strip() != b.strip()), None)
    size = min(len(old), len(new)) if size is None else size
    if number != other and size >= SMALLEST:
        for step in range(size):
            yield number, False, here + step
            yield other, True, there + step
