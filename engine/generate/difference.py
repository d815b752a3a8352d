"""The one diff engine: what is shown as hunks and what is written in patches both come from here.

Patience first (lines that are unique on both sides anchor the rest), because it keeps moved or repeated blocks
readable; difflib for the stretches that have no unique line.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Span = tuple[int, int, int, int]
"""(old start, old end, new start, new end), as indexes with exclusive ends."""


def changes(old: Sequence[str], new: Sequence[str]) -> list[Span]:
    """The changed stretches in order; between two of them there is at least one unchanged line."""
    spans: list[Span] = []
    i = j = 0
    for a, b, size in [*_matches(old, new), (len(old), len(new), 0)]:
        if a > i or b > j:
            spans.append((i, a, j, b))
        i, j = a + size, b + size
    return spans


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal lines as (old start, new start, length), adjacent runs joined."""
    run = (0, 0, 0)
    for i, j, size in _blocks(old, new, 0, len(old), 0, len(new)):
        if run[0] + run[2] == i and run[1] + run[2] == j:
            run = (run[0], run[1], run[2] + size)
        else:
            if run[2]:
                yield run
            run = (i, j, size)
    if run[2]:
        yield run


def _blocks(
    old: Sequence[str], new: Sequence[str], i: int, i_end: int, j: int, j_end: int
) -> Iterator[tuple[int, int, int]]:
    head = 0
    while i + head < i_end and j + head < j_end and old[i + head] == new[j + head]:
        head += 1
    yield i, j, head
    i, j, tail = i + head, j + head, 0
    while i_end - tail > i and j_end - tail > j and old[i_end - tail - 1] == new[j_end - tail - 1]:
        tail += 1
    i_end, j_end = i_end - tail, j_end - tail
    if i < i_end and j < j_end:
        anchors = _anchors(old, new, i, i_end, j, j_end)
        if anchors:
            for a, b in [*anchors, (i_end, j_end)]:
                yield from _blocks(old, new, i, a, j, b)
                if a < i_end:
                    yield a, b, 1
                i, j = a + 1, b + 1
        else:
            matcher = SequenceMatcher(None, old[i:i_end], new[j:j_end], autojunk=False)
            yield from ((i + a, j + b, size) for a, b, size in matcher.get_matching_blocks())
    yield i_end, j_end, tail


def _anchors(old: Sequence[str], new: Sequence[str], i: int, i_end: int, j: int, j_end: int) -> list[tuple[int, int]]:
    """Lines that occur once on each side, as the longest sequence that keeps its order."""
    here, there = Counter(old[i:i_end]), Counter(new[j:j_end])
    places = {line: b for b, line in enumerate(new[j:j_end], j) if there[line] == 1}
    pairs = [(a, places[line]) for a, line in enumerate(old[i:i_end], i) if here[line] == 1 and line in places]
    ends: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, b) in enumerate(pairs):
        at = bisect_left(ends, b)
        before.append(piles[at - 1] if at else -1)
        ends[at : at + 1], piles[at : at + 1] = [b], [index]
    chain, index = [], piles[-1] if piles else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]
