"""Key to paint in the editor of a prompt of 2,000 lines, in a real terminal; beside a prompt of 20 lines.

Characters are typed into the middle of the text, and the cursor goes down line by line; a key counts as painted when
the last byte of the frame that answers it has come.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from engine.client import Client
from tests.performance._pty import Watched, percentiles
from tests.tui import samples
from tests.tui.conftest import ScriptedEngine
from tui.app import MpcoApp
from tui.collecting import collect_seldom

SIZES = (20, 2_000)
KEYS = 100


async def feed(folder: Path, lines: int) -> None:
    """The engine's side: one bottleneck whose prompts have so many lines."""
    text = "# Task\n\n" + "".join(
        f"{number}. Avoid the `list` in line {number}, **always**.\n" for number in range(lines)
    )
    whole = samples.full(folder / "logreport")
    prompts = tuple(msgspec.structs.replace(prompt, text=text) for prompt in whole.prompts)
    engine = ScriptedEngine(folder / "engine.sock", msgspec.structs.replace(whole, prompts=prompts, jobs=()))
    await engine.start()
    await asyncio.sleep(600)


async def screen(folder: Path) -> None:
    """The app's side, as `mpco` starts it, on the prompt screen."""
    while not (folder / "engine.sock").exists():
        await asyncio.sleep(0.05)
    app = MpcoApp(folder / "logreport", await Client.attach(folder / "engine.sock"))
    app.call_later(app.action_stage, 2)
    collect_seldom()
    await app.run_async()


def measure(lines: int) -> None:
    """Times of `KEYS` keys of each kind."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as name:
        samples.write_project(Path(name) / "logreport")
        command = [sys.executable, "-m", "tests.performance.prompt_editor", "feed", name, str(lines)]
        with subprocess.Popen(command) as feeder, Watched("tests.performance.prompt_editor", "screen", name) as app:
            try:
                app.until(b"Avoid")
                app.read_for(2)
                app.press(b"e")
                app.read_for(2)
                for _ in range(min(lines // 2, 30)):
                    app.key(b"\x1b[B")
                typed = [app.key(b"x") for _ in range(KEYS)]
                moved = [app.key(b"\x1b[B" if number % 10 < 5 else b"\x1b[A") for number in range(KEYS)]
                print(f"{lines:,} lines: typing {percentiles(typed)}; moving {percentiles(moved)}")
            finally:
                feeder.kill()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["feed", folder, lines]:
            asyncio.run(feed(Path(folder), int(lines)))
        case ["screen", folder]:
            asyncio.run(screen(Path(folder)))
        case _:
            for size in SIZES:
                measure(size)
