"""What pairs of equal code say about the gains that can be seen."""

import random

from engine.config import BenchmarkSection
from engine.evaluate.sight import sight
from engine.evaluate.statistics import estimate
from engine.model import Arm, Measurement


def runs(pairs: int, deviation: float, gain: float = 0.0, seed: int = 1) -> list[Measurement]:
    noise = random.Random(seed)
    arms: tuple[tuple[Arm, float], ...] = (("baseline", 1.0), ("variant", 1.0 - gain))
    return [
        Measurement(pair=pair, arm=arm, wall=mean * noise.lognormvariate(0, deviation), cpu=1, max_rss=1, at=0)
        for pair in range(pairs)
        for arm, mean in arms
    ]


def test_too_few_pairs_say_nothing() -> None:
    assert sight(runs(2, 0.01), "wall", BenchmarkSection()).limit is None


def test_more_noise_and_less_budget_see_less() -> None:
    wide, tight = BenchmarkSection(max_pairs=100), BenchmarkSection(max_pairs=5)
    quiet = sight(runs(10, 0.005), "wall", wide).limit
    noisy = sight(runs(10, 0.05), "wall", wide).limit
    hurried = sight(runs(10, 0.05), "wall", tight).limit
    assert quiet is not None and noisy is not None and hurried is not None
    assert quiet < noisy < hurried
    short_of_time = BenchmarkSection(max_pairs=100, max_seconds=11.0)  # a run takes a second
    assert sight(runs(10, 0.05), "wall", short_of_time).limit == hurried


def test_gains_beyond_the_limit_are_proven_and_smaller_ones_are_not() -> None:
    limit = sight(runs(200, 0.02), "wall", BenchmarkSection(max_pairs=30)).limit
    assert limit is not None
    proven = {part: [_low(gain=part * limit / 100, seed=seed) > 0 for seed in range(20)] for part in (0.4, 2.0)}
    assert sum(proven[2.0]) >= 18
    assert sum(proven[0.4]) <= 4


def _low(gain: float, seed: int) -> float:
    found = estimate(runs(30, 0.02, gain, seed), "wall")
    assert found is not None
    return found.low
