"""The matrix of prompts across LLMs as a heat map: the darker its bar, the larger the gain or the loss."""

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from engine.report.crossings import Crossing
from engine.report.session import Report
from engine.report.tables import crossing_words, premise_words

SHADES = "░▒▓█"
GAP = "  "


class HeatMap(Static):
    """A row for each LLM that prompts were written for, a column for each that they were given to."""

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self.border_title = "prompts across LLMs"

    def show(self, report: Report) -> None:
        """Render the crossings; hidden unless an LLM was given another's prompt."""
        known = {(item.written_for, item.given_to): item for item in report.crossings}
        sources, targets = (sorted({pair[part] for pair in known}) for part in (0, 1))
        self.display = any(source != target for source, target in known)
        if not self.display:
            return
        strongest = max([1.0, *(abs(item.mean) for item in known.values() if item.mean is not None)])
        heads = [f"given to {target}" for target in targets]
        first = max(cell_len(f"written for {source}") for source in sources)
        widths = [
            max([cell_len(head), *(5 + cell_len(crossing_words(known.get((source, target)))) for source in sources)])
            for head, target in zip(heads, targets, strict=True)
        ]
        text = Text(" " * first, no_wrap=True)
        for head, width in zip(heads, widths, strict=True):
            text.append(GAP + _padded(head, width))
        for source in sources:
            text.append("\n" + _padded(f"written for {source}", first))
            for target, width in zip(targets, widths, strict=True):
                item = known.get((source, target))
                bar = _bar(item, strongest)
                text.append(GAP)
                text.append(bar + " ", self._colour(item))
                text.append(_padded(crossing_words(item), width - cell_len(bar) - 1))
        text.append("\n")
        self.update(Text("\n").join([text, Text(premise_words(report))]))

    def _colour(self, item: Crossing | None) -> Style:
        gain = item is not None and (item.mean or 0.0) >= 0
        return Style(color=self.app.theme_variables["success" if gain else "error"])


def _bar(item: Crossing | None, strongest: float) -> str:
    if item is None or item.mean is None:
        return "    "
    depth = min(1.0, abs(item.mean) / strongest)
    return SHADES[min(3, int(depth * 4))] * 4


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
