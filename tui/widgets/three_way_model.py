"""Rows of a baseline with two changed texts beside it: every line of the baseline is in one row with what became of it.

A line that one side replaces stands beside the line it replaces; what a side adds beyond that has rows of its own,
which the two sides share. Only changed stretches are laid out; of the others a block says where they are.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from engine.model import BaselineFile, Hunk

CONTEXT = 3
"""Unchanged lines that stay visible around a change."""
State = Literal["same", "new", "gap"]
"""As in the baseline, of the side itself, or nothing: the line is gone, or only the other side has one here."""
Hidden = tuple[int, int]
"""(file, first line of a stretch that is unfolded)"""


class Cell(NamedTuple):
    """One line of one text."""

    number: int
    """From 1; 0 for a gap."""
    text: str
    state: State


GAP = Cell(0, "", "gap")


class Row(NamedTuple):
    """One row: the baseline and both sides, or a file's name, or a fold."""

    kind: Literal["line", "fold", "file"]
    file: int
    base: Cell = GAP
    sides: tuple[Cell, Cell] = (GAP, GAP)
    change: int = -1
    """Index of the change that the row is part of; -1 outside of any."""
    hidden: int = 0
    """How many lines a fold hides."""

    @property
    def changed(self) -> tuple[bool, bool]:
        """Which of the sides differ from the baseline here."""
        one, other = (side.state == "new" or (side == GAP and self.base != GAP) for side in self.sides)
        return one, other


class _Block(NamedTuple):
    kind: Literal["same", "fold", "change", "file"]
    file: int
    start: int
    """Index of its first line of the baseline."""
    shifts: tuple[int, int]
    rows: int
    folded: int = 0
    lines: tuple[Row, ...] = ()


class File(NamedTuple):
    """One file's baseline and the texts that the sides make of it."""

    path: str
    base: Sequence[str]
    sides: tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class ThreeWayModel:
    """All rows of two candidates beside their baseline."""

    files: tuple[File, ...] = ()
    blocks: tuple[_Block, ...] = ()
    starts: tuple[int, ...] = ()
    """The first row of each block."""
    rows: int = 0
    changes: tuple[int, ...] = ()
    """The first row of each change."""
    width: int = 0
    """Characters of the longest line."""

    def row(self, index: int) -> Row:
        """The row at `index`."""
        number = bisect_right(self.starts, index) - 1
        block, offset = self.blocks[number], index - self.starts[number]
        match block.kind:
            case "file":
                return Row("file", block.file)
            case "fold":
                return Row("fold", block.file, hidden=block.folded)
            case "change":
                return block.lines[offset]
            case "same":
                at = block.start + offset
                text = self.files[block.file].base[at]
                one, other = (Cell(at + 1 + shift, text, "same") for shift in block.shifts)
                return Row("line", block.file, Cell(at + 1, text, "same"), (one, other))

    def fold(self, index: int) -> Hidden | None:
        """What the fold at row `index` hides; None for any other row."""
        block = self.blocks[bisect_right(self.starts, index) - 1]
        return (block.file, block.start) if block.kind == "fold" else None


def build(
    files: Iterable[BaselineFile], one: Iterable[Hunk], other: Iterable[Hunk], unfolded: Iterable[Hidden] | None = ()
) -> ThreeWayModel:
    """The model of two candidates' hunks over the files they were made from; `unfolded` None folds nothing."""
    hunks = [tuple(one), tuple(other)]
    texts = {file.path: file.text for file in files}
    paths = sorted({hunk.file for side in hunks for hunk in side})
    builder = _Builder(None if unfolded is None else frozenset(unfolded), titled=len(paths) > 1)
    for path in paths:
        base = texts.get(path, "").split("\n")
        first, second = (_Side(base, [hunk for hunk in side if hunk.file == path]) for side in hunks)
        builder.add(path, base, (first, second))
    rows = [block.rows for block in builder.blocks]
    starts = tuple(accumulate(rows, initial=0))[: len(rows)]
    return ThreeWayModel(
        files=tuple(builder.files),
        blocks=tuple(builder.blocks),
        starts=starts,
        rows=sum(rows),
        changes=tuple(start for start, block in zip(starts, builder.blocks, strict=True) if block.kind == "change"),
        width=max(
            (len(line) for file in builder.files for text in (file.base, *file.sides) for line in text), default=0
        ),
    )


