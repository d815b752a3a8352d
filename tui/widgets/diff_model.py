"""The rows of a diff, made from a baseline and its hunks without diffing anything again.

A file of any length becomes a few blocks (unchanged stretch, fold, hunk); a row is looked up by bisection when it is
painted. So a model of 10,000 lines costs what its hunks cost, and a growing answer can remake it for every frame.
Lines are parts between "\\n", as the engine counts them: a final newline is an empty last part.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

from engine.model import BaselineFile, Decision, Hunk
from tui.widgets.diff_moves import Moved, moved_lines

CONTEXT = 3
"""Unchanged lines shown around a hunk."""
ALIKE = 0.4
"""Below this share of common words two lines are shown as replaced, not as edited."""
MAX_WORDS = 300
"""Longer lines are not compared word by word: it would be slow, and nobody could read it."""

Kind = Literal["same", "pair", "old", "new", "fold", "file", "more"]
Mark = Decision | Literal["stale"]
"""What stands beside a hunk: what was decided, or that it does not fit the file any more and is not rejected yet."""
Hidden = tuple[str, int, int]
"""(path, first and last line of the baseline) of a stretch that a person has unfolded."""
Spans = tuple[tuple[int, int], ...]


class Row(NamedTuple):
    """One row of the view; line numbers count from 1, and 0 means that this side has no line here."""

    kind: Kind
    file: int
    old: int
    new: int
    left: str
    """The old line; in a unified row of kind `new` the line it replaces."""
    right: str
    """The new line; in a unified row of kind `old` the line that replaces it."""
    hunk: int = -1
    """Index in `DiffModel.hunks`; -1 outside hunks."""
    first: bool = False
    """Whether this is the first row of its hunk."""
    hidden: int = 0
    """How many lines a fold hides."""
    at: int = 0
    """Offset of the line in its side of the hunk."""


class Sides(NamedTuple):
    """One file's lines before and after."""

    path: str
    old: Sequence[str]
    new: Sequence[str]
    title: str = ""
    """What stands above the file; empty when it needs no title."""


class Anchor(NamedTuple):
    """A place in the text that survives a change of the model: what the reader is looking at."""

    path: str
    kind: str
    old: int
    offset: int
    """Rows below the start of the hunk, 0 outside hunks."""


class _Block(NamedTuple):
    kind: Literal["same", "fold", "hunk", "file", "more"]
    file: int
    old: int
    new: int
    old_count: int
    new_count: int
    rows: int
    hunk: int = -1


