"""The engine killed with -9 at seeded points of a session that goes on and on; `python -m tests.reliability.crash_matrix 200`.

A person who does one thing after the other (profile, have prompts written, ask the LLM, decide, evaluate, write, undo)
is played by a client of the real engine; the LLM is a provider on loopback that counts its calls. After a number of
events and a moment that the seed gives, the engine is killed; the next one is compared with what the client was told.
"""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from engine import paths
from engine.client import Client
from engine.errors import EngineError
from engine.model import Candidate, Prompt
from engine.protocol import (
    Apply,
    Command,
    Decide,
    EditPrompt,
    Evaluate,
    Mark,
    Optimise,
    RedoDecision,
    RunProfile,
    UndoApply,
    UndoDecision,
    WritePrompts,
)
from tests.engine.conftest import followed, kill, stop
from tests.openai_server import Call, Server, saying, serving
from tui.state import State, reduce

FILES = {
    "words.py": "from shout import shout\n\n\ndef distinct(text):\n    seen = []\n    for word in text.split():\n"
    "        if word not in seen:\n            seen.append(word)\n    return shout(len(seen))\n",
    "shout.py": "def shout(number):\n    return str(number) + '!'\n",
    "bench.py": "from words import distinct\n\nprint(distinct(' '.join(str(n % 300) for n in range(3000))))\n",
    "test_words.py": "from words import distinct\n\nassert distinct('a b a') == '2!'\n",
}
ANSWER = """words.py
<<<<<<< SEARCH
    seen = []
    for word in text.split():
        if word not in seen:
            seen.append(word)
    return shout(len(seen))
=======
    return shout(len(set(text.split())))
>>>>>>> REPLACE

shout.py
<<<<<<< SEARCH
    return str(number) + '!'
=======
    return f'{number}!'
>>>>>>> REPLACE
"""
CONFIG = """[test]
command = "python3 test_words.py"
behaviour = "off"

[benchmark]
command = "python3 bench.py"
max_pairs = 3
calm_seconds = 0
noise_check = false

[meta_prompter]
model = "openai/writer"
api_base = "{url}"

[[llm]]
label = "coder"
model = "openai/coder"
edit_format = "search_replace"
api_base = "{url}"
"""
PROMPT = "Make it fast. "
SECONDS = 60
"""To wait for whatever is waited for; a machine that needs longer has lost something."""


@dataclass
class Tally:
    """What a run has seen."""

    kills: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    """Kills by what the engine was doing."""
    problems: list[str] = field(default_factory=list)


@dataclass
class Told:
    """What the client was told until the engine died."""

    state: State
    pending: Command | None
    """The command that was not answered any more: what it does may have happened or not."""
    calls: int


async def _write_slowly(call: Call) -> None:
    await saying(*(PROMPT[at : at + 3] for at in range(0, len(PROMPT), 3)))(call)


async def _code_slowly(call: Call) -> None:
    await saying(*(ANSWER[at : at + 9] for at in range(0, len(ANSWER), 9)))(call)


def write_project(root: Path, url: str) -> None:
    """A project whose one bottleneck is answered by an edit of two files."""
    root.mkdir()
    for name, text in {**FILES, "mpco.toml": CONFIG.format(url=url)}.items():
        (root / name).write_text(text)


