"""The confidence sequence: its known constants, its error rate under continuous looking, its figures."""

import itertools
import math
import random
from collections.abc import Iterator

import pytest

from engine.evaluate.statistics import UNBOUNDED, critical_t, estimate, estimate_of
from engine.evaluate.verdict import Terms, decide
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


def gaps(kind: str, chance: random.Random) -> Iterator[float]:
    """Log-ratios of two equal arms in pairs of random order, under noise of that kind."""
    level = 0.0

    def noise() -> float:
        match kind:
            case "normal":
                return chance.gauss(0.0, 0.03)
            case "skewed":
                return chance.expovariate(1 / 0.03)
            case "heavy-tailed":
                return chance.gauss(0.0, 0.02) / math.sqrt(chance.gammavariate(1.0, 1.0))
            case _:
                return level + chance.gauss(0.0, 0.02)

    while True:
        level += chance.gauss(0.004, 0.02)
        one = noise()
        level += chance.gauss(0.004, 0.02)
        two = noise()
        yield one - two if chance.random() < 0.5 else two - one


@pytest.mark.parametrize("kind", ["normal", "skewed", "heavy-tailed", "drifting"])
def test_looking_after_every_pair_keeps_the_error_below_five_percent(kind: str) -> None:
    chance = random.Random(7)
    terms = Terms(sharpen=False)
    series, wrong = 300, 0
    for _ in range(series):
        ratios: list[float] = []
        for ratio in itertools.islice(gaps(kind, chance), 40):
            ratios.append(ratio)
            if decide(ratios, terms) in ("faster", "slower"):
                wrong += 1
                break
    assert wrong / series <= 0.05


def test_a_shared_error_makes_the_interval_wider() -> None:
    ratios = [-0.10, -0.11, -0.12, -0.09, -0.10]
    alone, shared = estimate_of(ratios, 0.05), estimate_of(ratios, 0.05 / 4)
    assert alone is not None
    assert shared is not None
    assert shared.low < alone.low < alone.percent_improvement < alone.high < shared.high
    assert (alone.confidence, shared.confidence) == (0.95, 0.9875)
    assert alone.e_value == shared.e_value > 20


def session(walls: list[tuple[float, float]]) -> list[Measurement]:
    """A session of (baseline, variant) pairs, the first one with fresh arms."""
    taken = []
    for pair, (baseline, variant) in enumerate(walls):
        taken += [measurement(pair, "baseline", baseline, pair == 0), measurement(pair, "variant", variant, pair == 0)]
    return taken


def test_warm_up_is_left_out_by_evidence() -> None:
    usual = [(1.0, 0.8), (1.01, 0.81), (0.99, 0.8), (1.0, 0.79), (1.01, 0.8), (1.0, 0.8)]
    assert left_out_of(session(usual[:3])) == (0,)
    assert left_out_of(session(usual)) == ()
    assert left_out_of(session([(1.5, 0.8), *usual])) == (0,)
    assert left_out_of(session([(1.5, 1.2), (1.2, 0.9), *usual])) == (0, 1)
    assert left_out_of(session([(0.6, 0.8), *usual])) == (0,)


def left_out_of(taken: list[Measurement]) -> tuple[int, ...]:
    found = estimate(taken, "wall")
    assert found is not None
    return found.warm_up


def test_outliers_are_counted_and_kept() -> None:
    chance = random.Random(5)
    walls = [(1.0 + chance.gauss(0, 0.01), 0.8 + chance.gauss(0, 0.01)) for _ in range(14)]
    walls[6] = (walls[6][0], 3.0)
    found = estimate(session(walls), "wall")
    assert found is not None
    assert (6, "variant") in found.outliers
    assert found.pairs + len(found.warm_up) == 14
    assert found.low > 10.0, "one spike does not take a clear gain away"


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
