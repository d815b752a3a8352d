"""What the readers of the languages have in common: a finding, and what is new among findings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Finding(NamedTuple):
    """Something of interest at a line of the new text."""

    kind: str
    line: int
    text: str
    key: str = ""
    """Equal for the same thing before and after, wherever it has moved to."""


def added(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[Finding]:
    """The findings of the text after that the text before does not have as often."""
    known = Counter((item.kind, item.key) for item in before)
    for item in after:
        if known[item.kind, item.key] > 0:
            known[item.kind, item.key] -= 1
        else:
            yield item


def fresh(found: Iterable[Finding]) -> list[Finding]:
    """Each kind once a line."""
    first: dict[tuple[str, int], Finding] = {}
    for item in found:
        first.setdefault((item.kind, item.line), item)
    return list(first.values())
