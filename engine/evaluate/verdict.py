"""What the measurements allow to claim, and when to stop measuring."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from engine.evaluate.statistics import Metric, estimate_of, log_ratios
from engine.model import Estimate, Measurement, Objective, Verdict

MARGIN = 1.0
"""Percent below which a difference is of no practical use."""
SHARP = 0.8
"""A win is measured on until the guaranteed gain is this part of the point value ..."""
LOOK_BACK, WORTHWHILE = 5, 0.03
"""... or until so many pairs have raised it by less than this part of the point value."""
SINGLE_THREADED = (0.9, 1.1)
"""CPU seconds for each second of wall time, of a command on which the two tell the same."""

_WORDS: dict[Metric, str] = {"wall": "time", "cpu": "CPU time", "memory": "peak memory"}
Exhausted = Literal["", "pairs", "seconds"]


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an evaluation."""

    verdict: Verdict
    reason: str
    """One sentence."""
    metric: Metric = "wall"
    estimate: Estimate | None = None


def choose_metric(objective: Objective, warm: Sequence[Measurement]) -> Metric:
    """What to decide on, given warm-up runs (which do not count as evidence).

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


def rule(measurements: Sequence[Measurement], metric: Metric, exhausted: Exhausted = "") -> Ruling | None:
    """The verdict, or None to go on measuring; with an `exhausted` budget it is always one."""
    ratios = log_ratios(measurements, metric)
    found = estimate_of(ratios)
    verdict = _decide(ratios, found, bool(exhausted))
    if verdict is None:
        return None
    return Ruling(verdict=verdict, reason=_reason(verdict, found, metric, exhausted), metric=metric, estimate=found)


def _decide(ratios: Sequence[float], found: Estimate | None, exhausted: bool) -> Verdict | None:
    if found is not None:
        if found.low >= -MARGIN and found.high <= MARGIN:
            return "equivalent"
        if found.high < 0.0:
            return "slower"
        if found.low > 0.0 and (exhausted or _sharp(ratios, found)):
            return "faster"
    return "inconclusive" if exhausted else None


def _sharp(ratios: Sequence[float], found: Estimate) -> bool:
    """Whether the guaranteed gain is close to the point value, or more pairs no longer raise it."""
    if found.low >= SHARP * found.percent_improvement:
        return True
    before = estimate_of(ratios[:-LOOK_BACK])
    return before is not None and before.low > 0.0 and found.low - before.low < WORTHWHILE * found.percent_improvement


def _reason(verdict: Verdict, found: Estimate | None, metric: Metric, exhausted: Exhausted) -> str:
    word = _WORDS[metric]
    if found is None:
        return f"The budget of {exhausted} ended before the first pair was measured."
    span = f"{found.pairs} pair{'s' if found.pairs != 1 else ''}"
    if verdict == "faster":
        return f"At least {found.low:.1f}% less {word} (95% sure), {found.percent_improvement:.1f}% measured, {span}."
    if verdict == "slower":
        return (
            f"At least {-found.high:.1f}% more {word} (95% sure), {-found.percent_improvement:.1f}% measured, {span}."
        )
    if verdict == "equivalent":
        return f"The difference in {word} is within {MARGIN:g}% (95% sure), {span}."
    if found.low <= -1e6:
        return f"The budget of {exhausted} ended after {span}: too few to say anything."
    ends = f"between {found.low:+.1f}% and {found.high:+.1f}%"
    return f"The budget of {exhausted} ended after {span}: the gain in {word} lies {ends} (95% sure)."
