"""When measuring stops, and what is claimed then."""

import random

import pytest

from engine.evaluate.verdict import Terms, choose_metric, rule
from engine.model import Arm, Measurement


def run(pair: int, arm: Arm, wall: float, share: float = 1.0, warm_up: bool = False) -> Measurement:
    return Measurement(pair=pair, arm=arm, wall=wall, cpu=wall * share, max_rss=10**7, at=0.0, warm_up=warm_up)


def pairs(count: int, ratio: float, noise: float = 0.01, seed: int = 3) -> list[Measurement]:
    chance = random.Random(seed)
    taken = []
    for number in range(count):
        taken += [run(number, "baseline", 1.0 + chance.gauss(0, noise))]
        taken += [run(number, "variant", ratio * (1.0 + chance.gauss(0, noise)))]
    return taken


@pytest.mark.parametrize(
    ("ratio", "noise", "verdict"), [(0.7, 0.01, "faster"), (1.3, 0.01, "slower"), (1.0, 0.002, "equivalent")]
)
def test_a_clear_case_is_ruled_before_the_budget_ends(ratio: float, noise: float, verdict: str) -> None:
    rulings = [rule(pairs(count, ratio, noise), "wall") for count in range(1, 31)]
    first = next(ruling for ruling in rulings if ruling is not None)
    assert first.verdict == verdict
    assert "95% sure" in first.reason


def test_a_win_is_measured_until_its_guarantee_is_worth_something() -> None:
    rulings = [rule(pairs(count, 0.7), "wall") for count in range(1, 31)]
    first = next(ruling for ruling in rulings if ruling is not None)
    assert first.estimate is not None
    assert first.estimate.guaranteed >= 0.8 * first.estimate.percent_improvement


def test_noise_without_effect_is_inconclusive_at_the_end_of_the_budget() -> None:
    assert rule(pairs(10, 1.0, 0.1), "wall") is None
    ruling = rule(pairs(10, 1.0, 0.1), "wall", "pairs")
    assert ruling is not None
    assert ruling.verdict == "inconclusive"
    assert "budget of pairs ended after 10 pairs" in ruling.reason


def test_what_is_not_worth_it_ends_early_and_says_so() -> None:
    wanted = Terms(worth=5.0)
    rulings = [rule(pairs(count, 1.0, 0.02), "wall", terms=wanted) for count in range(1, 31)]
    first = next(ruling for ruling in rulings if ruling is not None)
    assert first.verdict == "inconclusive"
    assert "a gain of 5% or more is ruled out" in first.reason
    assert "cannot be seen" in first.reason


def test_what_is_clearly_slower_is_measured_until_that_is_certain() -> None:
    wanted = Terms(worth=5.0)
    rulings = [rule(pairs(count, 1.1, 0.03), "wall", terms=wanted) for count in range(1, 31)]
    assert next(ruling for ruling in rulings if ruling is not None).verdict == "slower"


def test_a_budget_that_cannot_settle_it_is_not_used_up() -> None:
    rulings = [rule(pairs(count, 1.0, 0.1), "wall", remaining=30 - count) for count in range(1, 30)]
    first = next(ruling for ruling in rulings if ruling is not None)
    assert (first.verdict, "noise is too high" in first.reason) == ("inconclusive", True)


def test_an_empty_budget_is_told() -> None:
    ruling = rule([], "wall", "seconds")
    assert ruling is not None
    assert (ruling.verdict, ruling.estimate) == ("inconclusive", None)


@pytest.mark.parametrize(
    ("baseline", "variant", "metric"),
    [(1.0, 0.98, "cpu"), (0.5, 0.5, "wall"), (1.0, 3.0, "wall"), (1.0, 0.4, "wall"), (3.5, 3.5, "wall")],
)
def test_runtime_is_decided_on_cpu_time_only_where_both_tell_the_same(
    baseline: float, variant: float, metric: str
) -> None:
    warm = [run(0, "baseline", 1.0, baseline, True), run(0, "variant", 1.0, variant, True)]
    assert choose_metric("runtime", warm) == metric


def test_the_objective_names_the_metric() -> None:
    assert choose_metric("cpu time", []) == "cpu"
    assert choose_metric("memory", []) == "memory"
