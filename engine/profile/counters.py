"""What the processor and the system count while the command runs: `perf stat`, where it is there and permitted.

It counts for the command as a whole, and says what kind of slowness to look for: waiting for memory, mispredicted
branches, page faults. Virtual machines mostly have the system's counters only.
"""

import math

from engine.config import Config
from engine.execute import IO_VARIABLE, Execute
from engine.model import Counter

FILE = "mpco_stat.csv"
EVENTS = (
    "instructions", "cycles", "branches", "branch-misses", "cache-references", "cache-misses",
    "page-faults", "context-switches",
)  # fmt: skip
_SYSTEMS = ("page-faults", "context-switches")
"""Counted by the system; of the others only what the program itself does may be counted by everyone."""
_LONGEST = 4096
_NOT_COUNTED = 125

_STAT = "perf stat -x, -e " + ",".join(name if name in _SYSTEMS else f"{name}:u" for name in EVENTS)
COUNTING = (
    f"""MPCO_STAT=; {_STAT} -o /dev/null true 2> /dev/null && MPCO_STAT='{_STAT} -o "${IO_VARIABLE}"/{FILE} --'"""
)
"""Shell text that sets MPCO_STAT to what counts the command behind it, to be used by eval; to nothing without perf."""


async def count(config: Config, execute: Execute, command: str, longest: float) -> tuple[Counter, ...]:
    """Counters of a run of its own, of at most that many seconds; none where they may not be read or it fails."""
    outcome = await execute(
        f'{COUNTING}\n[ -n "$MPCO_STAT" ] || exit {_NOT_COUNTED}\neval "$MPCO_STAT" \'sh -c "$MPCO_COMMAND"\'',
        timeout=min(longest, config.profile.timeout),
        env={"MPCO_COMMAND": command},
        collect=(FILE,),
    )
    return read_counters(outcome.files.get(FILE, b"")) if outcome.exit_code == 0 else ()


def read_counters(data: bytes) -> tuple[Counter, ...]:
    """perf stat's CSV (value, unit, event, ...); the program under study can write to it: what is odd is left out."""
    found: dict[str, float] = {}
    for line in data[:_LONGEST].decode(errors="replace").splitlines():
        fields = line.split(",")
        name = fields[2].removesuffix(":u") if len(fields) > 2 else ""
        try:
            value = float(fields[0])
        except ValueError:
            continue  # <not supported>, <not counted>, a remark
        if name in EVENTS and 0 <= value < math.inf:
            found[name] = value
    return tuple(Counter(name=name, value=found[name]) for name in EVENTS if name in found)
