"""What the sandbox costs, beside the same command without one.

    python -m tests.performance.sandbox_overhead [rounds]

In each round every level runs the command once, in random order, so that all meet the same noise; hyperfine -N does
where it is installed, in the project itself. Told are the median ratio to the bare command within the rounds, its
interquartile range, and what it takes to set an arm up. One command computes, one starts Python and imports much, one
reads 2,000 files of the project.
"""

import asyncio
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from engine.config import SandboxSection
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, UNSANDBOXED
from engine.evaluate.sandbox import probe
from engine.evaluate.workspace import freeze
from tests.performance.runner import Take, by_arm, by_hyperfine

FILES = 2_000
PROGRAMS = {
    "compute": "total = 0\nfor number in range(1_000_000): total += number\n",
    "import": "import asyncio, http.server, json, unittest, xml.dom.minidom, sqlite3, decimal, email.mime.text\n",
    "read files": "import pathlib\nfor path in pathlib.Path('data').iterdir(): path.read_bytes()\n",
}


async def main(rounds: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "project").resolve()
        (root / "data").mkdir(parents=True)
        for number in range(FILES):
            (root / "data" / f"{number}.txt").write_text("a line of text\n" * 20)
        for name, text in PROGRAMS.items():
            (root / f"{name.replace(' ', '_')}.py").write_text(text)
        base = freeze(root, root / "work" / "base", root / "work")
        arms: dict[str, Arm] = {}
        for level in (UNSANDBOXED, NAMESPACES, LANDLOCK):
            if level == UNSANDBOXED or (await asyncio.to_thread(probe, level)).works:
                begun = time.perf_counter()
                section = SandboxSection(readable=(str(root),))
                arms[level] = await open_arm(base, {}, root / "work", section, level=level)
                print(
                    f"an arm of {len(base.survey.files)} files, {level}: {1000 * (time.perf_counter() - begun):.0f} ms"
                )
        tools: dict[str, Take] = {level: by_arm(arm) for level, arm in arms.items()}
        if shutil.which("hyperfine"):
            tools["hyperfine -N, bare"] = _bare
        print(f"{'command':11} {'where':20} {'median ms':>10} {'ratio to bare':>14} {'middle half':>14}")
        for name in PROGRAMS:
            argv = [sys.executable, str(root / f"{name.replace(' ', '_')}.py")]
            if name == "read files":
                argv = ["sh", "-c", f"cd {root} 2>/dev/null; exec {sys.executable} read_files.py"]
            await _compare(name, argv, tools, rounds)
        for arm in arms.values():
            await arm.close()


async def _bare(argv: Sequence[str], count: int) -> list[float]:
    quoted = [f"'{word}'" if " " in word else word for word in argv]
    return (await by_hyperfine(quoted, 2))[-count:]


async def _compare(name: str, argv: Sequence[str], tools: dict[str, Take], rounds: int) -> None:
    taken: dict[str, list[float]] = {tool: [] for tool in tools}
    for number in range(rounds + 1):
        for tool in random.sample(sorted(tools), len(tools)):
            found = await tools[tool](argv, 1)
            taken[tool] += found if number else []  # the first round warms caches up
    for tool, values in taken.items():
        ratios = [value / bare for value, bare in zip(values, taken[UNSANDBOXED], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4) if tool != UNSANDBOXED else (1.0, 1.0, 1.0)
        median = 1000 * statistics.median(values)
        print(f"{name:11} {tool:20} {median:10.1f} {middle:14.2f} {low:8.2f}-{high:.2f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
