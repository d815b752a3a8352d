"""What the machine did besides is noticed, told with each run, and waited for within bounds."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from engine.evaluate.conditions import Conditions, Look, Patience


@pytest.fixture
def hog() -> Iterator[None]:
    """A program that keeps one processor busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield
        process.kill()


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        (Conditions(), ""),
        (Conditions(others=0.2, stolen=0.01, mhz=3000), ""),
        (Conditions(others=1.25), "other programs used 1.2 processors"),
        (Conditions(stolen=0.05, others=1), "the host took 5% of the processors"),
        (Conditions(stalled=0.2), "programs waited for memory 20% of the time"),
    ],
)
def test_disturbances_have_words(conditions: Conditions, words: str) -> None:
    assert conditions.disturbance == words


def test_a_busy_neighbour_is_seen_and_what_is_measured_is_not(hog: None) -> None:
    look = Look()
    begun = time.process_time()
    while time.process_time() - begun < 0.3:
        pass
    seen = look.conditions(own_cpu=0.3)
    assert seen.others > 0.1
    assert seen.others < look.conditions().others


async def test_waiting_ends_even_when_the_neighbour_does_not(hog: None) -> None:
    patience = Patience(0.5)
    patience.note(Conditions(others=1))
    await patience.wait()
    await patience.wait()  # nothing is left: at once
