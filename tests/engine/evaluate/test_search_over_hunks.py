"""The searches over hunks against projects of known arithmetic: what a set of hunks costs is looked up, not run."""

from collections.abc import Callable
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate.combination import Combination, Hunks
from engine.evaluate.dissection import Dissection, Left
from engine.model import Estimate, Evaluation, Verdict

HUNKS = "abcdef"
Cost = Callable[[Hunks], float | None]
"""What a variant of these hunks takes; None when it does not pass its tests."""


def compared(cost: Cost, hunks: Hunks, against: Hunks) -> Evaluation:
    """The evaluation that exact runs would give."""
    mine, theirs = cost(hunks), cost(against)
    assert theirs is not None
    if mine is None:
        return Evaluation(id="", title="", state="done", at=0.0, verdict="tests failed")
    gain = 100.0 * (1.0 - mine / theirs)
    verdict: Verdict = "equivalent" if abs(gain) < 1.0 else "faster" if gain > 0 else "slower"
    estimate = Estimate(percent_improvement=gain, low=gain - 0.01, high=gain + 0.01, pairs=3)
    return Evaluation(id="", title="", state="done", at=0.0, verdict=verdict, estimate=estimate)


def dissected(cost: Cost, hunks: str, kin: tuple[Left, ...] = ()) -> tuple[Dissection, dict[Left, Evaluation]]:
    """The hunks taken apart to the end."""
    whole, known = frozenset(hunks), dict[Left, Evaluation]()
    estimate = compared(cost, whole, frozenset()).estimate
    assert estimate is not None
    while missing := Dissection(hunks, estimate, 2.0, kin, known).missing():
        assert not known.keys() & set(missing) and whole not in missing
        known |= {left: compared(cost, whole - left, whole) for left in missing}
    return Dissection(hunks, estimate, 2.0, kin, known), known


@given(st.lists(st.sampled_from([0.0, 0.0, 10.0, 40.0, -5.0]), min_size=2, max_size=6))
def test_where_hunks_do_not_interact_each_is_left_out_once_and_all_idle_ones_go(savings: list[float]) -> None:
    hunks = HUNKS[: len(savings)]
    saved = dict(zip(hunks, savings, strict=True))
    found, known = dissected(lambda chosen: 400.0 - sum(saved[hunk] for hunk in chosen), hunks)
    idle = {hunk for hunk in hunks if saved[hunk] <= 0.0}
    assert found.spare() == idle or len(idle) == len(hunks)
    assert len(known) <= len(hunks) + 1 + (len(idle) == len(hunks)) * 15
    for worth in found.worths():
        if not worth.together:
            assert (worth.verdict == "faster") == (saved[worth.hunk] > 0.0)
            assert worth.estimate is not None and worth.estimate.low <= worth.estimate.percent_improvement


@given(st.sets(st.sampled_from(HUNKS[:5]), min_size=2), st.data())
def test_what_goes_never_takes_the_gain_with_it(redundant: set[str], data: st.DataObject) -> None:
    extra = data.draw(st.dictionaries(st.sampled_from(HUNKS[:5]), st.sampled_from([0.0, 20.0])))

    def cost(chosen: Hunks) -> float:
        return 400.0 - 200.0 * bool(chosen & redundant) - sum(extra.get(hunk, 0.0) for hunk in chosen)

    found, _ = dissected(cost, HUNKS[:5])
    whole = frozenset(HUNKS[:5])
    assert cost(whole - found.spare()) <= cost(whole) * 1.02


def test_hunks_that_need_each_other_are_left_out_together() -> None:
    def cost(chosen: Hunks) -> float | None:
        return None if "b" in chosen and "a" not in chosen else 100.0 - 60.0 * ("b" in chosen) - 5.0 * ("c" in chosen)

    found, _ = dissected(cost, "abc", (frozenset("ab"),))
    worths = {(item.hunk, *item.together): item for item in found.worths()}
    assert worths["a",].needed and worths["a",].verdict == "tests failed"
    pair = worths["a", "b"].estimate
    assert pair is not None and 63.0 < pair.percent_improvement < 63.4  # 35 with both against 95 without


def test_hunks_that_save_the_same_are_left_out_in_pairs() -> None:
    found, known = dissected(lambda chosen: 100.0 if not {"a", "b"} <= chosen else 40.0 - 5.0 * ("c" in chosen), "abc")
    assert frozenset("ab") in known and not found.spare()


@given(
    st.lists(st.sets(st.sampled_from(HUNKS), min_size=1, max_size=3), min_size=2, max_size=4),
    st.sets(st.sampled_from([frozenset(pair) for pair in combinations(HUNKS, 2)]), max_size=5),
    st.lists(st.integers(5, 30), min_size=6, max_size=6),
)
def test_a_combination_has_no_conflict_and_is_no_worse_than_the_best_alone(
    drawn: list[set[str]], clashes: set[Left], savings: list[int]
) -> None:
    saved = dict(zip(HUNKS, savings, strict=True))

    def cost(chosen: Hunks) -> float:
        return 200.0 - sum(saved[hunk] for hunk in chosen)

    sets = [frozenset(each) for each in drawn if not any(clash <= each for clash in clashes)]
    if not sets:
        return
    sets.sort(key=cost)
    known: dict[tuple[Hunks, Hunks], Evaluation] = {}
    while True:
        best, missing = Combination(sets, clashes, known).course()
        if not missing:
            break
        for item in missing:
            assert (item, best) not in known and not any(clash <= item for clash in clashes)
            known[item, best] = compared(cost, item, best)
    assert cost(best) <= cost(sets[0])
    if not clashes:
        assert best == frozenset().union(*sets)