class _Side:
    """What one candidate makes of a file: lines in the place of others, and lines before others."""

    def __init__(self, base: Sequence[str], hunks: Sequence[Hunk]) -> None:
        self.instead: dict[int, str | None] = {}
        self.extra: dict[int, list[str]] = {}
        self.spans: list[tuple[int, int]] = []
        for hunk in sorted(hunks, key=lambda item: (item.old_start, len(item.old_lines), item.new_start)):
            start, count = min(hunk.old_start - 1, len(base)), len(hunk.old_lines)
            end = min(start + count, len(base))
            self.spans.append((start, end))
            for offset in range(end - start):
                self.instead[start + offset] = hunk.new_lines[offset] if offset < len(hunk.new_lines) else None
            self.extra.setdefault(end, []).extend(hunk.new_lines[count:])
        self.text = list(self._lines(base))

    def _lines(self, base: Sequence[str]) -> Iterable[str]:
        for at in range(len(base) + 1):
            yield from self.extra.get(at, ())
            line = self.instead.get(at, base[at]) if at < len(base) else None
            if line is not None:
                yield line


class _Builder:
    """Collects the blocks of one file after the other."""

    def __init__(self, unfolded: frozenset[Hidden] | None, *, titled: bool) -> None:
        self.files: list[File] = []
        self.blocks: list[_Block] = []
        self._unfolded = unfolded
        self._titled = titled
        self._changes = 0

    def add(self, path: str, base: Sequence[str], sides: tuple[_Side, _Side]) -> None:
        """Add one file, in the order of the baseline."""
        file, done, shifts = len(self.files), 0, (0, 0)
        self.files.append(File(path, base, (sides[0].text, sides[1].text)))
        if self._titled:
            self.blocks.append(_Block("file", file, 0, shifts, 1))
        for start, end in _stretches(sides):
            self._unchanged(file, done, start, shifts, above=done > 0)
            lines = tuple(self._lines(file, base, start, end, sides, shifts))
            self.blocks.append(_Block("change", file, start, shifts, len(lines), lines=lines))
            self._changes += 1
            shifts = _after(lines, end - start, shifts)
            done = end
        last = len(base) - (base[-1] == "" and done < len(base))
        self._unchanged(file, done, last, shifts, above=True, below=False)

    def _lines(
        self, file: int, base: Sequence[str], start: int, end: int, sides: tuple[_Side, _Side], shifts: tuple[int, int]
    ) -> Iterable[Row]:
        numbers = [start + 1 + shift for shift in shifts]

        def cell(side: int, text: str | None, state: State) -> Cell:
            if text is None:
                return GAP
            numbers[side] += 1
            return Cell(numbers[side] - 1, text, state)

        for at in range(start, end + 1):
            added = [sides[side].extra.get(at, []) for side in (0, 1)]
            for row in range(max(map(len, added))):
                one, other = (cell(n, lines[row] if row < len(lines) else None, "new") for n, lines in enumerate(added))
                yield Row("line", file, GAP, (one, other), self._changes)
            if at < end:
                one, other = (
                    cell(n, side.instead[at], "new") if at in side.instead else cell(n, base[at], "same")
                    for n, side in enumerate(sides)
                )
                yield Row("line", file, Cell(at + 1, base[at], "same"), (one, other), self._changes)

    def _unchanged(
        self, file: int, start: int, end: int, shifts: tuple[int, int], *, above: bool, below: bool = True
    ) -> None:
        first, last = start + (CONTEXT if above else 0), end - (CONTEXT if below else 0)
        if last - first < 2 or self._unfolded is None or (file, first) in self._unfolded:
            self._same(file, start, end, shifts)
            return
        self._same(file, start, first, shifts)
        self.blocks.append(_Block("fold", file, first, shifts, 1, last - first))
        self._same(file, last, end, shifts)

    def _same(self, file: int, start: int, end: int, shifts: tuple[int, int]) -> None:
        if end > start:
            self.blocks.append(_Block("same", file, start, shifts, end - start))


def _stretches(sides: tuple[_Side, _Side]) -> list[tuple[int, int]]:
    """The stretches of the baseline that either side changes; those that touch are one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((*sides[0].spans, *sides[1].spans)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _after(lines: Iterable[Row], count: int, shifts: tuple[int, int]) -> tuple[int, int]:
    """How far the numbers of the sides are from the baseline's after these rows, which have `count` of its lines."""
    rows = tuple(lines)
    one, other = (sum(row.sides[side] != GAP for row in rows) - count for side in (0, 1))
    return shifts[0] + one, shifts[1] + other
