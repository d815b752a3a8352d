"""What the measurements allow to claim, and when to stop measuring."""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from engine.evaluate.statistics import ALPHA, Metric, centre, estimate, estimate_of, half_width, log_ratios
from engine.model import Estimate, Measurement, MetricRow, Objective, Verdict

SHARP = 0.8
"""A win is measured on until the guaranteed gain is this part of the point value ..."""
LOOK_BACK, WORTHWHILE = 5, 0.03
"""... or until so many pairs have raised it by less than this part of the point value."""
SINGLE_THREADED = (0.9, 1.1)
"""CPU seconds for each second of wall time, of a command on which the two tell the same."""
HOPE_FROM, HOPE = 8, 1.64
"""From so many pairs on it is asked whether the rest of the budget could settle it, if chance were kind: if the mean
moved by so many standard errors. (It never decides for a gain, so it costs no error.)"""
KNOWN = 1e8
"""Ends of an interval beyond this are not known yet."""

_WORDS: dict[Metric, str] = {
    "wall": "time",
    "cpu": "CPU time",
    "memory": "peak memory",
    "benchmark": "the benchmark's own figure",
}
Exhausted = Literal["", "pairs", "seconds", "dropped", "dominated"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms on which a verdict is made."""

    alpha: float = ALPHA
    """Probability of a wrong verdict of this one evaluation."""
    margin: float = 1.0
    """Percent below which a difference is of no practical use."""
    worth: float = 0.0
    """Percent of gain that is wanted: once it is ruled out, measuring ends; 0 for never."""
    sharpen: bool = True
    """Whether a proven gain is measured on until its guarantee is close to the point value."""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an evaluation."""

    verdict: Verdict
    reason: str
    """One sentence."""
    metric: Metric = "wall"
    estimate: Estimate | None = None
    metrics: tuple[MetricRow, ...] = ()


USUAL = Terms()


def choose_metric(objective: Objective, warm: Sequence[Measurement]) -> Metric:
    """What to decide on, given the first runs.

    For runtime it is CPU time where both arms are single-threaded and never wait: there it tells the same as wall
    time and is several times steadier when neighbours are busy. A variant that sleeps or starts threads fails this
    test and is judged by wall time.
    """
    if objective != "runtime":
        return "memory" if objective == "memory" else "cpu"
    shares = {"baseline": [0.0], "variant": [0.0]}
    for item in warm:
        if item.wall > 0:
            shares[item.arm].append(item.cpu / item.wall)
    least, most = SINGLE_THREADED
    # A busy neighbour lowers the share and nothing raises it, so the largest one is the honest one.
    return "cpu" if all(least <= max(found) <= most for found in shares.values()) else "wall"


def rule(
    measurements: Sequence[Measurement],
    metric: Metric,
    exhausted: Exhausted = "",
    terms: Terms = USUAL,
    remaining: float = math.inf,
) -> Ruling | None:
    """The verdict, or None to go on measuring; with an `exhausted` budget it is always one.

    `remaining` is how many more pairs the budget allows.
    """
    ratios = log_ratios(measurements, metric)
    found = estimate(measurements, metric, terms.alpha)
    verdict = decide(ratios, terms)
    futile = "" if verdict or found is None else _futile(ratios, found, terms, remaining)
    if verdict is None and (exhausted or futile):
        verdict = "faster" if found is not None and found.low > 0.0 else "inconclusive"
    if verdict is None:
        return None
    reason = _reason(verdict, found, metric, exhausted, terms, futile)
    return Ruling(verdict=verdict, reason=reason, metric=metric, estimate=found)


def decide(ratios: Sequence[float], terms: Terms = USUAL) -> Verdict | None:
    """The verdict that log-ratios (variant / baseline) allow by now; None while they leave it open.

    May be asked after every pair: the error stays below `terms.alpha` whenever one stops.
    """
    found = estimate_of(ratios, terms.alpha)
    if found is None:
        return None
    if found.low >= -terms.margin and found.high <= terms.margin:
        return "equivalent"
    if found.high < 0.0:
        return "slower"
    if found.low > 0.0 and (not terms.sharpen or _sharp(ratios, found, terms)):
        return "faster"
    return None


def _sharp(ratios: Sequence[float], found: Estimate, terms: Terms) -> bool:
    """Whether the guaranteed gain is close to the point value, or more pairs no longer raise it."""
    if found.low >= SHARP * found.percent_improvement:
        return True
    before = estimate_of(ratios[:-LOOK_BACK], terms.alpha)
    return before is not None and before.low > 0.0 and found.low - before.low < WORTHWHILE * found.percent_improvement


def _futile(ratios: Sequence[float], found: Estimate, terms: Terms, remaining: float) -> str:
    """Why it is no use to go on; empty when it may be."""
    if found.low > 0.0:
        return ""
    if found.high < terms.worth and found.percent_improvement >= -terms.margin:
        return f"a gain of {terms.worth:g}% or more is ruled out"
    if len(ratios) >= HOPE_FROM and math.isfinite(remaining) and not _in_reach(ratios, len(ratios) + remaining, terms):
        return f"the noise is too high for the rest of the budget ({remaining:.0f} pairs) to settle it"
    return ""


def _in_reach(ratios: Sequence[float], pairs: float, terms: Terms) -> bool:
    """Whether some verdict can be had with so many pairs, if chance is kind."""
    count, last = len(ratios), int(pairs)
    mean, deviation = centre(ratios)
    kind = HOPE * deviation * math.sqrt(max(0.0, 1.0 / count - 1.0 / last))
    half = half_width(ratios, terms.alpha, last)
    return abs(mean) + kind > half or half + max(0.0, abs(mean) - kind) <= math.log1p(terms.margin / 100.0)


def _reason(
    verdict: Verdict, found: Estimate | None, metric: Metric, exhausted: Exhausted, terms: Terms, futile: str
) -> str:
    word, ended = _WORDS[metric], _ended(exhausted)
    if found is None:
        return f"{ended} before the first pair was measured."
    span, sure, point = f"{found.pairs} pair{'s' * (found.pairs != 1)}", _sure(found), found.percent_improvement
    match verdict:
        case "faster":
            return f"At least {found.low:.1f}% {_better(metric)} ({sure}), {point:.1f}% measured, {span}."
        case "slower":
            return f"At least {-found.high:.1f}% {_worse(metric)} ({sure}), {-point:.1f}% measured, {span}."
        case "equivalent":
            return f"The difference in {word} is within {terms.margin:g}% ({sure}), {span}."
    ended = f"Ended early, {futile}" if futile and not exhausted else ended
    if found.detection_limit >= KNOWN:
        return f"{ended} after {span}: too few to say anything."
    ends = f"the gain in {word} lies between {found.low:+.1f}% and {found.high:+.1f}% ({sure})"
    return f"{ended} after {span}: {ends}; differences below {found.detection_limit:.1f}% cannot be seen."


def _better(metric: Metric) -> str:
    return f"better by {_WORDS[metric]}" if metric == "benchmark" else f"less {_WORDS[metric]}"


def _worse(metric: Metric) -> str:
    return f"worse by {_WORDS[metric]}" if metric == "benchmark" else f"more {_WORDS[metric]}"


def _ended(exhausted: Exhausted) -> str:
    match exhausted:
        case "dropped":
            return "Measuring was ended by hand"
        case "dominated":
            return "It left the race"
    return f"The budget of {exhausted} ended"


def _sure(found: Estimate) -> str:
    return f"{100 * found.confidence:.4g}% sure"
