"""What the runner adds to a command, and how steady its figures are, beside `hyperfine -N` and pyperf.

    python -m tests.performance.runner [runs of each]

Three commands (`true`, 5 ms and 50 ms of computing) are timed by the runner at each level of sandbox that works here,
and by hyperfine and pyperf where they are installed, in turns, so that all meet the same noise. "per run" is all the
time a tool needed for each figure it kept.
"""

import asyncio
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from engine.config import SandboxSection
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, UNSANDBOXED
from engine.evaluate.sandbox import probe
from engine.evaluate.workspace import freeze

ROUNDS = 5
_SPIN = """
#include <time.h>
#include <stdlib.h>
int main(int n, char **words) {
    struct timespec t;
    double until = atof(words[1]);
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_sec + t.tv_nsec / 1e9 < until);
    return 0;
}
"""
Take = Callable[[Sequence[str], int], Awaitable[list[float]]]


def commands(folder: Path) -> dict[str, list[str]]:
    """By name; without a C compiler the longer ones sleep instead of computing."""
    words = ["sleep"]
    if compiler := shutil.which("cc"):
        (folder / "spin.c").write_text(_SPIN)
        subprocess.run([compiler, "-O2", "-o", folder / "spin", folder / "spin.c"], check=True)
        words = [str(folder / "spin")]
    true = shutil.which("true") or "/bin/true"
    return {"true": [true], "5 ms": [*words, "0.005"], "50 ms": [*words, "0.05"]}


def by_arm(arm: Arm) -> Take:
    """The runner, in a sandbox that is there already."""

    async def take(argv: Sequence[str], count: int) -> list[float]:
        return [(await arm.run(argv, timeout=60)).wall for _ in range(count)]

    return take


async def by_hyperfine(argv: Sequence[str], count: int) -> list[float]:
    """hyperfine without a shell."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        words = ["hyperfine", "-N", "--style", "none", "--runs", str(max(2, count)), "--export-json", file.name]
        await _quietly([*words, " ".join(argv)])
        found: list[float] = json.load(file)["results"][0]["times"]
        return found


async def by_pyperf(argv: Sequence[str], count: int) -> list[float]:
    """pyperf's `command`, one run for each value."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pyperf.json")
        words = [sys.executable, "-m", "pyperf", "command", "-q", "--processes", "2", "--loops", "1", "--warmups", "0"]
        await _quietly([*words, "--values", str(max(1, count // 2)), "-o", str(path), "--", *argv])
        runs = json.loads(path.read_text())["benchmarks"][0]["runs"]
        return [value for run in runs for value in run.get("values", ())]


async def _quietly(words: Sequence[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if await process.wait():
        raise SystemExit(f"{words[0]} failed")


async def main(count: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "project").resolve()
        root.mkdir()
        programs = commands(root)
        base = freeze(root, root / "work" / "base", root / "work")
        arms: list[Arm] = []
        tools: dict[str, Take] = {}
        for level in (UNSANDBOXED, NAMESPACES, LANDLOCK):
            if level == UNSANDBOXED or (await asyncio.to_thread(probe, level)).works:
                section = SandboxSection(readable=(str(root),))
                arms.append(await open_arm(base, {}, root / "work", section, level=level))
                tools[f"runner, {level}"] = by_arm(arms[-1])
        if shutil.which("hyperfine"):
            tools["hyperfine -N"] = by_hyperfine
        if importlib.util.find_spec("pyperf"):
            tools["pyperf command"] = by_pyperf
        print(f"{'command':8} {'tool':22} {'runs':>5} {'median ms':>10} {'min ms':>8} {'spread':>7} {'per run ms':>11}")
        for name, argv in programs.items():
            await _compare(name, argv, tools, count)
        for arm in arms:
            await arm.close()


async def _compare(name: str, argv: Sequence[str], tools: dict[str, Take], count: int) -> None:
    taken: dict[str, list[float]] = {tool: [] for tool in tools}
    spent = dict.fromkeys(tools, 0.0)
    for _ in range(ROUNDS):
        for tool, take in tools.items():
            begun = time.perf_counter()
            taken[tool] += await take(argv, max(2, count // ROUNDS))
            spent[tool] += time.perf_counter() - begun
    for tool, values in taken.items():
        median = statistics.median(values)
        spread = 1.4826 * statistics.median(abs(value - median) for value in values) / median
        figures = (
            f"{1000 * median:10.2f} {1000 * min(values):8.2f} {spread:7.1%} {1000 * spent[tool] / len(values):11.2f}"
        )
        print(f"{name:8} {tool:22} {len(values):5} {figures}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
