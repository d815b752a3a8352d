"""Which runs stand out: warm-up, which is left out of the statistics, and outliers, which are told and kept.

Both arms are treated alike, so that leaving out warm-up favours neither.
"""

import itertools
from collections.abc import Sequence
from statistics import median

from engine.model import Arm, Measurement

MAD_TO_SIGMA = 1.4826
"""From a median absolute deviation to the standard deviation of a normal distribution."""
LATER = 4
"""Pairs behind a suspected warm-up that are the evidence for or against it; until they are there it is left out."""
SUSPECTS = 2
"""Pairs at the beginning of a session that can be warm-up."""
DIFFERENT = 3.0
"""A first run is a warm-up run when it is so many times as far from the later ones' median as the furthest of them."""
FLOOR = 0.005
"""Later runs are taken to differ by at least this (relative): few runs can agree by chance."""
OUTLYING = 3.5
"""Modified z-score beyond which a run is an outlier: B. Iglewicz, D. Hoaglin, "How to Detect and Handle Outliers",
ASQC Quality Press (1993)."""


def left_out(measurements: Sequence[Measurement], logs: Sequence[float]) -> set[int]:
    """Numbers of the pairs that are warm-up, by evidence; `logs` are the logarithms of the runs' figures.

    A session begins with a pair that is marked `warm_up`: the arms are fresh then. That pair counts after all when the
    `LATER` pairs behind it show that it was like them; when it was not, the next one is looked at in the same way.
    What has been decided from these pairs stays, so that a later look cannot change it.
    """
    pairs: dict[int, dict[Arm, float]] = {}
    begins: list[int] = []
    for item, log in zip(measurements, logs, strict=True):
        pairs.setdefault(item.pair, {})[item.arm] = log
        if item.warm_up and item.pair not in begins:
            begins.append(item.pair)
    cold: set[int] = set()
    for begin, end in itertools.pairwise([*begins, max(pairs, default=0) + 1]):
        session = [number for number in sorted(pairs) if begin <= number < end and len(pairs[number]) == 2]
        cold.update(_warm_up([pairs[number] for number in session], session) if len(session) > LATER else [begin])
    return cold


def _warm_up(pairs: Sequence[dict[Arm, float]], numbers: Sequence[int]) -> list[int]:
    """The leading pairs of a session that differ from the `LATER` pairs behind them."""
    cold: list[int] = []
    for place in range(SUSPECTS):
        later = pairs[place + 1 : place + 1 + LATER]
        if len(later) < LATER or not any(_differs(pairs[place], later, arm) for arm in ("baseline", "variant")):
            break
        cold.append(numbers[place])
    return cold


def _differs(pair: dict[Arm, float], later: Sequence[dict[Arm, float]], arm: Arm) -> bool:
    usual = [other[arm] for other in later]
    middle = median(usual)
    return abs(pair[arm] - middle) > DIFFERENT * max(FLOOR, *(abs(log - middle) for log in usual))


def outliers(measurements: Sequence[Measurement], logs: Sequence[float], cold: set[int]) -> tuple[tuple[int, Arm], ...]:
    """(pair, arm) of the runs that lie far from the other runs of their arm; they are counted, never dropped."""
    found: list[tuple[int, Arm]] = []
    arms: tuple[Arm, ...] = ("baseline", "variant")
    for arm in arms:
        own = [
            (item.pair, log)
            for item, log in zip(measurements, logs, strict=True)
            if item.arm == arm and item.pair not in cold
        ]
        if not own:
            continue
        middle = median(log for _, log in own)
        spread = MAD_TO_SIGMA * median(abs(log - middle) for _, log in own)
        found += [(pair, arm) for pair, log in own if spread and abs(log - middle) > OUTLYING * spread]
    return tuple(sorted(found))
