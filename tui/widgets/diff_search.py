"""Finding text in a diff: on both sides, and in what is folded away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tui.widgets.diff_model import DiffModel, Spans


class Match(NamedTuple):
    """A line with the text in it; line numbers are of the side it was found on."""

    path: str
    new: bool
    number: int


@dataclass(frozen=True)
class Search:
    """What is looked for, where it was found, and which match the reader is at."""

    needle: str = ""
    matches: tuple[Match, ...] = ()
    at: int = -1

    def by(self, step: int) -> "Search":
        """The next or previous match; after the last comes the first."""
        return Search(self.needle, self.matches, (self.at + step) % len(self.matches)) if self.matches else self

    @property
    def match(self) -> Match | None:
        """The match the reader is at."""
        return self.matches[self.at] if self.matches else None


def search(model: DiffModel, needle: str, top: int = 0) -> Search:
    """All lines with `needle`, beginning with the first from row `top` on; capitals count when it has any."""
    if not needle:
        return Search()
    found = tuple(_matches(model, needle))
    anchor = model.anchor(top)
    paths = [sides.path for sides in model.files]
    here = (paths.index(anchor.path), anchor.old) if anchor else (0, 0)
    first = next((n for n, match in enumerate(found) if (paths.index(match.path), match.number) >= here), 0)
    return Search(needle, found, first)


def spans_of(line: str, needle: str) -> Spans:
    """Where `needle` is in a line, as character spans."""
    if not needle:
        return ()
    line = _folded(line, needle)
    found = []
    start = line.find(needle)
    while start >= 0:
        found.append((start, start + len(needle)))
        start = line.find(needle, start + len(needle))
    return tuple(found)


def _matches(model: DiffModel, needle: str) -> Iterator[Match]:
    for block in model.blocks:
        sides = model.files[block.file]
        old = sides.old[block.old - 1 : block.old - 1 + block.old_count]
        for number, line in enumerate(old, block.old):
            if needle in _folded(line, needle):
                yield Match(sides.path, False, number)
        if block.kind == "hunk":
            for number, line in enumerate(model.hunks[block.hunk].new_lines, block.new):
                if needle in _folded(line, needle):
                    yield Match(sides.path, True, number)


def _folded(line: str, needle: str) -> str:
    """The line as it is compared; never of another length, so that places in it hold."""
    if needle != needle.lower():
        return line
    lowered = line.lower()
    return lowered if len(lowered) == len(line) else line
