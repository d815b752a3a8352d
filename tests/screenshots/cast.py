"""Makes the README's recording, an asciinema cast (format 2): the real `mpco demo` in a real terminal, by its keys.

python -m tests.screenshots.cast
"""

import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from pyte.screens import Char

from tests.end_to_end.conftest import MPCO
from tests.end_to_end.terminal import Terminal

FILE = Path(__file__).with_name("demo.cast")
COLUMNS, LINES = 110, 30
LOOK_SECONDS = 2.0
"""How long each screen stands still for whoever watches."""
FRAME_SECONDS = 0.25
LONGEST_SECONDS = 0.6
"""Waiting for the machine is cut down to this."""


class Recorder(Terminal):
    """A terminal that keeps the rows that have changed, a few times a second, on a clock that runs through waits."""

    def __enter__(self) -> "Recorder":
        self.frames: list[tuple[float, str]] = []
        self._rows = [""] * LINES
        self._clock, self._last = 0.0, time.monotonic()
        return self

    def _read(self, seconds: float) -> bool:
        before = len(self.received)
        alive = super()._read(seconds)
        now = time.monotonic()
        if len(self.received) > before:
            self._clock += min(now - self._last, LONGEST_SECONDS)
            self._last = now
            if not self.frames or self._clock - self.frames[-1][0] >= FRAME_SECONDS:
                self._keep()
        return alive

    def _keep(self) -> None:
        rows = [_painted(self.screen.buffer[line]) for line in range(LINES)]
        changed = (f"\x1b[{n + 1};1H{row}" for n, row in enumerate(rows) if row != self._rows[n])
        if text := "".join(changed):
            self.frames.append((self._clock, text))
            self._rows = rows

    def look(self) -> None:
        """Let the person look at the screen; what comes meanwhile is shown at its time."""
        begun = self._clock
        deadline = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < deadline:
            self._read(0.1)
        self._keep()
        self._clock = max(self._clock, begun + LOOK_SECONDS)


def _painted(row: Mapping[int, Char]) -> str:
    """One row of the screen with its colours."""
    pieces, last = [], ""
    for column in range(COLUMNS):
        char = row[column]
        parts = [code for code, on in (("1", char.bold), ("3", char.italics), ("4", char.underscore)) if on]
        parts += ["7"] if char.reverse else []
        for kind, colour in (("38", char.fg), ("48", char.bg)):
            if len(colour) == 6:
                parts.append(f"{kind};2;{';'.join(str(byte) for byte in bytes.fromhex(colour))}")
        style = f"\x1b[{';'.join(['0', *parts])}m"
        pieces.append(char.data if style == last else style + char.data)
        last = style
    return "".join(pieces)


def record(folder: Path) -> list[tuple[float, str]]:
    """The whole job on the demo."""
    home, runtime = folder / "home", folder / "run"
    home.mkdir()
    runtime.mkdir(mode=0o700)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "LANG": "C.UTF-8"}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [str(MPCO), "demo", "logreport"]
    with Recorder(command, cwd=folder, env=env, columns=COLUMNS, lines=LINES) as terminal:
        terminal.wait_for("esc skips")
        terminal.look()
        terminal.press("esc")
        terminal.wait_for("No profile yet", gone=("esc skips",))
        for keys, shown, gone in (
            (("p",), ("visitors", "callers"), ("Profiling",)),
            (("m", "2"), ("You are an experienced", "versions"), ()),
            (("o", "3"), ("hunk 1 of 3", "seen_set"), ("streaming",)),
            (("a", "n", "a", "n", "a"), ("3 of 3 hunks accepted",), ()),
            (("b", "4"), ("faster",), ("so far", "queued")),
            (("5",), ("by LLM and strategy",), ()),
        ):
            terminal.press(*keys)
            terminal.wait_for(*shown, gone=gone, seconds=120)
            terminal.look()
        terminal.press("q")
        assert terminal.wait_exit() == 0
        return terminal.frames


def main() -> None:
    """Record, and write the cast."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as folder:
        frames = record(Path(folder))
    head = {"version": 2, "width": COLUMNS, "height": LINES, "title": "mpco demo"}
    rows = [head, *([round(at, 3), "o", text] for at, text in frames)]
    FILE.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{FILE}: {len(frames)} frames, {FILE.stat().st_size // 1000} kB, {frames[-1][0]:.0f} s")


if __name__ == "__main__":
    main()