class Victim:
    """Plays the person until the engine is killed, and compares the next engine with what was told."""

    def __init__(self, root: Path, server: Server, chance: random.Random, tally: Tally) -> None:
        self._root = root
        self._server = server
        self._chance = chance
        self._tally = tally
        self._state = State()
        self._progress = asyncio.Event()
        self._pending: Command | None = None

    async def round(self) -> None:
        """One engine from its start to its kill, and what the engine after it says."""
        told = await self._until_killed()
        self._tally.kills += 1
        self._tally.moments[_doing(told)] += 1
        async with followed(self._root) as engine:
            problems = [*_lost(told, engine.state), *_broken_files(self._root, told, engine.state)]
            if len(self._server.calls) != told.calls:
                problems.append("an LLM was called again unasked")
        self._tally.problems += [f"kill {self._tally.kills}, {_doing(told)}: {problem}" for problem in problems]

    async def _until_killed(self) -> Told:
        left = self._chance.randint(1, 40)
        delay = self._chance.choice((0.0, 0.0, self._chance.random() * 0.05))
        await (await Client.connect(self._root)).close()
        client = await Client.attach(paths.socket_path(self._root))
        self._state, self._pending = State(), None
        following = asyncio.create_task(self._follow(client))
        acting = asyncio.create_task(self._act(client))
        async with asyncio.timeout(SECONDS * 3):
            while left > 0:
                await self._progress.wait()
                self._progress.clear()
                left -= 1
            await asyncio.sleep(delay)
            await kill(self._root)
            await following
        acting.cancel()
        await asyncio.wait([acting])
        await client.close()
        return Told(self._state, self._pending, len(self._server.calls))

    async def _follow(self, client: Client) -> None:
        """Take over all that the engine tells, to the last word before its death."""
        with contextlib.suppress(EngineError):
            async for event in client.events():
                self._state = reduce(self._state, event)
                self._progress.set()

    async def _act(self, client: Client) -> None:
        """One thing after the other, each when the one before has ended."""
        while True:
            if self._state.project is None or self._state.live_jobs:
                await asyncio.sleep(0.002)
                continue
            self._pending = self._next()
            try:
                reply = await client.send(self._pending)
            except EngineError as error:
                if "went away" in str(error) or "not connected" in str(error):
                    return
                reply = None
            self._pending = None
            self._progress.set()
            while not _jobs_of(reply) <= self._state.jobs.keys():
                await asyncio.sleep(0.002)

    def _next(self) -> Command:
        """What the person does now."""
        state, chance = self._state, self._chance
        target = next((item for item in state.bottlenecks if item.function == "distinct"), None)
        if target is None:
            return RunProfile()
        prompts = state.prompt_versions(target.id, "coder")
        ready = [item for item in prompts if item.state == "ready"]
        if not ready:
            return WritePrompts(bottlenecks=(target.id,))
        answered = [item for item in state.candidates.values() if item.hunks and item.state == "ready"]
        if not answered:
            return Optimise(prompts=(ready[-1].id,))
        candidate = chance.choice(answered)
        applied = [item for item in state.applications.values() if not item.undone]
        if applied:
            return chance.choice((UndoApply(), Evaluate(candidates=(candidate.id,)), UndoApply()))
        hunk = chance.choice(candidate.hunks)
        everything = tuple(item.id for item in candidate.hunks)
        return chance.choice(
            (
                RunProfile(),
                Mark(bottlenecks=(target.id,), marked=not target.marked),
                WritePrompts(bottlenecks=(target.id,)),
                EditPrompt(prompt=ready[-1].id, text=f"{ready[-1].text} {chance.random()}"),
                Optimise(prompts=(ready[-1].id,)),
                Optimise(prompts=(ready[-1].id,)),
                Decide(candidate=candidate.id, hunks=(hunk.id,), decision=chance.choice(("accepted", "rejected"))),
                Decide(candidate=candidate.id, hunks=everything, decision="accepted"),
                UndoDecision(),
                RedoDecision(),
                Evaluate(candidates=(candidate.id,)),
                Evaluate(candidates=(candidate.id,)),
                Apply(candidates=(candidate.id,)),
                Apply(candidates=(candidate.id,)),
            )
        )


def _jobs_of(reply: object) -> set[str]:
    if not isinstance(reply, dict):
        return set()
    return {*reply.get("jobs", ()), *([reply["job"]] if "job" in reply else [])}


def _doing(told: Told) -> str:
    """What the engine was at when it was killed, in a word."""
    live = told.state.live_jobs
    if live:
        evaluations = [
            item.state for item in told.state.evaluations.values() if item.state not in ("done", "cancelled")
        ]
        return evaluations[0] if live[0].kind == "evaluate" and evaluations else live[0].kind
    return type(told.pending).__name__ if told.pending else "idle"


