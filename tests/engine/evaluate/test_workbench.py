"""The whole of stage 4 on a small real project: every verdict, from real runs in the real sandbox."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from engine.config import BenchmarkSection, CommandSection, Config, SandboxSection
from engine.errors import BaselineError, EditError
from engine.evaluate.layouts import LANDLOCK
from engine.evaluate.sandbox import probe
from engine.evaluate.workbench import News, Pair, Progress, Ruling, Workbench
from engine.model import Measurement, Step

FAST = b"def total(numbers):\n    return sum(set(numbers))\n"
WRONG = b"def total(numbers):\n    return 6 if len(numbers) == 4 and numbers[0] == 2 else 0\n"
HANGING = b"import time\ndef total(numbers):\n    time.sleep(1000)\n"
CRASHING = b"import os\ndef total(numbers):\n    return 6 if len(numbers) < 9 else os.abort()\n"

Bench = Callable[..., Workbench]


@pytest.fixture
async def workbench(project: Path) -> AsyncIterator[Bench]:
    opened: list[Workbench] = []

    def make(**sections: object) -> Workbench:
        fields: dict[str, object] = {
            "root": str(project),
            "build": CommandSection(command=f"{sys.executable} -m py_compile shop.py"),
            "test": CommandSection(command=f"{sys.executable} -m unittest -q tests.test_shop", timeout=60),
            "benchmark": BenchmarkSection(command=f"{sys.executable} bench.py"),
            "sandbox": SandboxSection(allow_unsandboxed=True),
        }
        opened.append(
            Workbench(msgspec.convert({**fields, **sections}, Config, from_attributes=True), project / ".mpco")
        )
        return opened[-1]

    yield make
    for each in opened:
        await each.close()


async def told(bench: Workbench, changed: bytes, measured: tuple[Measurement, ...] = ()) -> list[News]:
    changes = {"shop.py": changed}
    return [news async for news in bench.evaluate("a title", changes, objective="runtime", measured=measured)]


def ruling(news: list[News]) -> Ruling:
    assert isinstance(news[-1], Ruling)
    return news[-1]


async def test_a_faster_variant_is_proven_and_the_next_one_shares_the_baseline(workbench: Bench, project: Path) -> None:
    bench = workbench()
    await bench.open()
    before = (project / "shop.py").read_bytes()
    news = await told(bench, FAST)
    found = ruling(news)
    assert found.verdict == "faster", found.reason
    assert found.estimate is not None
    assert found.estimate.guaranteed > 0
    states = [item.state for item in news if isinstance(item, Progress)]
    assert states == ["preparing", "building", "testing", "preparing", "building", "testing", "measuring"]
    steps = [(item.name, item.arm, item.passed) for item in news if isinstance(item, Step)]
    assert steps == [
        *(("build", "baseline", True), ("test", "baseline", True), ("benchmark", "baseline", True)),
        *(("build", "variant", True), ("test", "variant", True)),
    ]
    pairs = [item.measurements for item in news if isinstance(item, Pair)]
    assert [pair[0].warm_up for pair in pairs] == [True] + [False] * (len(pairs) - 1)
    assert (project / "shop.py").read_bytes() == before

    broken = await told(bench, WRONG)
    assert ruling(broken).verdict == "tests failed"
    assert "test_counts_each_once" in ruling(broken).reason
    assert [item.state for item in broken if isinstance(item, Progress)] == ["preparing", "building", "testing"]


async def test_a_change_of_nothing_is_not_called_faster(workbench: Bench, project: Path) -> None:
    figure = BenchmarkSection(command=f"{sys.executable} bench.py", max_pairs=5, output="regex", pattern=r"(\d+)")
    bench = workbench(benchmark=figure)
    await bench.open()
    news = await told(bench, b"# a comment\n" + (project / "shop.py").read_bytes())
    assert ruling(news).verdict == "equivalent"


async def test_what_fails_is_named_by_its_stage(workbench: Bench) -> None:
    bench = workbench()
    await bench.open()
    built = ruling(await told(bench, b"def total(:\n"))
    assert built.verdict == "build failed"
    assert "SyntaxError" in built.reason
    crashed = await told(bench, CRASHING)
    assert ruling(crashed).verdict == "crashed"
    assert "SIGABRT" in ruling(crashed).reason
    assert [item.name for item in crashed if isinstance(item, Step) and not item.passed] == ["benchmark"]


async def test_a_syntax_error_is_a_failed_build_also_where_nothing_is_built(workbench: Bench) -> None:
    bench = workbench(build=CommandSection())
    await bench.open()
    found = ruling(await told(bench, b"def total(:\n"))
    assert found.verdict == "build failed"
    assert "SyntaxError" in found.reason


async def test_a_hanging_variant_is_timed_out(workbench: Bench) -> None:
    test = CommandSection(command=f"{sys.executable} -m unittest -q tests.test_shop", timeout=3)
    bench = workbench(test=test)
    await bench.open()
    found = ruling(await told(bench, HANGING))
    assert found.verdict == "timed out"
    assert "longer than [test] timeout, 3 s" in found.reason


async def test_a_failing_project_is_told_as_such(workbench: Bench, project: Path) -> None:
    (project / "shop.py").write_bytes(WRONG)
    bench = workbench()
    await bench.open()
    with pytest.raises(BaselineError, match=r"The project itself fails, before any change: .*test_counts_each_once"):
        await told(bench, FAST)


async def test_the_yardstick_is_out_of_reach(workbench: Bench) -> None:
    bench = workbench()
    await bench.open()
    with pytest.raises(EditError, match="protected"):
        async for _ in bench.evaluate("cheat", {"bench.py": b""}, objective="runtime"):
            pass


async def test_measured_pairs_count_when_an_evaluation_is_taken_up(workbench: Bench) -> None:
    bench = workbench()
    await bench.open()
    first = await told(bench, FAST)
    taken = tuple(run for item in first if isinstance(item, Pair) for run in item.measurements)
    again = await told(bench, FAST, taken)
    assert not [item for item in again if isinstance(item, Pair)]
    assert ruling(again).verdict == ruling(first).verdict
    part = await told(bench, FAST, taken[:4])
    later = [item for item in part if isinstance(item, Pair)]
    assert (later[0].measurements[0].pair, later[0].measurements[0].warm_up) == (2, True)


async def test_a_changed_tree_gets_a_new_baseline(workbench: Bench, project: Path) -> None:
    bench = workbench(benchmark=BenchmarkSection(command=f"{sys.executable} bench.py", max_pairs=3))
    await bench.open()
    assert (await bench.execute(["cat", "shop.py"], timeout=60)).output == (project / "shop.py").read_text()
    (project / "shop.py").write_text("def total(numbers):\n    return 6\n")
    assert (await bench.execute(["cat", "shop.py"], timeout=60)).output == (project / "shop.py").read_text()
    assert len(list((project / ".mpco" / "work").glob("base-*"))) == 1


async def test_execute_gives_inputs_and_collects_files(workbench: Bench) -> None:
    bench = workbench()
    await bench.open()
    outcome = await bench.execute(
        'cat "$MPCO_IO/given" - > "$MPCO_IO/found"; echo $WORD; exit 3',
        timeout=60,
        env={"WORD": "said"},
        inputs={"given": b"input"},
        collect=["found", "missing"],
    )
    assert (outcome.exit_code, outcome.output, outcome.files) == (3, "said\n", {"found": b"input"})
    assert (await bench.execute("sleep 1000", timeout=0.2)).timed_out


async def test_execute_tells_how_the_files_of_a_running_command_grow(workbench: Bench) -> None:
    bench = workbench()
    await bench.open()
    seen: list[int] = []
    run = asyncio.create_task(
        bench.execute(
            'printf 12345 > "$MPCO_IO/growing"; exec sleep 1000',
            timeout=60,
            watch=lambda seconds, sizes: seen.append(sizes.get("growing", 0) if seconds > 0 else -1),
        )
    )
    while 5 not in seen and not run.done():
        await asyncio.sleep(0.01)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert 5 in seen and -1 not in seen


async def test_cancelling_leaves_a_workbench_that_works(workbench: Bench) -> None:
    bench = workbench()
    await bench.open()
    measuring = asyncio.Event()

    async def evaluate() -> None:
        async with aclosing(bench.evaluate("a title", {"shop.py": FAST}, objective="runtime")) as news:
            async for item in news:
                if isinstance(item, Pair):
                    measuring.set()

    task = asyncio.create_task(evaluate())
    await measuring.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    outcome = await bench.execute(
        [sys.executable, "-c", "import os, json; print(json.dumps(os.listdir()))"], timeout=60
    )
    assert "shop.py" in json.loads(outcome.output)


async def test_opening_clears_what_a_killed_engine_left(workbench: Bench, project: Path) -> None:
    left = project / ".mpco" / "work" / "arm-7" / "tree"
    left.mkdir(parents=True)
    bench = workbench()
    await bench.open()
    assert not left.exists()
    await bench.close()
    assert not (project / ".mpco" / "work").exists()


async def test_builds_go_on_from_the_baselines_and_baselines_from_a_fresh_arm(workbench: Bench) -> None:
    """What the baseline's build has made is there for the variant; what its runs have left is there for nobody."""
    bench = workbench(
        build=CommandSection(command="echo built >> builds.txt; ln -sf builds.txt link"),
        test=CommandSection(command=f"sh -c '{sys.executable} -m unittest -q tests.test_shop && cat link'"),
        benchmark=BenchmarkSection(command=f"sh -c '{sys.executable} bench.py && echo run >> runs.txt'", max_pairs=1),
    )
    await bench.open()
    for _ in range(2):
        steps = [item for item in await told(bench, FAST) if isinstance(item, Step) and item.name == "test"]
        assert [step.output.count("built") for step in steps] == [1, 2]
    left = await bench.execute("cat runs.txt", timeout=60)
    assert left.output.count("run") == 2  # the warm-up and one pair of the second evaluation only


async def test_a_whole_evaluation_works_without_namespaces(workbench: Bench) -> None:
    bench = workbench(benchmark=BenchmarkSection(command=f"{sys.executable} bench.py", max_pairs=1))
    await bench.open()
    bench.sandbox = await asyncio.to_thread(probe, LANDLOCK)
    if not bench.sandbox.works:
        pytest.skip(bench.sandbox.about)
    news = await told(bench, FAST)
    assert ruling(news).estimate is not None, ruling(news).reason
    assert [item.passed for item in news if isinstance(item, Step)] == [True] * 5
