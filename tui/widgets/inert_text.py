"""The last gate before the terminal: whatever a widget renders, no character of it acts."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.plain_line import inert


class InertText(LineFilter):
    """Takes acting characters out of all that is painted.

    Widgets that show foreign code make them visible (`plain_line`); this one holds where a widget forgets to.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, without the characters that act; those of a terminal's own controls stay."""
        if all(part.text.isprintable() for part in segments):
            return segments
        return [part if part.control else Segment(inert(part.text), part.style) for part in segments]
