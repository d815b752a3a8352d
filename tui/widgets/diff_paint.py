"""Rows of a diff as strips of cells: numbers, signs, syntax colours, changed words.

Every meaning is carried by a sign as well as by a colour, so the diff reads the same without colours.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.plain_line import PlainLine, plain_line
from tui.widgets.diff_model import DiffModel, Mark, Row, Spans, changed_words
from tui.widgets.diff_moves import Moved
from tui.widgets.diff_search import spans_of
from tui.widgets.lexed_lines import LexedLines, Span

PARTS = (
    "number", "divider", "same", "old", "new", "old-word", "new-word", "old-sign", "new-sign", "filler", "fold", "file",
    "mark", "current", "accepted", "rejected", "pending", "stale", "match",
)  # fmt: skip
"""Names of the component classes, without the prefix `diff--`."""
STYLES = """
DiffView {
    scrollbar-gutter: stable;
    overflow-x: hidden;
    overflow-y: auto;
    & > .diff--number { color: $diff-gutter; }
    & > .diff--divider { color: $border-blurred; }
    & > .diff--same { color: $foreground; }
    & > .diff--old { color: $foreground; background: $diff-removed-bg; }
    & > .diff--new { color: $foreground; background: $diff-added-bg; }
    & > .diff--old-word { background: $diff-removed-word; text-style: bold; }
    & > .diff--new-word { background: $diff-added-word; text-style: bold; }
    & > .diff--old-sign { color: $diff-removed-fg; background: $diff-removed-bg; text-style: bold; }
    & > .diff--new-sign { color: $diff-added-fg; background: $diff-added-bg; text-style: bold; }
    & > .diff--filler { background: $diff-empty-bg; }
    & > .diff--fold { color: $text-muted; text-style: italic; }
    & > .diff--file { color: $text-primary; text-style: bold; }
    & > .diff--mark { color: $accent; }
    & > .diff--current { color: $foreground; background: $diff-cursor-bg; text-style: bold; }
    & > .diff--accepted { color: $text-success; text-style: bold; }
    & > .diff--rejected { color: $text-error; text-style: bold; }
    & > .diff--pending { color: $text-warning; text-style: bold; }
    & > .diff--stale { color: $text-error; text-style: bold reverse; }
    & > .diff--match { color: $background; background: $warning; text-style: bold underline; }
}
"""
"""The default looks of the parts, in terms of the theme."""
SIGNS: Mapping[Mark, str] = {"accepted": "✔", "rejected": "✘", "pending": "?", "stale": "!"}
GROWING = "◐"
FINAL_NEWLINE = "⏎ end of file"
MAX_WRAPPED = 40
"""Lines on the screen that one line of the text may take when it is wrapped; h and l reach the rest."""
ENOUGH_LINES = 2_000
"""Lines that are looked at to tell which line ending a file has."""
_DIM = Style(dim=True)

Cells = Sequence[list[Segment] | None]
"""What each side shows on one line of the screen; None when it has ended above."""
Highlight = tuple[int, int, Style]
"""(first character, character after the last, style) of what stands out of a line."""


class DiffPainter:
    """Paints the rows of one model at one width; made anew when either changes. Without `syntax` code is plain."""

    def __init__(
        self, model: DiffModel, width: int, styles: Mapping[str, Style], syntax: Mapping[str, Style] | None
    ) -> None:
        self.model = model
        self.width = width
        self._styles = styles
        self._syntax = syntax
        self._mixed: dict[Style, dict[str, Style]] = {}
        """The colours of tokens on each background."""
        self._edge = Style(color=styles["number"].color)
        longest = max((max(len(sides.old), len(sides.new)) for sides in model.files), default=1)
        self._digits = max(3, len(str(longest)))
        self._crlf = [_uses_crlf(sides.old) for sides in model.files]
        self._old = [LexedLines(sides.old, sides.path) for sides in model.files]
        self._new = [LexedLines(sides.new, sides.path) for sides in model.files]
        self._added: dict[int, LexedLines] = {}
        """The new lines of a hunk by themselves, where they begin outside of strings and comments."""
        gutter = self._digits + 3
        self.text_width = (width - 3 - 2 * gutter) // 2 if not model.unified else width - 2 - self._digits - 1 - gutter
        self.text_width = max(1, self.text_width)
        sides = 2 * self._digits + 4 if model.unified else 2 * gutter + 1 + self._room(True)
        self._row_width = 2 + sides + self.text_width
        """Cells of a row as it is laid out; more than `width` where that is too small for anything."""

    def paint(
        self, index: int, shift: int, *, current: bool, decision: Mark, wrap: bool = False, needle: str = ""
    ) -> list[Strip]:
        """The row at `index`, its text moved left by `shift` cells; several strips when long lines are wrapped."""
        row = self.model.row(index)
        match row.kind:
            case "file":
                return [self._wide(f"── {plain_line(row.left).text} ", "file", "─")]
            case "fold":
                lines = f"{row.hidden} unchanged lines"
                return [self._wide(f"{' ' * (self._digits + 1)}… {lines}", "fold", " ")]
            case "more":
                return [self._wide(f"{' ' * (self._digits + 1)}{GROWING} still streaming …", "fold", " ")]
        look = _Look(row, self.model.moved, rejected=row.hunk >= 0 and decision == "rejected")
        cells = self._sides(look, shift, wrap, needle)
        number = self._styles["current" if current else "number"]
        strips = []
        for line in range(max(len(side) for side in cells)):
            segments = self._margin(row, current, decision, line)
            layout = self._unified if self.model.unified else self._beside
            segments += layout(look, [side[line] if line < len(side) else None for side in cells], line, number)
            strip = Strip(segments, self._row_width).adjust_cell_length(self.width, self._styles["same"])
            strips.append(strip.apply_style(_DIM) if look.rejected or look.blank else strip)
        return strips

    def _wide(self, text: str, part: str, fill: str) -> Strip:
        room = max(0, self.width - cell_len(text))
        return Strip([Segment(text + fill * room, self._styles[part])]).adjust_cell_length(self.width)

    def _margin(self, row: Row, current: bool, decision: Mark, line: int) -> list[Segment]:
        bar = Segment("▌" if current else " ", self._styles["mark"])
        if not row.first or line:
            return [bar, Segment(" ", self._styles["same"])]
        if not self.model.hunks[row.hunk].complete:
            return [bar, Segment(GROWING, self._styles["pending"])]
        return [bar, Segment(SIGNS[decision], self._styles[decision])]

    def _unified(self, look: "_Look", cells: Cells, line: int, style: Style) -> list[Segment]:
        row = look.row
        numbers = f"{row.old or '':>{self._digits}} {row.new or '':>{self._digits}} "
        blank = " " * len(numbers)
        return [Segment(blank if line else numbers, style), *self._sign(look, row.kind == "new"), *(cells[0] or ())]

    def _beside(self, look: "_Look", cells: Cells, line: int, style: Style) -> list[Segment]:
        row = look.row
        segments = []
        for new, number, text in ((False, row.old, cells[0]), (True, row.new, cells[1])):
            if new:
                segments.append(Segment("│", self._styles["divider"]))
            if not number or text is None:
                blank = " " * (self._digits + 3 + self._room(new))
                segments.append(Segment(blank, self._styles["filler"]))
                continue
            segments.append(Segment(f"{'' if line else number:>{self._digits}} ", style))
            segments += self._sign(look, new)
            segments += text
        return segments

    def _room(self, new: bool) -> int:
        """Cells for the text of a side; the right one has the odd cell, if there is one."""
        if self.model.unified or not new:
            return self.text_width
        return max(1, self.width - 3 - 2 * (self._digits + 3) - self.text_width)

    def _sign(self, look: "_Look", new: bool) -> list[Segment]:
        if look.row.kind == "same":
            return [Segment("  ", self._styles["same"])]
        sign = ("+" if new else "-") + (("←" if new else "→") if look.moved(new) else " ")
        return [Segment(sign, self._styles["new-sign" if new else "old-sign"])]

    def _sides(self, look: "_Look", shift: int, wrap: bool, needle: str) -> list[list[list[Segment]]]:
        """The text of each side that is shown: one list of segments a line on the screen."""
        row, cells = look.row, list[list[list[Segment]]]()
        line: list[Segment] | None = None
        for new in (row.kind == "new",) if self.model.unified else (False, True):
            if not (row.new if new else row.old):
                cells.append([[]])
                continue
            width = self._room(new)
            part = row.kind if row.kind == "same" else "new" if new else "old"
            base = self._styles["same" if look.rejected else part]
            if line is None or row.kind != "same":  # an unchanged line is the same on both sides
                room = (width + 1) * MAX_WRAPPED if wrap else shift + width + 2
                line = self._line(look, part, base, room, new=new, needle=needle)
            length = _length(line)
            if wrap:
                strip = Strip(line, length)
                cuts = pairwise(_cuts(strip.text, width))
                cells.append([list(strip.crop(a, b).adjust_cell_length(width, base)) for a, b in cuts])
            else:
                cells.append([self._window(line, length, range(shift, shift + width), base)])
        return cells

    def _window(self, segments: list[Segment], length: int, seen: range, base: Style) -> list[Segment]:
        """The cells of a line that are `seen`, with a sign on each side where there are more."""
        before, after = bool(seen.start and length), length > seen.stop
        if before or after:
            strip = Strip(segments, length).crop(seen.start + before, seen.stop - after)
            segments, length = list(strip), strip.cell_length
        else:
            length = min(length, len(seen))
        edge = base + self._edge
        missing = len(seen) - before - length - after
        return [
            *([Segment("‹", edge)] if before else ()),
            *segments,
            *([Segment(" " * missing, base)] if missing > 0 else ()),
            *([Segment("›", edge)] if after else ()),
        ]

    def _line(self, look: "_Look", part: str, base: Style, room: int, *, new: bool, needle: str) -> list[Segment]:
        """The beginning of a line in its colours, enough to fill `room` cells."""
        row = look.row
        raw = row.right if new else row.left
        note = self._note(row, raw, new)
        reach = min(len(raw), 2 * room)  # a mark that combines takes no cell of its own
        shown = plain_line(raw[:reach].removesuffix("\r"))
        words: Spans = ()
        if row.hunk >= 0 and not look.rejected and not look.blank:
            words = changed_words(row.left.removesuffix("\r"), row.right.removesuffix("\r"))[new]
        marks = [(start, end, self._styles[f"{part}-word"]) for start, end in words]
        marks += [(start, end, self._styles["match"]) for start, end in spans_of(raw[:reach], needle)]
        segments = self._coloured(shown, base, self._spans(row, new=new), marks)
        if note:
            segments.append(Segment(note, self._styles["fold"]))
        return segments

    def _note(self, row: Row, raw: str, new: bool) -> str:
        """What a reader would miss in the text itself: a line ending that differs, or the end of the file."""
        if row.hunk < 0:
            return ""
        sides = self.model.files[row.file]
        number, lines = (row.new, sides.new) if new else (row.old, sides.old)
        if number == len(lines):
            return FINAL_NEWLINE if raw == "" else ""
        crlf = raw.endswith("\r")
        return ("␍" if crlf else "␊") if crlf != self._crlf[row.file] else ""

    def _spans(self, row: Row, *, new: bool) -> tuple[Span, ...]:
        """Unchanged lines take the colours of the old side, which stays as it is while an answer streams."""
        if self._syntax is None:
            return ()
        lexed, number = self._lexed(row, new=new and row.kind != "same")
        return lexed.spans(number) if number >= 0 else ()

    def _lexed(self, row: Row, *, new: bool) -> tuple[LexedLines, int]:
        """(the text that a side of the row is coloured in, the line's index there); -1 when there is no line.

        The new lines of a hunk are read by themselves, which takes a fraction of reading all around them.
        """
        if not new or not row.new:
            return self._old[row.file], (0 if new else row.old) - 1
        if row.hunk not in self._added:
            hunk = self.model.hunks[row.hunk]
            apart = not self._old[row.file].is_inside(hunk.old_start - 1)
            if not apart:
                return self._new[row.file], row.new - 1
            self._added[row.hunk] = LexedLines(hunk.new_lines, hunk.file)
        return self._added[row.hunk], row.at

    def _coloured(
        self, shown: PlainLine, base: Style, spans: tuple[Span, ...], marks: Sequence[Highlight]
    ) -> list[Segment]:
        text, place = shown.text, shown.place
        syntax = spans if shown.as_it_was else [(place(start), place(end), key) for start, end, key in spans]
        if not marks:
            return self._plainly_coloured(text, base, syntax)
        marked = [(place(start), place(end), style) for start, end, style in marks]
        edges = (edge for span in (*syntax, *marked) for edge in span[:2])
        segments = []
        token = 0
        for start, end in pairwise(sorted({0, len(text), *(min(edge, len(text)) for edge in edges)})):
            while token < len(syntax) and syntax[token][1] <= start:
                token += 1
            style = base
            if token < len(syntax) and syntax[token][0] <= start:
                style += (self._syntax or {}).get(syntax[token][2], _PLAIN)
            for first, last, mark in marked:
                if first <= start < last:
                    style += mark
            segments.append(Segment(text[start:end], style))
        return segments

    def _plainly_coloured(self, text: str, base: Style, spans: Sequence[Span]) -> list[Segment]:
        """As most lines are: nothing stands out, so that one token simply follows another.

        Neighbours that look the same are one segment, and blanks, which have no colour, belong to what is before them:
        everything that is done with a line from here on, down to the terminal, takes as long as it has segments.
        """
        looks = self._mixed.setdefault(base, {})
        pieces = list[tuple[int, Style]]()
        style, end, length = _PLAIN, 0, len(text)
        for start, stop, key in spans:
            if start >= length:
                break
            if start > end and style is not base and not text[end:start].isspace():
                pieces.append((end, style := base))
            look = looks.get(key) or self._mix(base, key)
            if look is not style:
                pieces.append((start, style := look))
            end = stop
        if end < length and style is not base and not (pieces and text[end:].isspace()):
            pieces.append((end, base))
        cuts = [0, *(start for start, _ in pieces[1:]), length]
        return [Segment(text[a:b], style) for (a, b), (_, style) in zip(pairwise(cuts), pieces, strict=False)]

    def _mix(self, base: Style, key: str) -> Style:
        """The style of a kind of token on a background; one object for all kinds that look the same."""
        looks, style = self._mixed[base], base + (self._syntax or {}).get(key, _PLAIN)
        return looks.setdefault(key, next((other for other in (base, *looks.values()) if other == style), style))


def _length(segments: Sequence[Segment]) -> int:
    """Cells of a line."""
    text = "".join(segment.text for segment in segments)
    return len(text) if text.isascii() else sum(segment.cell_length for segment in segments)


class _Look:
    """How a row is to be read: what was decided about it, and whether it is no real change."""

    def __init__(self, row: Row, moved: Moved, *, rejected: bool) -> None:
        self.row = row
        self.rejected = rejected
        self.blank = row.hunk >= 0 and "".join(row.left.split()) == "".join(row.right.split())
        """Whether only blank space differs."""
        self._moved = moved

    def moved(self, new: bool) -> bool:
        """Whether this side of the row is part of a block that was moved."""
        return (self.row.hunk, new, self.row.at) in self._moved


def _cuts(text: str, width: int) -> list[int]:
    """Where a text is cut to wrap it, in cells: never inside a character that is two cells wide."""
    total = cell_len(text)
    if total <= width:
        return [0, max(total, 1)]
    if total == len(text):
        return [*range(0, total, width), total]
    cuts, at = [0], 0
    for character in text:
        size = cell_len(character)
        if at + size - cuts[-1] > width:
            cuts.append(at)
        at += size
    return [*cuts, total]


_PLAIN = Style()


def _uses_crlf(lines: Sequence[str]) -> bool:
    """Whether most lines end so; of a long file some are asked, taken evenly: this comes before the first frame."""
    some = lines[:: 1 + len(lines) // ENOUGH_LINES]
    return sum(line.endswith("\r") for line in some) * 2 > len(some)
