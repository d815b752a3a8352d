"""The benchmark's own figures decide, and an output that must not change does not, from real runs."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.config import BenchmarkSection, Config, SandboxSection, SuiteSection
from engine.errors import BaselineError
from engine.evaluate.workbench import Contender, News, Ruling, Workbench
from engine.model import MetricRow

CODE = "SPEED, SIZE, TEXT = 8.0, 100.0, 'same'\n"
BENCH = """\
import json, random, code_
noise = 1 + random.random() / 1000
figures = {"speed": {"value": code_.SPEED * noise, "unit": "MB/s", "direction": "higher"},
           "again": {"value": code_.SPEED * 2 * noise, "direction": "higher"}, "size": code_.SIZE}
if code_.SPEED:
    json.dump(figures, open("results.json", "w"))
print(code_.TEXT)
"""


@pytest.fixture
async def workbench(home: Path) -> AsyncIterator[Workbench]:
    root = home / "figures"
    root.mkdir()
    (root / "code_.py").write_text(CODE)
    (root / "bench.py").write_text(BENCH)
    (root / "results.json").write_text('{"stale": 1}')
    benchmark = BenchmarkSection(
        command=f"{sys.executable} bench.py", output="auto", results="results.json", guardrails=("size",),
        check_output="stdout", max_pairs=9, calm_seconds=0,
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


async def race(bench: Workbench, *codes: str) -> list[Ruling]:
    contenders = [Contender(str(n), str(n), {"code_.py": code.encode()}, "runtime") for n, code in enumerate(codes)]
    found: dict[str, News] = {}
    async for contender, news in bench.race(contenders):
        assert not isinstance(news, Exception), news
        found[contender.id] = news
    rulings = [found[contender.id] for contender in contenders]
    assert all(isinstance(item, Ruling) for item in rulings)
    return rulings  # type: ignore[return-value]


async def test_figures_decide_guardrails_hold_and_bad_output_loses_no_other_result(workbench: Workbench) -> None:
    better, heavy, silent, other = await race(
        workbench,
        CODE.replace("8.0", "10.0"),
        CODE.replace("8.0", "10.0").replace("100.0", "150.0"),
        CODE.replace("8.0", "0.0"),
        CODE.replace("same", "else"),
    )
    assert (better.verdict, better.metric) == ("faster", "benchmark"), better
    assert better.estimate
    assert better.estimate.percent_improvement == pytest.approx(20, abs=0.5)
    assert [_about(row) for row in better.metrics] == [
        ("speed", "MB/s", "higher", False, 25 // 5 * 4),
        ("again", "", "higher", False, 20),
        ("size", "", "lower", True, 0),
    ]
    assert (heavy.verdict, "The guardrail size got at least" in heavy.reason) == ("slower", True)
    assert (silent.verdict, silent.reason) == ("crashed", "The benchmark did not write results.json.")
    assert other.verdict == "tests failed"
    assert "line 1 of its output should be 'same' but is 'else'" in other.reason


def _about(row: MetricRow) -> tuple[str, str, str, bool, int]:
    assert row.estimate
    return row.name, row.unit, row.better, row.guardrail, round(row.estimate.percent_improvement)


async def test_a_baseline_that_reports_nothing_is_told_as_such(workbench: Workbench, home: Path) -> None:
    (home / "figures" / "code_.py").write_text(CODE.replace("8.0", "0.0"))
    with pytest.raises(BaselineError, match=r"did not write results\.json"):
        await race(workbench, CODE)
