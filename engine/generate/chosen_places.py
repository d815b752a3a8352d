"""What a person has said about edits that have no place of their own: where each goes, or that it is left out.

A place is a line of the file as it was before the answer. The edits of an answer are made one after the other, so
that line has to be found in what the edits before have made of the file, and the other way round.
"""

from collections.abc import Iterable, Sequence

import msgspec

from engine.errors import EditError
from engine.generate.difference import Span, changes
from engine.generate.edits import Block, Edit
from engine.generate.lines import parts
from engine.model import Hunk, Placement

Text = str | None


class Choices:
    """The placements of one answer while its edits are made."""

    def __init__(self, placements: Iterable[Placement]) -> None:
        self._placements = {item.edit: item for item in placements}
        self._made: list[tuple[str, int, int]] = []
        """(path, line, how many lines were sought) of what went where a person has said."""

    def leaves_out(self, edit: Edit) -> bool:
        """Whether a person wants the answer without this edit."""
        placement = self._placements.get(edit.number)
        return placement is not None and placement.line == 0

    def placed(self, edit: Edit, before: Text, now: Text) -> Edit:
        """The edit with the line that it begins at in `now`, when a person has chosen its place.

        Raises:
            EditError: when an edit before it has changed that line.
        """
        placement = self._placements.get(edit.number)
        if placement is None or not isinstance(edit, Block) or before is None or now is None:
            return edit
        path, line = placement.file, placement.line
        spans = _spans(before, now)
        if any(start < line <= end for start, end, _, _ in spans):
            raise EditError(f"{path}: line {line}, where you placed it, is changed by another edit of the answer.")
        self._made.append((path, line, len(edit.search)))
        return msgspec.structs.replace(edit, at=line + sum(_growth(span) for span in spans if span[1] < line))

    def places(self, starts: Sequence[int], before: Text, now: Text) -> tuple[int, ...]:
        """The lines of `before` that those indexes of `now` are, without what the answer itself has made."""
        spans = _spans(before or "", now or "")
        found = (_line_before(start, spans) for start in starts)
        return tuple(line for line in found if line)

    def told(self, hunk: Hunk) -> Hunk:
        """The hunk with what is to be said of its place, when a person has chosen it."""
        mine = [
            f"{path}:{line}" for path, line, count in self._made if hunk.file == path and lies_in(hunk, line, count)
        ]
        return msgspec.structs.replace(hunk, placed=f"placed by you at {' and '.join(mine)}") if mine else hunk


def lies_in(hunk: Hunk, line: int, count: int) -> bool:
    """Whether the hunk changes any of the `count` lines from `line` on, or adds lines beside them."""
    reach = 0 if hunk.old_lines else 1
    return hunk.old_start < line + count + reach and hunk.old_start + len(hunk.old_lines) > line - reach


def _line_before(at: int, spans: Sequence[Span]) -> int:
    """The line before that index `at` is now; 0 for a line that was not there."""
    if any(start <= at < end for _, _, start, end in spans):
        return 0
    return at + 1 - sum(_growth(span) for span in spans if span[3] <= at)


def _growth(span: Span) -> int:
    start, end, new_start, new_end = span
    return (new_end - new_start) - (end - start)


def _spans(before: str, now: str) -> Sequence[Span]:
    return changes(parts(before), parts(now)) if before != now else ()