@dataclass(frozen=True)
class DiffModel:
    """All rows of a candidate's diff, side by side or unified."""

    files: tuple[Sides, ...] = ()
    hunks: tuple[Hunk, ...] = ()
    unified: bool = False
    blocks: tuple[_Block, ...] = ()
    starts: tuple[int, ...] = ()
    """The first row of each block."""
    rows: int = 0
    hunk_rows: tuple[int, ...] = ()
    """The first row of each hunk."""
    moved: Moved = frozenset()

    def row(self, index: int) -> Row:
        """The row at `index`."""
        number = bisect_right(self.starts, index) - 1
        block, offset = self.blocks[number], index - self.starts[number]
        sides = self.files[block.file]
        match block.kind:
            case "file":
                return Row("file", block.file, 0, 0, sides.title, sides.title)
            case "fold":
                return Row("fold", block.file, block.old, block.new, "", "", hidden=block.old_count)
            case "same":
                old, new = block.old + offset, block.new + offset
                return Row("same", block.file, old, new, sides.old[old - 1], sides.new[new - 1])
            case "more":
                return Row("more", block.file, 0, 0, "", "", block.hunk)
            case "hunk":
                return self._hunk_row(block, offset)

    def _hunk_row(self, block: _Block, offset: int) -> Row:
        hunk = self.hunks[block.hunk]
        if self.unified:
            below = offset >= block.old_count
            kind: Kind = "new" if below else "old"
            offset = offset - block.old_count if below else offset
        else:
            below = False
            kind = "pair"
            if offset >= min(block.old_count, block.new_count):
                kind = "old" if offset < block.old_count else "new"
        has_old, has_new = offset < block.old_count, offset < block.new_count
        return Row(
            kind,
            block.file,
            block.old + offset if has_old and kind != "new" else 0,
            block.new + offset if has_new and kind != "old" else 0,
            hunk.old_lines[offset] if has_old else "",
            hunk.new_lines[offset] if has_new else "",
            block.hunk,
            offset == 0 and not (below and block.old_count),
            at=offset,
        )

    def hidden(self, index: int) -> Hidden | None:
        """What the fold at row `index` hides; None when that row is no fold."""
        block = self.blocks[bisect_right(self.starts, index) - 1]
        if block.kind != "fold":
            return None
        return self.files[block.file].path, block.old, block.old + block.old_count - 1

    def anchor(self, index: int) -> Anchor | None:
        """The place in the text that row `index` shows."""
        if not self.blocks:
            return None
        index = min(max(index, 0), self.rows - 1)
        number = bisect_right(self.starts, index) - 1
        block, offset = self.blocks[number], index - self.starts[number]
        path = self.files[block.file].path
        if block.kind == "hunk":
            return Anchor(path, block.kind, block.old, offset)
        return Anchor(path, block.kind, block.old + (offset if block.kind == "same" else 0), 0)

    def row_of(self, anchor: Anchor) -> int:
        """The row that shows `anchor` now, or the one nearest to it."""
        nearest = 0
        for start, block in zip(self.starts, self.blocks, strict=True):
            if self.files[block.file].path != anchor.path or block.old > anchor.old:
                continue
            offset = anchor.offset if block.kind == "hunk" else anchor.old - block.old
            nearest = start + min(offset, block.rows - 1)
            if block.kind == anchor.kind and anchor.old < block.old + max(block.old_count, 1):
                break
        return nearest

    def file_row(self, file: int) -> int:
        """The first row of the file at that index."""
        return next(start for start, block in zip(self.starts, self.blocks, strict=True) if block.file == file)

    def place_of(self, path: str, number: int, *, new: bool) -> tuple[int, Hidden | None]:
        """(the row of a line by its number, what to unfold to see it) on the old or the new side."""
        for start, block in zip(self.starts, self.blocks, strict=True):
            first, count = (block.new, block.new_count) if new else (block.old, block.old_count)
            if self.files[block.file].path == path and first <= number < first + count:
                below = block.old_count if new and self.unified and block.kind == "hunk" else 0
                return (start, self.hidden(start)) if block.kind == "fold" else (start + below + number - first, None)
        return 0, None

    @cached_property
    def width(self) -> int:
        """Characters of the longest line that can come into view."""
        return max((len(line) for sides in self.files for lines in sides[1:] for line in lines), default=0)


def build(
    files: Iterable[BaselineFile],
    hunks: Iterable[Hunk],
    *,
    unified: bool = False,
    unfolded: Iterable[Hidden] = (),
    context: int = CONTEXT,
) -> DiffModel:
    """The model of `hunks` against their baseline `files`; a hunk of an unknown file makes that file a new one."""
    texts = {file.path: file.text for file in files}
    by_path: dict[str, list[Hunk]] = {}
    for hunk in hunks:
        by_path.setdefault(hunk.file, []).append(hunk)
    builder = _Builder(unified, tuple(unfolded), context)
    for path, items in by_path.items():
        title = title_of(path, items, texts.get(path, ""))
        shown = title if len(by_path) > 1 or title != path else ""
        builder.add(path, shown, _lines(texts.get(path, "")), sorted(items, key=_place))
    rows = [block.rows for block in builder.blocks]
    starts = tuple(accumulate(rows, initial=0))[: len(rows)]
    return DiffModel(
        files=tuple(builder.files),
        hunks=tuple(builder.hunks),
        unified=unified,
        blocks=tuple(builder.blocks),
        starts=starts,
        rows=sum(rows),
        hunk_rows=tuple(start for start, block in zip(starts, builder.blocks, strict=True) if block.kind == "hunk"),
        moved=moved_lines(builder.hunks),
    )


def title_of(path: str, hunks: Sequence[Hunk], before: str) -> str:
    """A file's name, with what becomes of the file when it does not just change."""
    first = hunks[0]
    if first.removes:
        return f"{path} → {first.target} (moved)" if first.target else f"{path} (deleted)"
    if first.origin:
        return f"{path} ← {first.origin}"
    return path if before or first.old_lines not in ((), ("",)) else f"{path} (new file)"


def mark_of(hunk: Hunk) -> Mark:
    """What stands beside the hunk."""
    return "stale" if hunk.stale and hunk.decision != "rejected" else hunk.decision


