"""A text cut where its style changes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style


def pieces(text: str, marks: Sequence[tuple[int, int, Style]]) -> Iterator[Segment]:
    """`text` in pieces, each with all styles that cover it; later marks lie over earlier ones."""
    edges = sorted({0, len(text), *(min(edge, len(text)) for start, end, _ in marks for edge in (start, end))})
    for start, end in pairwise(edges):
        styles = [style for first, last, style in marks if first <= start and end <= last]
        yield Segment(text[start:end], Style.combine(styles))
