"""A small real project and its real engine process, reached over the real socket."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine import paths
from engine.client import Client
from engine.errors import EngineError
from engine.protocol import Status, Stop
from tui.state import State, reduce

SLOW = '''"""Counts distinct words, slowly."""


def distinct(text: str) -> int:
    seen = []
    for word in text.split():
        if word not in seen:
            seen.append(word)
    return len(seen)
'''
BENCH = """from words import distinct

print(distinct(" ".join(str(number % 1200) for number in range(25000))))
"""
TESTS = """import unittest

from words import distinct


class DistinctTest(unittest.TestCase):
    def test_counts_each_word_once(self):
        self.assertEqual(distinct("a b a"), 2)


if __name__ == "__main__":
    unittest.main()
"""
CONFIG = """[test]
command = "python3 test_words.py"

[benchmark]
command = "python3 bench.py"
max_pairs = 40
calm_seconds = 0

[meta_prompter]
model = "offline/meta"
params = { chunk_delay = 0 }

[[llm]]
model = "offline/algorithms"
params = { chunk_delay = 0 }

[[llm]]
model = "offline/caching"
params = { chunk_delay = 0 }
"""


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of the test's own, with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="mpco-run-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def project(tmp_path: Path, runtime: Path) -> Iterator[Path]:
    """A git project with a bottleneck; its engine is stopped at the end."""
    root = tmp_path / "words"
    root.mkdir()
    files = {"words.py": SLOW, "bench.py": BENCH, "test_words.py": TESTS, "mpco.toml": CONFIG}
    for name, text in files.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    yield root
    asyncio.run(stop(root))


async def stop(root: Path) -> None:
    """Stop the engine of `root`, when one runs, and wait until it has let go of its lock."""
    try:
        client = await Client.connect(root, start=False)
    except EngineError:
        return
    with contextlib.suppress(EngineError):  # one that is just ending cannot answer any more
        await client.send(Stop())
    await client.closed()
    await client.close()
    with paths.lock_path(root).open("rb") as lock:  # it closes its database after its connections
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)


class Follower:
    """A client that reduces events to a state and can wait for a condition of it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.state = State()
        self.numbers: list[int] = []
        self.told: set[str] = set()
        """What jobs have told of their progress."""
        self._events = client.events()

    async def until(self, condition: Callable[[State], object], seconds: float = 90) -> State:
        """Follow events until the condition holds; fails after `seconds`."""
        async with asyncio.timeout(seconds):
            while not condition(self.state):
                event = await anext(self._events)
                self.state = reduce(self.state, event)
                self.told |= {job.progress for job in self.state.jobs.values() if job.progress}
                if event.n:
                    self.numbers.append(event.n)
        return self.state

    async def done(self, jobs: list[str]) -> State:
        """Follow events until these jobs have ended."""
        return await self.until(lambda state: all(id in state.jobs and not state.jobs[id].live for id in jobs))

    async def send(self, command: object) -> dict[str, list[str]]:
        """The engine's result for a command."""
        result: dict[str, list[str]] = await self.client.send(command)  # type: ignore[arg-type]
        return result


@asynccontextmanager
async def followed(root: Path) -> AsyncIterator[Follower]:
    """A follower of the engine of `root`, which is started when it does not run."""
    client = await Client.connect(root)
    follower = Follower(client)
    await follower.until(lambda state: state.project)
    try:
        yield follower
    finally:
        await client.close()


async def kill(root: Path) -> int:
    """End the engine of `root` with -9; its pid."""
    client = await Client.connect(root, start=False)
    pid = int((await client.send(Status()))["pid"])
    os.kill(pid, signal.SIGKILL)
    await client.close()
    return pid
