"""How much faster, and how sure: a confidence sequence on paired log-ratios that may be looked at after every pair.

Baseline and variant run next to each other, in random order, because noise on a shared machine comes in regimes;
each pair gives log(variant / baseline). The mean of these is tested with the mixture t-test e-process: the
likelihood ratio of the t statistic under a normal mixture over the effect size (right-Haar prior on the standard
deviation), averaged over four scales of the mixture. It stays valid however often one looks and whenever one stops.

Sources: M. F. Pérez-Ortiz, T. Lardy, R. de Heide, P. Grünwald, "E-statistics, group invariance and anytime-valid
testing", Annals of Statistics 52 (2024); H. Wang, A. Ramdas, "Anytime-valid t-tests and confidence sequences for
Gaussian means with unknown variance", arXiv:2310.03722.
"""

import functools
import math
from collections.abc import Sequence
from typing import Literal

from engine.model import Arm, Estimate, Measurement

Metric = Literal["wall", "cpu", "memory"]

ALPHA = 0.05
SCALES = (0.3, 1.0, 3.0, 10.0)
"""Effect sizes, in standard deviations, around which the mixture has power."""
UNBOUNDED = -1e9
"""A lower end of minus infinity, as it is sent."""
RESOLUTION = 1e-4
"""Relative differences below this are not told apart, however often a value repeats itself."""


def value(measurement: Measurement, metric: Metric) -> float:
    """The figure of a run that the metric decides on: seconds or bytes, above zero."""
    figures = {"wall": measurement.wall, "cpu": measurement.cpu, "memory": float(measurement.max_rss)}
    return max(figures[metric], 1e-9)


def log_ratios(measurements: Sequence[Measurement], metric: Metric) -> list[float]:
    """log(variant / baseline) of each complete pair in the order of the pairs; warm-ups are left out."""
    arms: dict[int, dict[Arm, float]] = {}
    for item in measurements:
        if not item.warm_up:
            arms.setdefault(item.pair, {})[item.arm] = value(item, metric)
    complete = (arms[pair] for pair in sorted(arms) if len(arms[pair]) == 2)
    return [math.log(pair["variant"] / pair["baseline"]) for pair in complete]


def estimate(measurements: Sequence[Measurement], metric: Metric, alpha: float = ALPHA) -> Estimate | None:
    """What the measurements so far say about the gain, in percent; None before the first complete pair."""
    return estimate_of(log_ratios(measurements, metric), alpha)


def estimate_of(ratios: Sequence[float], alpha: float = ALPHA) -> Estimate | None:
    """As `estimate`, from the log-ratios."""
    if not ratios:
        return None
    mean = math.fsum(ratios) / len(ratios)
    half = half_width(ratios, alpha)
    low = _improvement(mean + half) if math.isfinite(half) else UNBOUNDED
    return Estimate(percent_improvement=_improvement(mean), low=low, high=_improvement(mean - half), pairs=len(ratios))


def _improvement(log_ratio: float) -> float:
    return -100.0 * math.expm1(log_ratio) if log_ratio < 20.0 else UNBOUNDED


def half_width(ratios: Sequence[float], alpha: float = ALPHA) -> float:
    """Half the width of the confidence sequence around the mean; infinite for the first two pairs."""
    count = len(ratios)
    if count < 2:
        return math.inf
    mean = math.fsum(ratios) / count
    deviation = math.sqrt(math.fsum((ratio - mean) ** 2 for ratio in ratios) / (count - 1))
    return critical_t(count, alpha) * max(deviation, RESOLUTION) / math.sqrt(count)


def log_e_value(t_squared: float, count: int) -> float:
    """Logarithm of the evidence against the tested mean, given the squared t statistic of `count` pairs."""
    freedom = count - 1
    logs = []
    for scale in SCALES:
        k = 1.0 + count * scale * scale
        gain = math.log1p(t_squared / freedom) - math.log1p(t_squared / (freedom * k))
        logs.append(-0.5 * math.log(k) + 0.5 * count * gain)
    top = max(logs)
    return top + math.log(math.fsum(math.exp(item - top) for item in logs) / len(logs))


@functools.cache
def critical_t(count: int, alpha: float = ALPHA) -> float:
    """The t statistic at which the evidence reaches 1 / alpha; infinite when it never does."""
    needed = math.log(1.0 / alpha)
    low, high = 1e-3, 1e9
    if log_e_value(high * high, count) < needed:
        return math.inf
    while high > low * (1 + 1e-9):
        middle = math.sqrt(low * high)
        if log_e_value(middle * middle, count) < needed:
            low = middle
        else:
            high = middle
    return high
