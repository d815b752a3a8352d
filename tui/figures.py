"""Measured quantities as people read them, and the scales they are drawn on."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Literal, NamedTuple

from engine.model import Arm, Evaluation, Measurement

Metric = Literal["wall", "cpu", "memory", "benchmark"]
METRIC_WORDS = {"wall": "run time", "cpu": "cpu time", "memory": "peak memory", "benchmark": "its own figure"}
_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))


class Runs(NamedTuple):
    """The runs of one arm, in the unit of the metric."""

    measured: tuple[float, ...] = ()
    warm_up: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The median of the measured runs; not to be asked for when there is none."""
        return median(self.measured)


def runs_of(evaluation: Evaluation, arm: Arm) -> Runs:
    """The runs of one arm by the evaluation's metric: seconds, or bytes."""
    cold = warm_up_pairs(evaluation)
    own = [item for item in evaluation.measurements if item.arm == arm]
    return Runs(
        tuple(_value(item, evaluation.metric) for item in own if item.pair not in cold),
        tuple(_value(item, evaluation.metric) for item in own if item.pair in cold),
    )


def warm_up_pairs(evaluation: Evaluation) -> frozenset[int]:
    """Numbers of the pairs that are left out of the statistics."""
    if evaluation.estimate is not None:
        return frozenset(evaluation.estimate.warm_up)
    return frozenset(item.pair for item in evaluation.measurements if item.warm_up)


def _value(item: Measurement, metric: Metric) -> float:
    return {"wall": item.wall, "cpu": item.cpu, "memory": float(item.max_rss), "benchmark": item.score}[metric]


def quantity(value: float, metric: Metric, like: float = 0.0) -> str:
    """`value` (seconds or bytes) with three digits, in the unit that suits it, or that suits `like` if given."""
    if metric == "benchmark":  # a mean of what may have several units
        return f"{value:.4g}"
    units = _BYTES if metric == "memory" else _SECONDS
    size, unit = next(((size, unit) for size, unit in units if abs(like or value) >= size), units[-1])
    if not value:
        return f"0 {unit}"
    digits = max(0, 2 - math.floor(math.log10(abs(value / size))))
    return f"{value / size:.{min(digits, 3)}f} {unit}"


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `count` of them."""
    if not high - low > 1e-12:  # the last digit that is kept
        high = low + (abs(low) * 0.1 or 1.0)
    rough = (high - low) / max(1, count - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 2.5, 5) if factor * power >= rough * 0.999), 10 * power)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def column(value: float, low: float, high: float, width: int) -> int:
    """The column (from 0) of `value` on a scale from low to high that is `width` cells wide."""
    share = (value - low) / (high - low) if high > low else 0.0
    return max(0, min(width - 1, round(share * (width - 1))))


def label_row(labels: Sequence[tuple[int, str]], width: int) -> str:
    """Labels centred at their columns in one row; one that would touch its neighbour is left out."""
    row = [" "] * width
    free = 0
    for at, text in labels:
        start = max(0, min(at - len(text) // 2, width - len(text)))
        if start >= free and len(text) <= width:
            row[start : start + len(text)] = text
            free = start + len(text) + 1
    return "".join(row)