def _lost(told: Told, now: State) -> list[str]:
    """What was told and is not there any more, or is there twice."""
    problems = [f"event {told.state.n} was told, {now.n} is the last"] if now.n < told.state.n else []
    before = told.state
    if before.profile and not now.profile:
        problems.append("the profile is gone")
    for prompt in before.prompts.values():
        problems += _lost_prompt(prompt, now.prompts.get(prompt.id))
    deciding = isinstance(told.pending, Decide | UndoDecision | RedoDecision)
    for candidate in before.candidates.values():
        problems += _lost_candidate(candidate, now.candidates.get(candidate.id), deciding)
    for id, evaluation in before.evaluations.items():
        found = now.evaluations.get(id)
        if found is None or found.measurements[: len(evaluation.measurements)] != evaluation.measurements:
            problems.append("measurements are gone")
        elif evaluation.verdict and found.verdict != evaluation.verdict:
            problems.append(f"the verdict {evaluation.verdict} is now {found.verdict}")
        elif len({(run.pair, run.arm) for run in found.measurements}) != len(found.measurements):
            problems.append("a run is there twice")
    for id, application in before.applications.items():
        found_write = now.applications.get(id)
        if found_write is None or (application.undone and not found_write.undone):
            problems.append("a write to the tree is forgotten")
    return problems


def _lost_prompt(told: Prompt, now: Prompt | None) -> list[str]:
    if now is None:
        return ["a prompt is gone"]
    if told.state == "streaming":
        kept = now.text.startswith(told.text) and now.state in ("interrupted", "ready", "failed")
        return [] if kept else [f"a streamed prompt was {told.text!r} and is {now.state} {now.text!r}"]
    return [] if (now.text, now.state, now.version) == (told.text, told.state, told.version) else ["a prompt changed"]


def _lost_candidate(told: Candidate, now: Candidate | None, deciding: bool) -> list[str]:
    if now is None:
        return ["a candidate is gone"]
    if told.state == "streaming":
        kept = now.answer.startswith(told.answer) and now.state != "streaming"
        return [] if kept else [f"an answer had {len(told.answer)} characters and has {len(now.answer)}, {now.state}"]
    if now.answer != told.answer or [hunk.id for hunk in now.hunks] != [hunk.id for hunk in told.hunks]:
        return ["an answer changed"]
    if now.hunks != told.hunks and not deciding:
        return ["a decision is gone"]
    return []


def _broken_files(root: Path, told: Told, now: State) -> list[str]:
    """Whether the working tree is what the writes make of it, all of it."""
    standing = [item for item in now.applications.values() if not item.undone]
    expected = {name: FILES[name] for name in ("words.py", "shout.py")}
    for application in standing:
        expected |= {file.path: file.after for file in application.files}
    found = {name: (root / name).read_text() for name in expected}
    left = [path.name for path in root.iterdir() if path.name not in {*FILES, "mpco.toml", ".mpco", "__pycache__"}]
    problems = [f"left over in the project: {', '.join(left)}"] if left else []
    return problems if found == expected else [*problems, f"the files are neither all old nor all new: {found}"]


def engine_processes(root: Path) -> list[psutil.Process]:
    """The processes that work in or for the project."""
    folder = str(root)
    listed = psutil.process_iter(["cmdline", "cwd"])
    return [item for item in listed if folder in " ".join([*(item.info["cmdline"] or ()), item.info["cwd"] or ""])]


def left_over(root: Path) -> list[str]:
    """Processes and workspaces of the project that outlive the engine, which has been asked to stop."""
    _, alive = psutil.wait_procs(engine_processes(root), timeout=SECONDS)
    work = root / ".mpco" / "work"
    return [*map(str, alive), *(str(path) for path in (work.iterdir() if work.is_dir() else ()))]


async def crash(kills: int, seed: int, folder: Path) -> Tally:
    """Kill the engine of one project so many times; what went wrong is in the tally."""
    tally, root = Tally(), folder / "project"
    async with serving(writer=_write_slowly, coder=_code_slowly) as server:
        write_project(root, server.url)
        victim = Victim(root, server, random.Random(seed), tally)
        while tally.kills < kills:
            await victim.round()
        await stop(root)
    tally.problems += left_over(root)
    return tally


def main() -> int:
    os.environ.setdefault("OPENAI_API_KEY", "none")  # a provider on loopback asks for none
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(crash(kills, seed, Path(folder)))
    print(
        f"{tally.kills} kills with seed {seed}: " + ", ".join(f"{n} {what}" for what, n in tally.moments.most_common())
    )
    print("\n".join(tally.problems) or "nothing told was lost or doubled, no call was repeated, no file half written")
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
