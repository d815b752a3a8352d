"""Hunks of a file that has changed since: where their lines are now, if they are there at all.

Nothing is searched for: the difference between the two versions of the file says where each line went. A hunk whose
own lines it touches does not fit any more, however similar they still look.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import msgspec

from engine.generate.difference import Span, changes
from engine.generate.lines import parts
from engine.model import Hunk

Place = Hunk | Literal["there", "gone"]
"""The hunk at its place in the file as it is now; or that its new lines are there already; or that its old lines are
not there any more."""


def moved(hunks: Iterable[Hunk], before: str, now: str) -> Mapping[str, Place]:
    """What became of each hunk, made from the text `before`, in the text `now`; by its id."""
    old, new, spans = _difference(before, now)
    return {hunk.id: _place(hunk, old, new, spans) for hunk in hunks}


@lru_cache(maxsize=4)  # many candidates are of one file
def _difference(before: str, now: str) -> tuple[list[str], list[str], list[Span]]:
    old, new = parts(before), parts(now)
    return old, new, changes(old, new)


def _place(hunk: Hunk, old: Sequence[str], new: Sequence[str], spans: Sequence[Span]) -> Place:
    start, end = hunk.old_start - 1, hunk.old_start - 1 + len(hunk.old_lines)
    if any(_is_made(hunk, start, end, new, span) for span in spans):
        return "there"
    if hunk.removes and spans:  # whatever has changed in the file would go with it unseen
        return "gone"
    # Lines that go in between two others need both of them; lines that replace others need those only.
    first, last = (max(0, start - 1), min(len(old), end + 1)) if start == end else (start, end)
    if any(_touches(span, first, last, start, end) for span in spans):
        return "gone"
    shift = sum((j_end - j) - (i_end - i) for i, i_end, j, j_end in spans if i_end <= start)
    if tuple(new[start + shift : end + shift]) != hunk.old_lines:
        return "gone"
    return msgspec.structs.replace(hunk, old_start=hunk.old_start + shift, new_start=hunk.new_start + shift)


def _is_made(hunk: Hunk, start: int, end: int, new: Sequence[str], span: Span) -> bool:
    i, i_end, j, j_end = span
    return (i, i_end) == (start, end) and tuple(new[j:j_end]) == hunk.new_lines


def _touches(span: Span, first: int, last: int, start: int, end: int) -> bool:
    i, i_end, *_ = span
    if start == end and i == i_end:  # two insertions at one place: nothing says which comes first
        return i == start
    return i < last and i_end > first
