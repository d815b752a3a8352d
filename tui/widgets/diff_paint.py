"""Rows of a diff as strips of cells: numbers, signs, syntax colours, changed words.

Every meaning is carried by a sign as well as by a colour, so the diff reads the same without colours.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from engine.model import Decision
from tui.widgets.diff_model import DiffModel, Row, Spans, changed_words
from tui.widgets.lexed_lines import LexedLines, Span
from tui.widgets.plain_line import plain_line

PARTS = (
    "number", "divider", "same", "old", "new", "old-word", "new-word", "old-sign", "new-sign", "filler", "fold", "file",
    "mark", "current", "accepted", "rejected", "pending",
)  # fmt: skip
"""Names of the component classes, without the prefix `diff--`."""
DECISION_SIGNS: Mapping[Decision, str] = {"accepted": "✔", "rejected": "✘", "pending": "?"}
GROWING = "◐"
FINAL_NEWLINE = "⏎ end of file"
_DIM = Style(dim=True)


class DiffPainter:
    """Paints the rows of one model at one width; made anew when either changes."""

    def __init__(self, model: DiffModel, width: int, styles: Mapping[str, Style], syntax: Mapping[str, Style]) -> None:
        self.model = model
        self.width = width
        self._styles = styles
        self._syntax = syntax
        self._edge = Style(color=styles["number"].color)
        longest = max((max(len(sides.old), len(sides.new)) for sides in model.files), default=1)
        self._digits = max(3, len(str(longest)))
        self._crlf = [_uses_crlf(sides.old) for sides in model.files]
        self._old = [LexedLines(sides.old, sides.path) for sides in model.files]
        self._new = [LexedLines(sides.new, sides.path) for sides in model.files]
        gutter = self._digits + 3
        self.text_width = (width - 3 - 2 * gutter) // 2 if not model.unified else width - 2 - self._digits - 1 - gutter
        self.text_width = max(1, self.text_width)

    def prepare(self, index: int) -> bool:
        """Find the colours of the row at `index` before it is painted; False when they were known already."""
        row = self.model.row(index)
        sides = [(self._old, row.old)] + ([(self._new, row.new)] if row.kind != "same" else [])
        news = [lexed[row.file].prepare(number - 1) for lexed, number in sides if number]
        return True in news

    def paint(self, index: int, shift: int, *, current: bool, decision: Decision) -> Strip:
        """The row at `index`, its text moved left by `shift` cells."""
        row = self.model.row(index)
        match row.kind:
            case "file":
                return self._wide(f"── {plain_line(row.left).text} ", "file", "─")
            case "fold":
                lines = f"{row.hidden} unchanged lines"
                return self._wide(f"{' ' * (self._digits + 1)}… {lines}", "fold", " ")
            case "more":
                return self._wide(f"{' ' * (self._digits + 1)}{GROWING} still streaming …", "fold", " ")
        segments = [*self._margin(row, current, decision)]
        rejected = row.hunk >= 0 and decision == "rejected"
        number = self._styles["current" if current else "number"]
        paint = self._unified if self.model.unified else self._beside
        segments += paint(row, shift, rejected, number)
        strip = Strip(segments).adjust_cell_length(self.width, self._styles["same"])
        return strip.apply_style(_DIM) if rejected else strip

    def _wide(self, text: str, part: str, fill: str) -> Strip:
        room = max(0, self.width - cell_len(text))
        return Strip([Segment(text + fill * room, self._styles[part])]).adjust_cell_length(self.width)

    def _margin(self, row: Row, current: bool, decision: Decision) -> list[Segment]:
        bar = Segment("▌" if current else " ", self._styles["mark"])
        if not row.first:
            return [bar, Segment(" ", self._styles["same"])]
        if not self.model.hunks[row.hunk].complete:
            return [bar, Segment(GROWING, self._styles["pending"])]
        return [bar, Segment(DECISION_SIGNS[decision], self._styles[decision])]

    def _unified(self, row: Row, shift: int, rejected: bool, style: Style) -> list[Segment]:
        new = row.kind == "new"
        numbers = f"{row.old or '':>{self._digits}} {row.new or '':>{self._digits}} "
        part = row.kind
        return [
            Segment(numbers, style),
            *self._sign(part),
            *self._text(row, part, self.text_width, shift, new=new, rejected=rejected),
        ]

    def _beside(self, row: Row, shift: int, rejected: bool, style: Style) -> list[Segment]:
        rest = self.width - 3 - 2 * (self._digits + 3) - self.text_width
        segments = []
        for new, number, width in ((False, row.old, self.text_width), (True, row.new, rest)):
            if new:
                segments.append(Segment("│", self._styles["divider"]))
            if not number:
                blank = " " * (self._digits + 3 + max(0, width))
                segments.append(Segment(blank, self._styles["filler"]))
                continue
            part = row.kind if row.kind == "same" else "new" if new else "old"
            segments.append(Segment(f"{number:>{self._digits}} ", style))
            segments += self._sign(part)
            segments += self._text(row, part, width, shift, new=new, rejected=rejected)
        return segments

    def _sign(self, part: str) -> list[Segment]:
        sign = {"old": "- ", "new": "+ "}.get(part, "  ")
        return [Segment(sign, self._styles[f"{part}-sign"] if part != "same" else self._styles["same"])]

    def _text(self, row: Row, part: str, width: int, shift: int, *, new: bool, rejected: bool) -> list[Segment]:
        width = max(1, width)
        raw = row.right if new else row.left
        base = self._styles["same" if rejected else part]
        note = self._note(row, raw, new)
        room = shift + width + 1
        shown = plain_line(raw[:room].removesuffix("\r"))
        words: Spans = ()
        if row.hunk >= 0 and not rejected:
            words = changed_words(row.left.removesuffix("\r"), row.right.removesuffix("\r"))[new]
        segments = self._coloured(shown.text, shown.place, base, self._spans(row, new=new), words, f"{part}-word")
        if note:
            segments.append(Segment(note, self._styles["fold"]))
        strip = Strip(segments)
        longer = strip.cell_length > shift + width
        cut = strip.crop_extend(shift, shift + width, base)
        if longer:
            cut = Strip([*cut.crop(0, width - 1), Segment("›", base + self._edge)])
        if shift and strip.cell_length:
            cut = Strip([Segment("‹", base + self._edge), *cut.crop(1)])
        return list(cut)

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
        lexed, number = (self._new, row.new) if new and row.kind != "same" else (self._old, row.old)
        return lexed[row.file].spans(number - 1) if number else ()

    def _coloured(
        self, text: str, place: Callable[[int], int], base: Style, spans: tuple[Span, ...], words: Spans, part: str
    ) -> list[Segment]:
        syntax = [(place(start), place(end), key) for start, end, key in spans]
        changed = [(place(start), place(end)) for start, end in words]
        cuts = {
            0,
            len(text),
            *(edge for span in syntax for edge in span[:2]),
            *(edge for span in changed for edge in span),
        }
        segments = []
        token = word = 0
        for start, end in pairwise(sorted(cut for cut in cuts if cut <= len(text))):
            while token < len(syntax) and syntax[token][1] <= start:
                token += 1
            while word < len(changed) and changed[word][1] <= start:
                word += 1
            style = base
            if token < len(syntax) and syntax[token][0] <= start:
                style += self._syntax.get(syntax[token][2], _PLAIN)
            if word < len(changed) and changed[word][0] <= start:
                style += self._styles[part]
            segments.append(Segment(text[start:end], style))
        return segments


_PLAIN = Style()


def _uses_crlf(lines: Sequence[str]) -> bool:
    return sum(line.endswith("\r") for line in lines) * 2 > len(lines)
