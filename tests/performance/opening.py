"""How soon the app is of use, and what it costs at rest: beside a bare Textual app that shows one line.

Each in a real terminal, in turns: the bare app, MPCO on a session with three candidates, and MPCO on one with 10,000.
The engine runs already, as it does when a person comes back. The first meaningful frame is the one with the ranked
bottlenecks in it. Memory and idle processor time are those of the screen's process, after its first frame.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from engine import paths
from engine.client import Client
from engine.errors import EngineError
from engine.protocol import CandidateChanged, EvaluationChanged, ProfileChanged, PromptChanged, Stop
from engine.store import Store
from tests.performance._pty import Watched, spread
from tests.tui import samples

RUNS = 7
CANDIDATES = 10_000
IDLE_SECONDS = 5.0
FRAME = b"parse_line"
MPCO = str(Path(sys.executable).with_name("mpco"))


def write_session(root: Path, candidates: int) -> None:
    """A project whose session has so many candidates, with an evaluation for every tenth."""
    samples.write_project(root)
    (root / "mpco.toml").write_text('[test]\ncommand = "true"\n\n[benchmark]\ncommand = "true"\nnoise_check = false\n')
    whole = samples.full(root)
    assert whole.profile is not None
    paths.state_dir(root)
    store = Store(paths.database(root))
    store.record(ProfileChanged(profile=whole.profile), *(PromptChanged(prompt=prompt) for prompt in whole.prompts))
    for number in range(candidates):
        item = samples.candidate(f"c{number}", ("algorithms", "loops", "caching")[number % 3])
        store.record(CandidateChanged(candidate=item))
        if number % 10 == 0:
            measured = samples.evaluation(f"e{number}", item)
            store.record(EvaluationChanged(evaluation=msgspec.structs.replace(measured, measurements=())))
    store.close()


async def start_engine(root: Path) -> None:
    """So that it runs already when the app comes."""
    client = await Client.connect(root)
    async for _ in client.events():
        break
    await client.close()


async def stop_engine(root: Path) -> None:
    """Nothing is left behind."""
    try:
        client = await Client.connect(root, start=False)
        await client.send(Stop())
        await client.closed()
        await client.close()
    except EngineError:
        pass


def main() -> None:
    """Measure in turns and print the ratios."""
    folder = Path(tempfile.mkdtemp(prefix="mpco-"))
    os.environ.update({"XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")})
    roots = {"3 candidates": folder / "few", f"{CANDIDATES:,} candidates": folder / "many"}
    programs: dict[str, tuple[str, ...]] = {"bare": ("tests.performance._bare",)}
    try:
        for (name, root), count in zip(roots.items(), (3, CANDIDATES), strict=True):
            write_session(root, count)
            asyncio.run(start_engine(root))
            programs[name] = (MPCO, "-C", str(root))
        measure(programs)
    finally:
        for root in roots.values():
            asyncio.run(stop_engine(root))
        shutil.rmtree(folder)


def measure(programs: dict[str, tuple[str, ...]]) -> None:
    """Each program RUNS times, in turns."""
    frames: dict[str, list[float]] = {name: [] for name in programs}
    cpu: dict[str, list[float]] = {name: [] for name in programs}
    memory: dict[str, list[float]] = {name: [] for name in programs}
    idle: dict[str, list[float]] = {name: [] for name in programs}
    for run in range(RUNS):
        for name, module in programs.items():
            with Watched(*module) as app:
                frames[name].append(app.until(FRAME))
                cpu[name].append(app.cpu)
                app.settle()
                memory[name].append(app.megabytes)
                if run == 0:
                    app.read_for(1.0)
                    spent = app.cpu
                    app.read_for(IDLE_SECONDS)
                    idle[name].append((app.cpu - spent) / IDLE_SECONDS / 10)
    middle = RUNS // 2
    for name in programs:
        ratio = sorted(frames[name])[middle] / sorted(frames["bare"])[middle]
        weight = sorted(memory[name])[middle] / sorted(memory["bare"])[middle]
        print(
            f"{name:<18} first frame {spread(frames[name])} ms: {ratio:.2f}x; processor {spread(cpu[name])} ms; "
            f"memory {spread(memory[name])} MB: {weight:.2f}x; idle {idle[name][0]:.1f}% of a core"
        )


if __name__ == "__main__":
    main()
