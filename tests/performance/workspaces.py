"""How long a workspace takes to make and to remove, beside `git worktree`.

    python -m tests.performance.workspaces [files ...]

For projects of 5,000 and 50,000 files (5 KB on average, all committed): the frozen base, the same again after one file
has changed, one arm on top of it at each level of sandbox that works here, and a git worktree. Each is done a few
times; the fastest, the median and the disk it takes are told.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.config import SandboxSection
from engine.evaluate.arm import open_arm
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, Level
from engine.evaluate.sandbox import probe
from engine.evaluate.workspace import Base, freeze, remove

SIZES = (5_000, 50_000)
TIMES = 3
PEOPLE = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost", "-c", "gc.auto=0")


def make(root: Path, count: int) -> None:
    """A committed project of so many files."""
    chance = random.Random(1)
    for number in range(count):
        folder = root / f"part{number // 1000}" / f"unit{number // 50 % 20}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{number}.py").write_bytes(b"x = 1  # a line of text in a file\n" * chance.randrange(20, 280))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        subprocess.run(["git", *PEOPLE, *words], cwd=root, check=True)


class Clock:
    """Times of one kind of step."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seconds: list[float] = []
        self.megabytes = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time what is done meanwhile."""
        begun = time.perf_counter()
        yield
        self._seconds.append(time.perf_counter() - begun)

    def tell(self, count: int) -> None:
        """Print the row."""
        low, middle = 1000 * min(self._seconds), 1000 * statistics.median(self._seconds)
        print(f"{count:6} {self._name:34} {low:10.0f} {middle:10.0f} {self.megabytes:8.0f}")


def used(folder: Path) -> float:
    """Megabytes that a folder takes on the disk."""
    blocks = (os.lstat(os.path.join(place, name)).st_blocks for place, _, names in os.walk(folder) for name in names)
    return sum(blocks) * 512 / 1e6


def bases(root: Path, work: Path, count: int) -> Base:
    """Time the frozen base; the last one stays."""
    first, again, gone = Clock("frozen base"), Clock("frozen base, one file changed"), Clock("frozen base, removed")
    kept: Base | None = None
    for number in range(TIMES):
        if kept is not None:
            kept.remove()
        with first.running():
            made = freeze(root, work / f"base{number}", root / ".mpco")
        first.megabytes = used(made.folder)
        (root / "part0" / "unit0" / "file0.py").write_text(f"x = {number}\n")
        with again.running():
            kept = freeze(root, work / f"again{number}", root / ".mpco", made)
        with gone.running():
            made.remove()
    for clock in (first, again, gone):
        clock.tell(count)
    assert kept is not None
    return kept


async def arms(base: Base, work: Path, level: Level, count: int) -> None:
    """Time an arm on top of the base."""
    begin, end = Clock(f"arm, {level}"), Clock(f"arm, {level}, removed")
    for _ in range(TIMES):
        with begin.running():
            arm = await open_arm(base, {"part0/unit0/file0.py": b"x = 2\n"}, work, SandboxSection(), level=level)
        begin.megabytes = used(arm.io.parent)
        with end.running():
            await arm.close()
    begin.tell(count)
    end.tell(count)


def worktrees(root: Path, work: Path, count: int) -> None:
    """Time what git offers."""
    begin, end = Clock("git worktree add"), Clock("git worktree remove")
    for number in range(TIMES):
        folder = work / f"tree{number}"
        with begin.running():
            subprocess.run(["git", "worktree", "add", "-q", "--detach", folder], cwd=root, check=True)
        begin.megabytes = used(folder)
        with end.running():
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=root, check=True)
    begin.tell(count)
    end.tell(count)


async def main(sizes: tuple[int, ...]) -> None:
    """Print the table."""
    print(f"{'files':>6} {'step':34} {'fastest ms':>10} {'median ms':>10} {'disk MB':>8}")
    for count in sizes:
        with tempfile.TemporaryDirectory() as place:
            root, work = Path(place, "project").resolve(), Path(place, "work").resolve()
            work.mkdir()
            await asyncio.to_thread(make, root, count)
            base = await asyncio.to_thread(bases, root, work, count)
            for level in (NAMESPACES, LANDLOCK):
                if (await asyncio.to_thread(probe, level)).works:
                    await arms(base, work, level, count)
            await asyncio.to_thread(base.remove)
            await asyncio.to_thread(worktrees, root, work, count)
            await asyncio.to_thread(remove, work)


if __name__ == "__main__":
    asyncio.run(main(tuple(map(int, sys.argv[1:])) or SIZES))
