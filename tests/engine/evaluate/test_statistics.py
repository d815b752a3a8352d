"""The confidence sequence: its known constants, its error rate under continuous looking, its figures."""

import math
import random

import pytest

from engine.evaluate.statistics import UNBOUNDED, critical_t, estimate, estimate_of
from engine.model import Arm, Measurement


def measurement(pair: int, arm: Arm, wall: float, warm_up: bool = False) -> Measurement:
    return Measurement(pair=pair, arm=arm, wall=wall, cpu=wall, max_rss=1, at=0.0, warm_up=warm_up)


@pytest.mark.parametrize(("pairs", "expected"), [(3, 16.6), (5, 6.6), (10, 4.4), (30, 3.6)])
def test_the_critical_values_are_those_of_the_mixture(pairs: int, expected: float) -> None:
    assert critical_t(pairs) == pytest.approx(expected, abs=0.1)


def test_two_pairs_say_nothing() -> None:
    found = estimate_of([-0.7, -0.7])
    assert found is not None
    assert (found.low, found.high, found.guaranteed) == (UNBOUNDED, 100.0, 0.0)
    assert estimate_of([]) is None


def test_looking_after_every_pair_keeps_the_error_below_five_percent() -> None:
    chance = random.Random(7)
    series = 400
    misses = 0
    for _ in range(series):
        ratios: list[float] = []
        for _ in range(40):
            ratios.append(chance.gauss(0.0, 0.03))
            found = estimate_of(ratios)
            if found is not None and (found.low > 0.0 or found.high < 0.0):
                misses += 1
                break
    assert misses / series <= 0.05


def test_a_true_gain_is_found_and_covered() -> None:
    chance = random.Random(11)
    ratios = [math.log(0.8) + chance.gauss(0.0, 0.02) for _ in range(15)]
    found = estimate_of(ratios)
    assert found is not None
    assert found.low < 20.0 < found.high
    assert found.guaranteed > 17.0


def test_warm_ups_and_half_pairs_are_left_out() -> None:
    taken = [measurement(0, "baseline", 9.0, True), measurement(0, "variant", 1.0, True)]
    taken += [measurement(1, "variant", 0.5), measurement(1, "baseline", 1.0), measurement(2, "baseline", 1.0)]
    found = estimate(taken, "wall")
    assert found is not None
    assert (found.pairs, round(found.percent_improvement, 6)) == (1, 50.0)
