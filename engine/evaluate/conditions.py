"""What else the machine did while a command ran, and waiting for it to stop.

Noise on a shared machine comes in regimes of seconds: a busy neighbour on the other core raised the spread of wall
times from 7% to 33%, where this was measured. So what is going on is looked at before a pair of runs and told with
each run.
"""

import asyncio
import os
import time
from pathlib import Path

import msgspec
import psutil

LOOK_SECONDS = 0.2
"""The system counts processor time in hundredths of seconds: shorter looks say too little."""
BUSY, STOLEN, STALLED = 0.3, 0.02, 0.01
"""From here on a run counts as noisy: processors used by others, share of time taken by the host of a virtual machine,
share of time in which something waited for memory."""
PRESSURE = Path("/proc/pressure/memory")


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """How the machine was while something was measured."""

    others: float = 0.0
    """Processors that other programs used, on average."""
    stolen: float = 0.0
    """Share of the processors' time that the host of a virtual machine took."""
    stalled: float = 0.0
    """Share of time in which some program waited for memory."""
    mhz: float = 0.0
    """Clock rate of the processors, on average; 0 where the system does not tell."""

    @property
    def disturbance(self) -> str:
        """What makes a run noisy, as in "other programs used 1.2 processors"; empty when nothing does."""
        if self.stolen >= STOLEN:
            return f"the host took {100 * self.stolen:.0f}% of the processors"
        if self.others >= BUSY:
            return f"other programs used {self.others:.1f} processors"
        return f"programs waited for memory {100 * self.stalled:.0f}% of the time" if self.stalled >= STALLED else ""


class Look:
    """A look at the machine from now on."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._busy, self._stolen = _processor_seconds()
        self._stalled = _stalled_seconds()

    def conditions(self, own_cpu: float = 0.0) -> Conditions:
        """How the machine has been since then; `own_cpu` are the seconds that were spent by what is measured."""
        busy, stolen = _processor_seconds()
        # A run that is shorter than the system can count says nothing of its neighbours.
        seconds = max(time.monotonic() - self._begun, LOOK_SECONDS)
        others = max(0.0, busy - self._busy - own_cpu) / seconds
        return Conditions(
            others=others,
            stolen=max(0.0, stolen - self._stolen) / seconds / (os.cpu_count() or 1),
            stalled=max(0.0, _stalled_seconds() - self._stalled) / seconds,
            mhz=_mhz(),
        )


class Patience:
    """Waits for a quiet machine, for so many seconds in all."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._needed = True

    def note(self, conditions: Conditions) -> None:
        """How the machine was just now."""
        self._needed = bool(conditions.disturbance)

    async def wait(self) -> None:
        """Return when nothing else goes on, at once after a quiet run, and in any case when patience has ended."""
        while self._needed and self._left > 0:
            look = Look()
            await asyncio.sleep(min(LOOK_SECONDS, self._left))
            self._left -= LOOK_SECONDS
            self.note(look.conditions())


def _processor_seconds() -> tuple[float, float]:
    """(seconds that processors worked, seconds that the host took) since the machine was started."""
    times = psutil.cpu_times()
    names = ("user", "system", "irq", "softirq")  # `user` of the system's table includes guests, and not `nice`
    return sum(getattr(times, name, 0.0) for name in (*names, "nice")), getattr(times, "steal", 0.0)


def _stalled_seconds() -> float:
    try:
        first = PRESSURE.read_text().partition("\n")[0]
    except OSError:  # an older kernel, another system
        return 0.0
    return float(first.rpartition("total=")[2]) / 1e6


def _mhz() -> float:
    try:
        found = psutil.cpu_freq()
    except (OSError, NotImplementedError):
        return 0.0
    return float(found.current) if found else 0.0