@lru_cache(maxsize=8)  # the rows are remade while an answer streams, and the baseline stays
def _lines(text: str) -> Sequence[str]:
    return text.split("\n")


def texts_of(hunks: Iterable[Hunk]) -> list[tuple[object, ...]]:
    """What of hunks makes the rows; what is decided of them does not."""
    return [(h.id, h.file, h.old_start, h.old_lines, h.new_lines, h.complete) for h in hunks]


def _place(hunk: Hunk) -> tuple[int, int]:
    return hunk.old_start, len(hunk.old_lines)


class _Builder:
    """Collects the blocks of one file after the other."""

    def __init__(self, unified: bool, unfolded: tuple[Hidden, ...], context: int) -> None:
        self.files: list[Sides] = []
        self.hunks: list[Hunk] = []
        self.blocks: list[_Block] = []
        self._unified = unified
        self._unfolded = unfolded
        self._context = context

    def add(self, path: str, title: str, old: Sequence[str], hunks: list[Hunk]) -> None:
        """Add one file with its hunks, in the order of the baseline."""
        file, new = len(self.files), list[str]()
        self.files.append(Sides(path, old, new, title))
        if title:
            self.blocks.append(_Block("file", file, 1, 1, 0, 0, 1))
        done = 0
        for hunk in hunks:
            start = max(done, min(hunk.old_start - 1, len(old)))
            self._unchanged(file, done, start, len(new), above=done > 0)
            new += old[done:start]
            self._hunk(file, hunk, start, len(new))
            new += hunk.new_lines
            done = min(start + len(hunk.old_lines), len(old))
        end = len(old) - (1 if old[-1] == "" and done < len(old) else 0)
        self._unchanged(file, done, end, len(new), above=True, below=False)
        new += old[done:]

    def _hunk(self, file: int, hunk: Hunk, start: int, new_start: int) -> None:
        old_count, new_count = len(hunk.old_lines), len(hunk.new_lines)
        rows = old_count + new_count if self._unified else max(old_count, new_count)
        if rows:
            block = _Block("hunk", file, start + 1, new_start + 1, old_count, new_count, rows, len(self.hunks))
            self.blocks.append(block)
            if not hunk.complete:
                end = block._replace(kind="more", old=start + 1 + old_count, new=new_start + 1 + new_count, rows=1)
                self.blocks.append(end)
            self.hunks.append(hunk)

    def _unchanged(self, file: int, start: int, end: int, new: int, *, above: bool, below: bool = True) -> None:
        """Lines start to end (exclusive, from 0) are unchanged; `above` and `below`: a hunk is there."""
        first = start + (self._context if above else 0)
        last = end - (self._context if below else 0)
        path = self.files[file].path
        shown = any(p == path and a <= first + 1 and last <= b for p, a, b in self._unfolded)
        if last - first < 2 or shown:
            self._same("same", file, start, end, start, new)
            return
        self._same("same", file, start, first, start, new)
        self._same("fold", file, first, last, start, new)
        self._same("same", file, last, end, start, new)

    def _same(self, kind: Literal["same", "fold"], file: int, start: int, end: int, origin: int, new: int) -> None:
        count = end - start
        if count > 0:
            rows = count if kind == "same" else 1
            self.blocks.append(_Block(kind, file, start + 1, new + start - origin + 1, count, count, rows))


_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@lru_cache(maxsize=2048)
def changed_words(left: str, right: str) -> tuple[Spans, Spans]:
    """The character spans that differ between two lines; none when the lines have too little in common."""
    old, new = _WORDS.findall(left), _WORDS.findall(right)
    if not (0 < len(old) <= MAX_WORDS and 0 < len(new) <= MAX_WORDS):
        return (), ()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    blocks = matcher.get_matching_blocks()
    common = sum(len("".join(old[block.a : block.a + block.size]).strip()) for block in blocks)
    if common < ALIKE * max(len(left.strip()), len(right.strip())):
        return (), ()
    edits = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return _spans(old, [(a, b) for _, a, b, _, _ in edits]), _spans(new, [(a, b) for _, _, _, a, b in edits])


def _spans(words: list[str], ranges: list[tuple[int, int]]) -> Spans:
    ends = list(accumulate((len(word) for word in words), initial=0))
    return tuple((ends[a], ends[b]) for a, b in ranges if b > a)
