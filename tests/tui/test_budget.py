"""The question that a reached budget asks on screen."""

from pathlib import Path

import msgspec
import pytest

from engine.model import Usage
from engine.protocol import CandidateChanged, JobChanged, SetBudget, StopSpending
from tests.tui import samples
from tests.tui.conftest import OpenApp

QUESTION = "Asking openai/gpt-5 could cost $0.1234, but only $0.0100 is left."


def waiting(question: str = QUESTION) -> JobChanged:
    return JobChanged(job=samples.job("j-gpt", "generate", question=question))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_call_that_waits_for_money_asks_and_takes_a_new_cap(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as person:
        person.engine.push(waiting())
        await person.sees("The budget is reached", "could cost $0.1234", "set another cap", "stop the calls")
        await person.press("r")
        await person.sees("US dollars for the whole session")
        await person.press("home", *["delete"] * 8, "2", ".", "5", "enter")
        assert (await person.engine.received(SetBudget)).max_usd == 2.5
        await person.misses("The budget is reached")


async def test_the_calls_can_be_stopped_or_left_waiting(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.push(waiting())
        await person.sees("The budget is reached")
        await person.press("escape")
        await person.misses("The budget is reached")
        person.engine.push(waiting(""), waiting())
        await person.sees("The budget is reached")
        await person.press("s")
        await person.engine.received(StopSpending)
        assert not person.engine.all(SetBudget)


async def test_the_header_shows_small_sums_and_that_a_price_is_unknown(open_app: OpenApp, root: Path) -> None:
    empty = msgspec.structs.replace(samples.full(root), prompts=(), candidates=())
    async with open_app(empty) as person:
        cheap = samples.candidate("c-cheap", "loops", usage=Usage(input_tokens=9, output_tokens=3, usd=0.0021))
        person.engine.push(CandidateChanged(candidate=cheap))
        await person.sees("$0.0021 of $5.00")
        unknown = samples.candidate("c-unknown", "loops", usage=Usage(input_tokens=9, output_tokens=3, estimated=True))
        person.engine.push(CandidateChanged(candidate=unknown))
        await person.sees("$0.0021 + ? of $5.00")
