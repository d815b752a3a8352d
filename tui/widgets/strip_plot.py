"""Two small pictures of a measurement: every run of both arms on one scale, and the interval of the gain."""

from collections import Counter
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from engine.model import Estimate
from tui.figures import Metric, Runs, column, label_row, quantity, ticks
from tui.outcomes import UNBOUNDED

MARGIN = 10
"""Cells for the name of the arm, left of the plot."""
STACKS = ((50, 8), (36, 5), (0, 2))
"""(rows of the terminal, how high dots are stacked from there on)"""
NARROW = 12
"""Below this many cells there is nothing to be seen in a plot."""


class StripPlot(Widget):
    """A dot for each run, stacked where runs are alike; hollow dots are warm-up runs, ▲ is the median."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StripPlot { height: auto; max-height: 22; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._arms: tuple[tuple[str, Runs], ...] = ()
        self._metric: Metric = "wall"

    def show(self, baseline: Runs, variant: Runs, metric: Metric) -> None:
        """Show the runs of both arms."""
        arms = (("baseline", baseline), ("variant", variant))
        if (arms, metric) != (self._arms, self._metric):
            self._arms, self._metric = arms, metric
            self.refresh(layout=True)

    def render(self) -> Content:
        """The arms one below the other, then the scale."""
        return Content("\n").join(plot_lines(self._arms, self._metric, self.size.width, self._stack))

    @property
    def _stack(self) -> int:
        return next(stack for rows, stack in STACKS if self.screen.size.height >= rows)


_STYLES = {"baseline": "$text-secondary", "variant": "$text-accent"}


def plot_lines(arms: tuple[tuple[str, Runs], ...], metric: Metric, width: int, stack: int) -> list[Content]:
    """The lines of a strip plot, `width` cells wide; dots are stacked at most `stack` high."""
    values = [value for _, runs in arms for value in (*runs.measured, *runs.warm_up)]
    room = width - MARGIN - 1
    if not values or room < NARROW:
        return []
    scale = ticks(min(values), max(values), max(2, room // 16))
    lines: list[Content] = []
    for name, runs in arms:
        lines += _arm_lines(name, runs, metric, (scale[0], scale[-1]), room, stack)
    marks = [(column(tick, scale[0], scale[-1], room), quantity(tick, metric, like=scale[-1])) for tick in scale]
    axis = ["─"] * room
    for at, _ in marks:
        axis[at] = "┴"
    lines.append(Content.styled(" " * MARGIN + "".join(axis), "dim"))
    lines.append(Content.styled(" " * MARGIN + label_row(marks, room), "dim"))
    return lines


def _arm_lines(
    name: str, runs: Runs, metric: Metric, scale: tuple[float, float], room: int, stack: int
) -> list[Content]:
    style = _STYLES[name]
    solid = Counter(column(value, *scale, room) for value in runs.measured)
    hollow = Counter(column(value, *scale, room) for value in runs.warm_up)
    tallest = max((solid[at] + hollow[at] for at in {*solid, *hollow}), default=1)
    per_dot = -(-tallest // stack)  # rounded up: where runs crowd, one dot stands for several
    height = min(stack, -(-tallest // per_dot))
    lines = []
    for level in range(height, 0, -1):
        row = "".join(_dot(solid[at], hollow[at], level, per_dot) for at in range(room))
        label = f"{name:<{MARGIN}}" if level == 1 else " " * MARGIN
        lines.append(Content.assemble((label, f"bold {style}"), (row, style)))
    if runs.measured:
        text = f"▲ {quantity(runs.median, metric)}"
        at = column(runs.median, *scale, room)
        row = " " * at + text if at + len(text) <= room else " " * (at - len(text) + 1) + f"{text[2:]} ▲"
        lines.append(Content.styled(" " * MARGIN + row, style))
    return lines


def _dot(solid: int, hollow: int, level: int, per_dot: int) -> str:
    if solid > (level - 1) * per_dot:
        return "●"
    return "○" if solid + hollow > (level - 1) * per_dot else " "


class IntervalBar(Widget):
    """The interval of the gain on an axis that includes 0: [===●===]."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    IntervalBar { height: 2; }
    """
    COLOURS: ClassVar[dict[str, str]] = {"gain": "$text-success", "loss": "$text-error", "open": "$text-warning"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._estimate: Estimate | None = None

    def show(self, estimate: Estimate | None) -> None:
        """Show what is known of the gain."""
        if estimate != self._estimate:
            self._estimate = estimate
            self.refresh()

    def render(self) -> Content:
        """Bar and scale."""
        if self._estimate is None:
            return Content("")
        bar, scale = interval_lines(self._estimate, self.size.width - MARGIN - 1)
        return Content.assemble(
            (f"{'gain':<{MARGIN}}", "bold"), (bar, self.COLOURS[_kind(self._estimate)]), "\n",
            (" " * MARGIN + scale, "dim"),
        )  # fmt: skip


def _kind(estimate: Estimate) -> str:
    if estimate.low > 0:
        return "gain"
    return "loss" if estimate.high < 0 else "open"


def interval_lines(estimate: Estimate, width: int) -> tuple[str, str]:
    """(bar, scale): the interval with its point, ┼ at 0; an end that is not known yet is an arrow."""
    if width < NARROW:
        return "", ""
    point = estimate.percent_improvement
    known = [end for end in (estimate.low, estimate.high) if abs(end) < UNBOUNDED]
    spread = max((abs(end - point) for end in known), default=10.0)
    low = estimate.low if estimate.low > -UNBOUNDED else point - 2 * spread
    high = estimate.high if estimate.high < UNBOUNDED else point + 2 * spread
    scale = ticks(min(0.0, low), max(0.0, high), max(2, width // 12))
    ends = (scale[0], scale[-1])
    row = ["─"] * width
    row[0], row[-1] = "├", "┤"
    row[column(0, *ends, width)] = "┼"
    first, last = column(low, *ends, width), column(high, *ends, width)
    row[first : last + 1] = "=" * (last - first + 1)
    row[first] = "[" if estimate.low > -UNBOUNDED else "◄"
    row[last] = "]" if estimate.high < UNBOUNDED else "►"
    row[column(point, *ends, width)] = "●"
    return "".join(row), label_row([(column(tick, *ends, width), f"{tick:g}%") for tick in scale], width)
