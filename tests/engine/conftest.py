"""A small real project and its real engine process, reached over the real socket."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from engine import paths
from engine.client import Client
from engine.errors import EngineError
from engine.protocol import Decide, Status, Stop
from tui.state import State, reduce

SLOW = '''"""Counts distinct words, slowly."""


def distinct(text: str) -> int:
    seen = []
    for word in text.split():
        if word not in seen:
            seen.append(word)
    return len(seen)
'''
BENCH = """import json

from words import distinct


class Word(str):
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Word.compared += 1
        return str.__eq__(self, other)


class Text(str):
    def split(self):
        return [Word(word) for word in str.split(self)]


print(distinct(Text(" ".join(str(number % 120) for number in range(1500)))))
json.dump({"comparisons": Word.compared}, open("results.json", "w"))
"""
"""It counts comparisons instead of taking time: what is proven is the same however busy the machine is."""
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
output = "results-file"
results = "results.json"
max_pairs = 40
calm_seconds = 0

[profile]
profiler = "cprofile"

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


FILES = {"words.py": SLOW, "bench.py": BENCH, "test_words.py": TESTS, "mpco.toml": CONFIG}


def written(root: Path, files: Mapping[str, str]) -> Path:
    """A git project of these files in the new folder `root`."""
    root.mkdir()
    for name, text in files.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@pytest.fixture
def project(tmp_path: Path, runtime: Path) -> Iterator[Path]:
    """A git project with a bottleneck; its engine is stopped at the end."""
    root = written(tmp_path / "words", FILES)
    yield root
    asyncio.run(stop(root))


@contextmanager
def running(root: Path) -> Iterator[Path]:
    """A runtime folder for tests that share the engine of `root`, which is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="mpco-run-"))
    try:
        yield folder
    finally:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            asyncio.run(stop(root))
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    root = written(tmp_path_factory.mktemp("shared") / "words", FILES)
    with running(root) as folder:
        yield root, folder


@pytest.fixture
def shared(_shared: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Such a project with one engine for many tests, which begin with its files as they were and nothing decided.

    Starting an engine and loading litellm into it takes longer than most of what a test asks of it."""
    root, folder = _shared
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield root
    asyncio.run(_reset(root))


async def _reset(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).write_text(text)
    async with followed(root) as engine:
        for candidate in engine.state.candidates.values():
            decided = tuple(hunk.id for hunk in candidate.hunks if hunk.decision != "pending")
            if decided:
                await engine.send(Decide(candidate=candidate.id, hunks=decided, decision="pending"))


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

    async def until(self, condition: Callable[[State], object], seconds: float = 240) -> State:
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
