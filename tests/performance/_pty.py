"""A program in a real pty with a stopwatch: how long until it shows something, and until a key has been painted."""

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence

import psutil

QUIET = 0.03
"""Seconds without output after which a frame counts as complete."""


class Watched:
    """One program, a module or the path of a command, in one terminal; times are in milliseconds."""

    def __init__(self, *module: str, columns: int = 160, lines: int = 45) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._begun = time.perf_counter()
        command = module if os.path.isabs(module[0]) else (sys.executable, "-m", *module)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env)
        os.close(slave)

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def until(self, text: bytes, seconds: float = 60) -> float:
        """From exec until `text` is on its way to the screen."""
        seen = b""
        while text not in seen:
            if not select.select([self._master], [], [], seconds)[0]:
                raise TimeoutError(f"{text!r} did not come; the last was {seen[-400:]!r}")
            seen += os.read(self._master, 1 << 16)
        return (time.perf_counter() - self._begun) * 1000

    def settle(self, seconds: float = 0.5) -> None:
        """Read until nothing has come for a while."""
        while select.select([self._master], [], [], seconds)[0]:
            os.read(self._master, 1 << 16)

    def read_for(self, seconds: float) -> bytes:
        """Read whatever comes in that time."""
        end, seen = time.perf_counter() + seconds, b""
        while (left := end - time.perf_counter()) > 0 and select.select([self._master], [], [], left)[0]:
            seen += os.read(self._master, 1 << 16)
        return seen

    def press(self, key: bytes) -> None:
        """Type a key that is not measured."""
        os.write(self._master, key)

    def key(self, key: bytes) -> float:
        """From a key until the last byte of the frame that answers it."""
        begun = last = time.perf_counter()
        os.write(self._master, key)
        wait = 1.0
        while select.select([self._master], [], [], wait)[0]:
            os.read(self._master, 1 << 16)
            last, wait = time.perf_counter(), QUIET
        return (last - begun) * 1000

    def echo(self, key: bytes, text: bytes, seconds: float = 5) -> float:
        """From a key until `text` comes, among whatever else is painted meanwhile."""
        begun, seen = time.perf_counter(), b""
        os.write(self._master, key)
        while text not in seen and select.select([self._master], [], [], seconds)[0]:
            seen += os.read(self._master, 1 << 16)
        if text not in seen:
            raise TimeoutError(f"{text!r} did not come")
        return (time.perf_counter() - begun) * 1000

    @property
    def cpu(self) -> float:
        """Processor time so far, in milliseconds: what a busy machine cannot stretch."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system) * 1000

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6


def spread(values: Sequence[float]) -> str:
    """median [min-max]."""
    return f"{statistics.median(values):.0f} [{min(values):.0f}-{max(values):.0f}]"


def percentiles(values: Sequence[float]) -> str:
    """The values that half, 95% and 99% of all do not exceed."""
    ordered = sorted(values)
    found = {share: ordered[min(len(ordered) - 1, int(share * len(ordered) / 100))] for share in (50, 95, 99)}
    return ", ".join(f"p{share} {value:.1f}" for share, value in found.items()) + f" ms (n = {len(values)})"
