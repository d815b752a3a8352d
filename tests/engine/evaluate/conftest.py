"""A small real project, a home folder with a secret, and arms in the machine's own sandbox."""

import functools
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from engine.config import SandboxSection
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, UNSANDBOXED, Level
from engine.evaluate.sandbox import Sandbox, probe
from engine.evaluate.workspace import freeze

OpenArm = Callable[..., Awaitable[Arm]]

SLOW = """\
def total(numbers):
    found = []
    for number in numbers:
        if number not in found:
            found.append(number)
    return sum(found)
"""
TEST = """\
import unittest
from shop import total

class Totals(unittest.TestCase):
    def test_counts_each_once(self):
        self.assertEqual(total([1, 2, 2, 3]), 6)
"""
BENCH = """\
from shop import total
print(total([n % 1500 for n in range(3000)]))
"""


@functools.cache
def probed(level: Level) -> Sandbox:
    return probe(level)


def needed(level: Level) -> Level:
    if level != UNSANDBOXED and not probed(level).works:
        pytest.skip(probed(level).about)
    return level


@pytest.fixture(params=[NAMESPACES, LANDLOCK])
def walls(request: pytest.FixtureRequest) -> Level:
    """Each level with walls that works on this machine."""
    return needed(request.param)


@pytest.fixture(params=[NAMESPACES, LANDLOCK, UNSANDBOXED])
def level(request: pytest.FixtureRequest) -> Level:
    """Each level that works on this machine."""
    return needed(request.param)


@pytest.fixture
def namespaces() -> Level:
    return needed(NAMESPACES)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    (folder / ".ssh" / "id").write_text("PRIVATE KEY")
    monkeypatch.setenv("HOME", str(folder))
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("SOME_API_KEY", "PRIVATE KEY")
    return folder


@pytest.fixture
def project(home: Path) -> Path:
    """A git repository in the home folder, with an uncommitted and an ignored file."""
    root = home / "shop"
    (root / "tests").mkdir(parents=True)
    files = {"shop.py": SLOW, "tests/test_shop.py": TEST, "bench.py": BENCH, ".gitignore": "*.log\n.env\n.mpco/\n"}
    for name, text in files.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    (root / "uncommitted.txt").write_text("new")
    (root / "built.log").write_text("a product")
    (root / ".env").write_text("KEY=PRIVATE KEY")
    return root


@pytest.fixture
async def arm(project: Path) -> AsyncIterator[OpenArm]:
    """Opens arms on the project: `await arm(level, changes={}, memory_mb=...)`."""
    state = project / ".mpco"
    base = freeze(project, state / "work" / "base", state)
    opened: list[Arm] = []

    async def make(level: Level, changes: Mapping[str, bytes] = {}, **section: object) -> Arm:
        opened.append(await open_arm(base, changes, state / "work", SandboxSection(**section), level=level))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for each in opened:
        await each.close()
