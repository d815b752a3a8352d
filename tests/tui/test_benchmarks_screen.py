"""Stage 4 as a person uses it, and its pictures as text."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Arm, Estimate, Measurement, Noise, Step
from engine.protocol import (
    Apply,
    Cancel,
    Evaluate,
    EvaluationChanged,
    Measured,
    MeasureNoise,
    NoiseChanged,
    Schedule,
    Snapshot,
)
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp
from tui.figures import Runs, label_row, quantity, ticks
from tui.widgets.strip_plot import interval_lines, plot_lines


def _pair(number: int, baseline: float, variant: float, *, warm_up: bool = False) -> tuple[Measurement, ...]:
    arms: tuple[tuple[Arm, float], ...] = (("baseline", baseline), ("variant", variant))
    return tuple(
        Measurement(pair=number, arm=arm, wall=wall, cpu=wall, max_rss=1, at=0.0, load=0.7, warm_up=warm_up)
        for arm, wall in arms
    )


@pytest.fixture
def session(root: Path) -> Snapshot:
    """One evaluation that is about to measure, and its job."""
    full = samples.full(root)
    born = samples.evaluation(
        "e-loops", full.candidates[1], 0, state="testing", verdict=None, estimate=None, measurements=(), steps=()
    )
    return msgspec.structs.replace(full, evaluations=(born,))


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_evaluation_shows_runs_interval_and_headline(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as person:
        await person.press("4")
        await person.sees("▶ loops v1  pair 4", "✔ algorithms v1  ≥ 8.9% (11.8%)")
        await person.press("j")
        await person.sees(
            "baseline", "variant", "●", "▲ 445 ms", "▲ 393 ms", "gain", "at least 8.9%", "best guess 11.8%"
        )
        await person.sees("tests ✔ 1.1 s", "sandbox bubblewrap", "12 pairs", "load 0.4")


async def test_the_header_tells_what_gains_can_be_seen(open_app: OpenApp, root: Path) -> None:
    noise = Noise(command=samples.full(root).project.benchmark_command, at=0.0, limit=2.34, spread=1.0)
    async with open_app() as person:
        await person.misses("sees gains")
        await person.press("4", "s")
        await person.engine.received(MeasureNoise)
        await person.sees("a minute at most")
        person.engine.push(NoiseChanged(noise=msgspec.structs.replace(noise, measuring=True)))
        await person.sees("measuring noise")
        person.engine.push(NoiseChanged(noise=noise))
        await person.sees("sees gains ≥ 2.3%")
        person.engine.push(NoiseChanged(noise=msgspec.structs.replace(noise, command="another")))
        await person.misses("sees gains")


async def test_measurements_appear_as_they_come(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("4")
        await person.sees("◔ loops v1  testing", "The project's tests run on the baseline")
        item = session.evaluations[0]
        ours = Step(name="test", arm="baseline", passed=True, seconds=2.5, exit_code=0)
        person.engine.push(
            EvaluationChanged(evaluation=msgspec.structs.replace(item, state="preparing", steps=(ours,)))
        )
        await person.sees("baseline tests ✔ 2.5 s", "The benchmark runs once on the baseline")
        ran = msgspec.structs.replace(ours, name="benchmark")
        person.engine.push(EvaluationChanged(evaluation=msgspec.structs.replace(item, steps=(ours, ran))))
        await person.sees("only what passes them is measured")
        passed = Step(name="test", arm="variant", passed=True, seconds=2.5, exit_code=0)
        person.engine.push(
            EvaluationChanged(evaluation=msgspec.structs.replace(item, state="measuring", steps=(passed,)))
        )
        await person.sees("tests ✔ 2.5 s", "The first pair of runs is under way")
        wide = Estimate(percent_improvement=10.0, low=-1e9, high=1e9, pairs=1, warm_up=(0,))
        person.engine.push(Measured(evaluation=item.id, measurements=_pair(0, 0.5, 0.4, warm_up=True)))
        person.engine.push(Measured(evaluation=item.id, measurements=_pair(1, 0.5, 0.45), estimate=wide))
        await person.sees("○", "●", "measuring, pair 1", "too few pairs to say", "◄", "►", "load 0.7")
        narrow = Estimate(percent_improvement=10.0, low=4.0, high=13.0, pairs=2, warm_up=(0,))
        person.engine.push(Measured(evaluation=item.id, measurements=_pair(2, 0.5, 0.45), estimate=narrow))
        await person.sees("so far: at least 4.0%", "[", "]", "pair 2")


async def test_a_failure_keeps_its_output(open_app: OpenApp, session: Snapshot) -> None:
    output = "\n".join(f"line {n}" for n in range(200)) + "\nAssertionError: 3 != 4\x1b[0m"
    failed = Step(name="test", arm="variant", passed=False, seconds=2.5, exit_code=1, output=output)
    done = msgspec.structs.replace(
        session.evaluations[0], state="done", verdict="tests failed", steps=(failed,), reason="2 of 48 tests failed."
    )
    async with open_app(msgspec.structs.replace(session, evaluations=(done,)), size=(80, 24)) as person:
        await person.press("4")
        await person.sees("✘ loops v1  tests failed", "tests ✘ 2.5 s", "AssertionError: 3 != 4␛[0m")
        await person.press("tab", "g")
        await person.sees("2 of 48 tests failed.", "tests of the variant: exit 1")
        await person.press("w")
        await person.sees("Not proven faster (tests failed)")
        assert not person.engine.all(Apply)


async def test_the_keys_act_on_the_evaluation_under_the_cursor(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("4", "x")
        assert (await person.engine.received(Cancel)).job == "j-loops"
        await person.press("b")
        await person.sees("This is being evaluated already")
        await person.press("full_stop", "b")
        assert (await person.engine.received(Evaluate)).candidates == ("c-algorithms",)
        person.engine.answers[Apply] = {"application": "a", "where": "the project"}
        await person.press("w")
        await person.sees("Write accepted hunks")
        await person.press("t")
        applied = await person.engine.received(Apply)
        assert applied.candidates == ("c-algorithms",)
        assert len(applied.hunks) == 3
        await person.press("enter")
        await person.sees("logreport/parse.py · algorithms v1 ▸ hunk")


async def test_a_click_chooses_and_a_double_click_goes_to_the_diff(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("4")
        await person.sees("▶ loops v1  pair 4", "measuring, pair 4")
        await person.pilot.click("#queue", offset=(5, 2))
        await person.sees("at least 8.9%")
        await person.pilot.click("#queue", offset=(5, 2), times=2)
        await person.sees("algorithms v1 ▸ hunk")


async def test_it_opens_on_the_candidate_the_person_comes_from(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("3")
        await person.sees("algorithms v1 ▸ hunk 1 of 3")
        await person.press("4")
        await person.sees("at least 8.9%")


async def test_the_schedule_can_be_overruled(open_app: OpenApp, root: Path) -> None:
    async with open_app(size=(80, 24)) as person:
        await person.press("4", "i")
        assert await person.engine.received(Schedule) == Schedule(evaluation="e-loops", action="pin")
        pinned = msgspec.structs.replace(samples.full(root).evaluations[1], hold="pinned")
        person.engine.push(EvaluationChanged(evaluation=pinned))
        await person.sees("pinned loops")
        await person.press("i", "h", "d")
        await person.engine.received(Schedule, 4)
        assert [command.action for command in person.engine.all(Schedule)] == ["pin", "free", "pause", "drop"]
        await person.press(".", "d")
        await person.sees("this evaluation has ended")


async def test_it_says_how_sure_it_is(open_app: OpenApp, root: Path) -> None:
    found = Estimate(
        percent_improvement=11.8,
        low=8.9,
        high=14.2,
        pairs=12,
        confidence=0.9875,
        e_value=1234.0,
        warm_up=(0,),
        outliers=((3, "variant"), (4, "baseline")),
    )
    full = samples.full(root)
    told = msgspec.structs.replace(full.evaluations[1], estimate=found, family=4)
    async with open_app(msgspec.structs.replace(full, evaluations=(told,)), size=(80, 24)) as person:
        await person.press("4")
        await person.sees("at least 8.9%", "(98.75%)", "evidence 1,234 to 1", "2 outliers, kept", "shared by 4")


async def test_v_shows_what_the_steps_printed(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        await person.press("4", "v")
        await person.sees("tests of the variant: passed")
        await person.misses("▲")
        await person.press("escape")
        await person.sees("▲")


async def test_nothing_measured_names_the_key(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(msgspec.structs.replace(session, evaluations=(), jobs=())) as person:
        await person.press("4")
        await person.sees("Nothing has been measured yet.", "Press b")


@given(
    st.lists(st.floats(0.001, 1000), max_size=60),
    st.lists(st.floats(0.001, 1000), max_size=60),
    st.integers(5, 200),
)
def test_a_plot_fits_and_shows_every_arm(baseline: list[float], variant: list[float], width: int) -> None:
    arms = (("baseline", Runs(tuple(baseline))), ("variant", Runs(tuple(variant), (1.0,))))
    lines = plot_lines(arms, "wall", width, 4)
    assert all(line.cell_length <= width for line in lines)
    text = "\n".join(line.plain for line in lines)
    if lines:
        assert text.count("▲") == bool(baseline) + bool(variant)
        assert "○" in text or variant


@given(st.floats(-500, 99.9), st.floats(0, 200), st.floats(0, 200), st.booleans(), st.booleans(), st.integers(20, 200))
def test_the_interval_shows_its_ends_its_point_and_zero(
    point: float, below: float, above: float, no_low: bool, no_high: bool, width: int
) -> None:
    low, high = -1e9 if no_low else point - below, 1e9 if no_high else point + above
    bar, scale = interval_lines(Estimate(percent_improvement=point, low=low, high=high, pairs=3), width)
    assert len(bar) == len(scale) == width
    assert bar.count("●") == 1


def test_scales_and_quantities_are_round() -> None:
    assert ticks(0.38, 0.46, 5) == [0.38, 0.4, 0.42, 0.44, 0.46]
    assert ticks(3.0, 3.0, 3)[0] <= 3.0
    assert [quantity(value, "wall") for value in (1.5, 0.4412, 0.0000123, 0)] == [
        "1.50 s",
        "441 ms",
        "12.3 µs",
        "0 µs",
    ]
    assert quantity(21_400_000, "memory") == "21.4 MB"
    assert label_row([(0, "0%"), (2, "1%"), (9, "10%")], 10) == "0%     10%"
