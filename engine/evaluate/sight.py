"""How small a gain can be seen: the project compared with itself, on this machine and with this benchmark."""

import math
import statistics as standard
from collections.abc import Sequence

import msgspec

from engine.config import BenchmarkSection
from engine.evaluate.statistics import Metric, critical_t, log_ratios
from engine.model import Measurement

PAIRS, SECONDS = 10, 60.0
"""A comparison of the project with itself ends after so many pairs, or so long."""
LEAST_PAIRS = 3


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What equal code looks like here."""

    limit: float | None
    """The smallest gain in percent whose interval would exclude zero when the budget ends; None when unknown."""
    spread: float
    """Standard deviation of the difference within a pair, in percent."""


def sight(measurements: Sequence[Measurement], metric: Metric, budget: BenchmarkSection) -> Sight:
    """What the pairs of equal code say about evaluations that may spend `budget`.

    The half-width of the confidence sequence after n pairs is t(n) s / sqrt(n); it is taken at the number of pairs
    that the budget allows, with the standard deviation s of the log-ratios seen.
    """
    ratios = log_ratios(measurements, metric)
    if len(ratios) < LEAST_PAIRS:
        return Sight(limit=None, spread=0.0)
    spread = standard.stdev(ratios)
    seconds = 2 * standard.fmean(item.wall for item in measurements)
    pairs = min(budget.max_pairs, max(1, int(budget.max_seconds / max(seconds, 1e-9))))
    half = critical_t(pairs) * spread / math.sqrt(pairs)
    limit = 100.0 * -math.expm1(-half) if math.isfinite(half) else None
    return Sight(limit=limit, spread=100.0 * spread)
