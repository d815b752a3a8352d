"""What a streamed answer costs from the socket to the stored text, beside litellm alone and raw httpx.

CPU seconds of this process for 1,000 chunks from the same server (a process of its own on loopback), and whether 32
streams at once arrive whole. Aim: at most 1.1 times litellm alone.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from engine import config as configuration
from engine.conversation import Asked, Conversations
from engine.jobs import Jobs, RunningJob
from engine.llm import client, library
from engine.model import Candidate, Message, Project
from engine.protocol import CandidateChanged, CandidateStreamed
from engine.session import Session
from engine.store import Store
from engine.talk import Talk
from tests.openai_server import FLOOD_CHUNKS

ROUNDS = 9
STREAMS = 32
WHOLE = "".join(f"{number:>6} " for number in range(FLOOD_CHUNKS))
ASK = (Message(role="user", content="Count."),)
CONFIG = """[[llm]]
model = "openai/flood"
label = "flood"
api_base = "%s"
max_parallel = 32
"""


@contextmanager
def server() -> Iterator[str]:
    """The address of a provider in a process of its own."""
    command = [sys.executable, "-m", "tests.openai_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def raw(url: str) -> None:
    """The protocol by hand: lines, and JSON."""
    body = {"model": "flood", "messages": [{"role": "user", "content": "Count."}], "stream": True}
    pieces = []
    async with httpx.AsyncClient(timeout=60) as http, http.stream("POST", f"{url}/chat/completions", json=body) as got:
        async for line in got.aiter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line[6:])["choices"]
                pieces += [choices[0]["delta"].get("content") or ""] if choices else []
    assert "".join(pieces) == WHOLE


async def litellm_alone(url: str) -> None:
    """litellm, and nothing done with what it yields but joining it."""
    response = await library.load().acompletion(
        model="openai/flood",
        messages=[{"role": "user", "content": "Count."}],
        api_base=url,
        api_key="none",
        stream=True,
        stream_options={"include_usage": True},
        max_retries=0,
    )
    pieces = [chunk.choices[0].delta.content or "" async for chunk in response if chunk.choices]
    assert "".join(pieces) == WHOLE


class House:
    """The engine's own path: talk, session, database."""

    def __init__(self, root: Path, url: str) -> None:
        (root / "mpco.toml").write_text(CONFIG % url)
        config = configuration.load(root)
        self.store = Store(root / "session.db")
        self.session = Session(self.store, Project(root=str(root), name="performance"))
        self.jobs = Jobs(self.session)
        self.conversations = Conversations(config, self.session)

    async def answer(self, id: str) -> None:
        """One answer from the socket to the stored candidate."""
        candidate = Candidate(id=id, bottleneck="b", llm="flood", prompt="p", state="streaming", at=0.0)
        self.session.publish(CandidateChanged(candidate=candidate))

        def tell(offset: int, piece: str, text: str) -> CandidateStreamed:
            return CandidateStreamed(candidate=id, offset=offset, text=piece)

        async def work(running: RunningJob) -> None:
            stream = self.session.open_stream(id, tell)
            asked = Asked(purpose="optimise", llm="flood", bottleneck="b", subject=id, messages=ASK)
            await Talk(self.conversations, asked, running, stream.add).run()
            self.session.close_stream(id)
            done = Candidate(id=id, bottleneck="b", llm="flood", prompt="p", state="ready", at=0.0, answer=stream.text)
            self.session.publish(CandidateChanged(candidate=done))

        self.jobs.start("generate", id, id, work)
        while self.jobs.live:
            await asyncio.sleep(0.005)
        assert self.session.candidates[id].answer == WHOLE


async def cpu(work: Callable[[], Awaitable[None]]) -> float:
    """CPU milliseconds for 1,000 chunks."""
    before = time.process_time()
    await work()
    return (time.process_time() - before) * 1e6 / FLOOD_CHUNKS


async def whole(url: str, root: Path) -> None:
    house = House(root, url)
    client.warm_up()
    ways: dict[str, Callable[[int], Awaitable[None]]] = {
        "raw httpx": lambda n: raw(url),
        "litellm alone": lambda n: litellm_alone(url),
        "MPCO, to stored text": lambda n: house.answer(f"c{n}"),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(-2, ROUNDS):
        for name, way in ways.items():
            taken = await cpu(lambda way=way, number=number: way(number))  # type: ignore[misc]
            if number >= 0:
                found[name].append(taken)
    print(f"{'CPU for 1,000 chunks':24}{'median':>9}{'least':>9}{'most':>9}{'by litellm alone':>20}")
    for name, taken in found.items():
        ratios = sorted(mine / theirs for mine, theirs in zip(taken, found["litellm alone"], strict=True))
        about = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"
        print(f"{name:24}{statistics.median(taken):>6.0f} ms{min(taken):>6.0f} ms{max(taken):>6.0f} ms{about:>20}")
    begun, used = time.monotonic(), time.process_time()
    await asyncio.gather(*(house.answer(f"s{number}") for number in range(STREAMS)))
    seconds, used = time.monotonic() - begun, time.process_time() - used
    chunks = STREAMS * FLOOD_CHUNKS
    print(
        f"\n{STREAMS} streams at once: {chunks} of {chunks} chunks stored in {seconds:.1f} s ({used:.1f} s CPU), none lost"
    )


if __name__ == "__main__":
    with server() as address, tempfile.TemporaryDirectory() as folder:
        asyncio.run(whole(address, Path(folder)))
