"""A terminal for tests: runs a program in a real pty and reads its screen with pyte, as a person would."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {"enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "down": "\x1b[B", "up": "\x1b[A", "ctrl+c": "\x03"}


class Terminal:
    """One program in one terminal of `columns` x `lines`."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], columns: int = 120, lines: int = 40
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.received = bytearray()
        """All that the program has sent, as it came."""
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=dict(env), start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *exception: object) -> None:
        self.hang_up()

    @property
    def text(self) -> str:
        """What the screen shows now."""
        return "\n".join(self.screen.display)

    def press(self, *keys: str) -> None:
        """Type keys: names of `KEYS`, or the characters themselves."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def wait_for(self, *texts: str, seconds: float = 120, gone: Sequence[str] = ()) -> str:
        """Read until the screen shows all of `texts` and none of `gone`; fails with the screen otherwise."""
        deadline = time.monotonic() + seconds
        while not (all(text in self.text for text in texts) and not any(text in self.text for text in gone)):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"waited for {texts} (gone: {tuple(gone)}), the screen shows:\n{self.text}")
        return self.text

    def wait_exit(self, seconds: float = 60) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        return self.process.wait(timeout=1)

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size, and tell the program as a terminal does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)
        os.kill(self.process.pid, signal.SIGWINCH)

    def drain(self) -> None:
        """Read what an ended program has left."""
        while select.select([self._master], [], [], 0)[0] and self._read(0):
            pass

    def vanish(self) -> None:
        """Close the terminal without a word: no signal tells the program."""
        os.close(self._master)
        self._master = -1

    def hang_up(self) -> None:
        """Close the terminal, as a lost SSH connection does."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGHUP)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def _read(self, seconds: float) -> bool:
        """Take what comes within `seconds`; False when the program has closed its side."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self.received += data
        self._stream.feed(data)
        return bool(data)
