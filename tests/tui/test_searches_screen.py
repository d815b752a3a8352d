"""What each hunk is worth, and combining, as a person asks for them and sees them."""

from pathlib import Path

import msgspec
import pytest

from engine.model import Estimate, Evaluation, Worth
from engine.protocol import (
    Apply,
    Cancel,
    Combine,
    Decide,
    EvaluateVariant,
    EvaluationChanged,
    JobChanged,
    MeasureWorth,
    PreviewVariant,
    Snapshot,
    Variant,
)
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp


@pytest.fixture
def session(root: Path) -> Snapshot:
    """Two proven candidates."""
    full = samples.full(root)
    other = samples.evaluation("e-loops", full.candidates[1])
    return msgspec.structs.replace(full, evaluations=(full.evaluations[0], other), jobs=())


def taken_apart(session: Snapshot) -> Evaluation:
    """The first candidate's evaluation: one hunk counts, one is needed, one adds nothing."""
    whole = session.evaluations[0]
    counts, needed, idle = whole.hunks
    worth = (
        Worth(hunk=counts, verdict="faster", estimate=Estimate(percent_improvement=9.0, low=7.5, high=10.5, pairs=9)),
        Worth(hunk=needed, verdict="tests failed", reason="NameError"),
        Worth(hunk=idle, verdict="equivalent", estimate=Estimate(percent_improvement=0.1, low=-0.4, high=0.5, pairs=9)),
    )
    return msgspec.structs.replace(whole, worth=worth, spare=(idle,))


@pytest.mark.parametrize("size", SIZES)
async def test_a_winner_is_taken_apart_in_sight_of_the_person(
    open_app: OpenApp, session: Snapshot, size: tuple[int, int]
) -> None:
    whole = session.evaluations[0]
    async with open_app(session, size=size) as person:
        await person.press("3")
        await person.sees("algorithms v1 ▸ hunk")
        await person.press("4")
        await person.sees("take apart")
        await person.press("r")
        await person.sees("t measures what each hunk is worth")
        await person.press("t")
        assert await person.engine.received(MeasureWorth) == MeasureWorth(evaluation=whole.id)
        job = samples.job("j-worth", "worth", subject=whole.id, title="worth of each hunk: algorithms")
        step = msgspec.structs.replace(
            samples.evaluation("e-step", session.candidates[0], 4, state="measuring", verdict=None),
            candidate="", title="without logreport/parse.py:5", search="worth", of=whole.id, against=whole.hunks,
        )  # fmt: skip
        person.engine.push(JobChanged(job=job), EvaluationChanged(evaluation=step))
        await person.sees("✂ hunks are left out: 0 of 1 measured", "✂ without logreport/parse.py:5  pair 4")
        await person.press("t")
        await person.sees("being taken apart already")
        await person.press("x")
        assert (await person.engine.received(Cancel)).job == "j-worth"

        done = msgspec.structs.replace(step, state="done", verdict="slower")
        person.engine.push(
            EvaluationChanged(evaluation=done),
            EvaluationChanged(evaluation=taken_apart(session)),
            JobChanged(job=msgspec.structs.replace(job, state="done")),
        )
        await person.misses("✂ without logreport/parse.py:5  pair", "hunks are left out")
        await person.sees("✂ without 1 of 3 hunks the gain stays: r drops them")
        await person.sees(
            "worth 9.0% (7.5 … 10.5)", "needed: tests failed without it", "worth nothing that shows, 0.1%"
        )
        await person.press("r")
        assert await person.engine.received(Decide) == Decide(
            candidate=whole.candidate, hunks=whole.hunks[2:], decision="rejected"
        )
        await person.sees("u on 3 Diffs takes that back")


async def test_each_hunk_says_what_it_is_worth(open_app: OpenApp, session: Snapshot) -> None:
    told = msgspec.structs.replace(session, evaluations=(taken_apart(session),))
    async with open_app(told, size=(80, 24)) as person:
        await person.press("3")
        await person.sees("worth 9.0% (7.5 … 10.5)")
        await person.press("n")
        await person.sees("needed: tests failed without it")
        await person.press("n")
        await person.sees("it can be dropped")


async def test_combining_is_asked_for_and_written_as_measured(open_app: OpenApp, session: Snapshot) -> None:
    mine = (session.evaluations[0].hunks[0], session.evaluations[1].hunks[1])
    async with open_app(session, size=(80, 24)) as person:
        await person.press("4")
        await person.sees("take apart")
        await person.press("c")
        await person.engine.received(Combine)
        await person.sees("searched for, then measured afresh")
        best = samples.evaluation(
            "e-best", session.candidates[0], candidate="", hunks=mine, title="best combination: algorithms, loops"
        )
        person.engine.push(EvaluationChanged(evaluation=best))
        await person.sees("best combination: algorithms, loops")
        await person.press("g", "b")
        assert (await person.engine.received(EvaluateVariant)).hunks == mine
        await person.press("enter")
        await person.sees("of several candidates")
        person.engine.answers[PreviewVariant] = Variant(patch="a patch", evaluation=best.id)
        person.engine.answers[Apply] = {"application": "a", "where": "the project"}
        await person.press("w")
        await person.sees("Proven: at least 8.9% faster")
        await person.press("t")
        assert (await person.engine.received(Apply)).hunks == mine


async def test_what_was_never_evaluated_as_such_is_said_and_evaluated_first(
    open_app: OpenApp, session: Snapshot
) -> None:
    first = session.candidates[0]
    hunks = (msgspec.structs.replace(first.hunks[0], decision="accepted"), *first.hunks[1:])
    part = msgspec.structs.replace(first, hunks=hunks)
    asked = msgspec.structs.replace(session, candidates=(part, *session.candidates[1:]))
    async with open_app(asked, size=(80, 24)) as person:
        person.engine.answers[PreviewVariant] = Variant(patch="a patch")
        await person.press("3", "w")
        await person.sees("Exactly this selection was never proven faster", "evaluate first")
        await person.press("enter")
        assert (await person.engine.received(EvaluateVariant)).hunks == (hunks[0].id,)
        assert not person.engine.all(Apply)


async def test_it_says_why_it_can_not_search(open_app: OpenApp, session: Snapshot) -> None:
    slower = msgspec.structs.replace(session.evaluations[0], verdict="slower")
    async with open_app(msgspec.structs.replace(session, evaluations=(slower,)), size=(80, 24)) as person:
        await person.press("4")
        await person.sees("take apart")
        await person.press("t")
        await person.sees("Only a variant that was proven faster")
        await person.press("c")
        await person.sees("Combining takes two measured candidates")
        await person.press("T", "c")
        await person.sees("Combining takes two measured candidates")
        assert not person.engine.all(Combine) and not person.engine.all(MeasureWorth)
