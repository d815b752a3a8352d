"""Rivals in a race: of those that want the same function the clearly worse leaves early, and only of those."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.config import BenchmarkSection, Config, SandboxSection, SuiteSection
from engine.evaluate.comparison import brief
from engine.evaluate.workbench import Contender, News, Pair, Ruling, Workbench
from engine.model import Arm, Measurement

BENCH = """\
import random, code_
print("seconds:", code_.SECONDS * random.gauss(1.0, 0.04))
"""


@pytest.fixture
async def workbench(home: Path) -> AsyncIterator[Workbench]:
    """A project whose benchmark reports a figure with noise of a known size, whatever the machine does."""
    root = home / "noisy"
    root.mkdir()
    (root / "code_.py").write_text("SECONDS = 1.0\n")
    (root / "bench.py").write_text(BENCH)
    benchmark = BenchmarkSection(
        command=f"{sys.executable} -S bench.py", output="regex", pattern=r"seconds: (\S+)", max_pairs=24, worth=0.0,
        margin=0.0, calm_seconds=0,
    )  # fmt: skip
    config = Config(
        root=str(root),
        benchmark=benchmark,
        test=SuiteSection(behaviour="off"),
        sandbox=SandboxSection(allow_unsandboxed=True),
    )
    bench = Workbench(config, root / ".mpco")
    await bench.open()
    yield bench
    await bench.close()


async def race(bench: Workbench, second: str) -> tuple[dict[str, int], dict[str, Ruling]]:
    """(pairs, ruling) of a leader and of a variant that gains next to nothing, for the function `second`."""
    contenders = [
        Contender("leader", "the leader", {"code_.py": b"SECONDS = 0.5\n"}, "runtime", rivals="parse"),
        Contender("other", "the other", {"code_.py": b"SECONDS = 0.995\n"}, "runtime", rivals=second),
    ]
    pairs, rulings = dict.fromkeys(("leader", "other"), 0), {}
    async for contender, news in bench.race(contenders):
        told: News | Exception = news
        assert not isinstance(told, Exception), told
        pairs[contender.id] += isinstance(told, Pair)
        if isinstance(told, Ruling):
            rulings[contender.id] = told
    return pairs, rulings


async def test_a_dominated_rival_leaves_early_and_says_why(workbench: Workbench) -> None:
    pairs, rulings = await race(workbench, "parse")
    assert rulings["leader"].verdict == "faster"
    assert rulings["other"].verdict in ("inconclusive", "slower")
    assert "the leader is clearly faster" in rulings["other"].reason
    assert pairs["other"] < 20


async def test_who_works_on_another_function_has_its_own_verdict(workbench: Workbench) -> None:
    _, rulings = await race(workbench, "render")
    assert rulings["leader"].verdict == "faster"
    assert "clearly faster" not in rulings["other"].reason


def test_a_benchmark_of_a_few_milliseconds_is_told_what_would_show_more() -> None:
    def taken(seconds: float) -> list[Measurement]:
        walls: list[tuple[Arm, float]] = [("baseline", seconds), ("variant", 9.0)]
        return [Measurement(pair=1, arm=arm, wall=wall, cpu=wall, max_rss=1, at=0.0) for arm, wall in walls]

    assert "takes 10 ms" in brief(taken(0.01))
    assert brief(taken(0.2)) == brief([]) == ""
