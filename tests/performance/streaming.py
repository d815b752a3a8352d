"""Key to paint while eight answers stream into the diff screen, in a real terminal; beside the same keys at rest.

First one diff is read while the others stream, then all are in the grid at once.

Each answer comes with 150 chunks a second, told as the engine tells them: in steps of a 30th of a second, over the
engine's own socket and protocol, from another process. A hunk of each candidate grows with it. The key moves the diff
in view by one line, or goes to the next pane of the grid; it counts as painted when the number of the line that comes
into view, or of the pane, is on its way. The next key comes 20 to 50 ms later, as from a keyboard that repeats 20 to 30
times a second: a key that comes with the very frame before it waits for the next of Textual's 60 frames a second.
"""

import asyncio
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from engine.client import Client
from engine.protocol import CandidateStreamed
from tests.performance._pty import Watched, percentiles
from tests.tui import samples
from tests.tui.conftest import ScriptedEngine
from tui.app import MpcoApp
from tui.collecting import collect_seldom

STREAMS = 8
STEP = 1 / 30
CHUNKS_A_STEP = 5
KEYS = 150
PAUSE = random.Random(1)


async def feed(folder: Path, streams: int) -> None:
    """The engine's side: one complete candidate to read, and the streams."""
    root = folder / "logreport"
    long = "".join(f"line_{number:05} = {number}\n" for number in range(2_000))
    file = samples.BaselineFile(path="long.py", text=long, digest="")
    hunks = samples.make_hunks("c-read", "long.py", long, long.replace(" = ", " == "))
    read = samples.candidate("c-read", "reader", files=(file,), hunks=hunks)
    born = [
        samples.candidate(f"c-{number}", f"llm{number}", state="streaming", answer="", hunks=())
        for number in range(streams)
    ]
    snapshot = msgspec.structs.replace(samples.full(root), candidates=(read, *born), evaluations=(), jobs=())
    engine = ScriptedEngine(folder / "engine.sock", snapshot)
    await engine.start()
    told = 0
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for step in range(1, 30 * 600):
        await asyncio.sleep(max(0.0, begun + step * STEP - loop.time()))
        text = f"chunk {step} of text\n" * CHUNKS_A_STEP
        for candidate in born:
            whole = samples.candidate(candidate.id, candidate.llm).hunks
            new_lines = tuple(f"    grown_{line} = {line}" for line in range(step % 200))
            grown = msgspec.structs.replace(whole[-1], new_lines=new_lines, complete=False)
            change = CandidateStreamed(candidate=candidate.id, offset=told, text=text, hunks=(*whole[:-1], grown))
            engine.push(change, numbered=False)
        told += len(text)


async def screen(folder: Path) -> None:
    """The app's side, as `mpco` starts it, on the diff screen."""
    while not (folder / "engine.sock").exists():
        await asyncio.sleep(0.05)
    app = MpcoApp(folder / "logreport", await Client.attach(folder / "engine.sock"))
    app.current_candidate = "c-read"
    app.call_later(app.action_stage, 3)
    collect_seldom()
    await app.run_async()


def measure(streams: int, grid: bool = False) -> None:
    """So many streams: the times of `KEYS` keys."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as name:
        samples.write_project(Path(name) / "logreport")
        command = [sys.executable, "-m", "tests.performance.streaming", "feed", name, str(streams)]
        with subprocess.Popen(command) as feeder, Watched("tests.performance.streaming", "screen", name) as app:
            try:
                app.until(b"line_00001")
                app.read_for(2)
                app.press(b"\r")
                app.read_for(2)
                if grid:
                    app.press(b"V")
                    app.read_for(3)
                    asked = [(b".", f"{number % streams + 1}/{streams}, ".encode()) for number in range(1, KEYS + 1)]
                else:
                    app.press(b"j")
                    last = max(int(found) for found in re.findall(rb"line_(\d{5})", app.read_for(2)))
                    asked = [(b"j", f"line_{last + number:05}".encode()) for number in range(1, KEYS + 1)]
                spent = app.cpu
                times = []
                for pair in asked:
                    times.append(app.echo(*pair))
                    app.read_for(PAUSE.uniform(0.02, 0.05))
                where = " in the grid" if grid else ""
                print(
                    f"{streams} streams{where}: key to paint {percentiles(times)}; "
                    f"processor {app.cpu - spent:.0f} ms in all"
                )
            finally:
                feeder.kill()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["feed", folder, streams]:
            asyncio.run(feed(Path(folder), int(streams)))
        case ["screen", folder]:
            asyncio.run(screen(Path(folder)))
        case _:
            for count in (0, STREAMS):
                measure(count)
            measure(STREAMS, grid=True)
