"""Samples of Python programs: where the time goes, undistorted, by py-spy or by a sampler of our own.

py-spy sees every thread, and native code where it is asked to; it needs leave to read the memory of its own children,
which containers often refuse. The sampler inside of the program (driver.py) needs nothing, and sees main threads.
"""

import asyncio
import math
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import msgspec

from engine.config import Config
from engine.execute import IO_VARIABLE, Execute, Outcome
from engine.profile.command import driver_files, recorded
from engine.profile.failures import failure, is_denied, said
from engine.profile.formats import speedscope
from engine.profile.formats.source import Source
from engine.profile.frames import Frame
from engine.profile.places import Places
from engine.profile.project_files import has_compiled_code
from engine.profile.records import read_lines
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

ENOUGH_SAMPLES = 400
"""With them, a share of 10% has a standard error of 1.5%; below, cProfile's shares are the better ones."""
SOME_RUNS, MOST_RUNS = 8, 24
"""A short command is sampled more than once: the kernel's clock gives about 250 samples a second. Some runs are enough
for a heat of lines; only a command that will have samples enough for its times gets more."""
MOST_SECONDS = 20.0
RATE = 250
SHORT_SECONDS = 1.0
"""Of a run under cProfile: below, py-spy would take longer to begin than the command to end."""
MOST_SPIED = 32
"""As driver.py has it."""
WRITING_SECONDS = 10
"""For py-spy to write what it has; a process that the command left behind keeps its py-spy at work."""
MISSING = 125
"""The exit code that says that there is no py-spy."""
SAMPLES_A_BYTE = 25
"""As driver.py has it."""

_LINES = "mpco_lines.jsonl"
_SPIED = tuple(f"mpco_spy.{number}.json" for number in range(MOST_SPIED))
_SPY_LOG = "mpco_spy.0.log"
_UNSEEN = "mpco_unseen"

_DENIED = (
    "one process may not read another; `sysctl kernel.yama.ptrace_scope=1` permits it for children, "
    "`--cap-add SYS_PTRACE` in a container"
)
_SPY = f"""IO="${IO_VARIABLE}"; export TMPDIR="$IO"; MPCO_SPY=$(command -v py-spy)
[ -n "$MPCO_SPY" ] || {{ MPCO_SPY="$IO"/py-spy; chmod +x "$MPCO_SPY" 2>/dev/null || exit {MISSING}; }}
export MPCO_SPY; sh -c "$MPCO_COMMAND"; status=$?
for turn in $(seq {WRITING_SECONDS * 20}); do
  ending=1; for on in "$IO"/mpco_spy.*.on; do [ ! -e "$on" ] || [ -e "${{on%.on}}".end ] || ending=; done
  [ -z "$ending" ] || break
  sleep 0.05
done
exit $status"""
_SPY_ONE = f""": > "$2".log; (
"$MPCO_SPY" record -r {RATE} $MPCO_SPY_MODE -f speedscope -o "$2".json --pid "$1"
: > "$2".end
) > "$2".log 2>&1 < /dev/null &
"""
"""For one process ($1), into files that begin with $2."""

Progress = Callable[[str], None]


class Samples(msgspec.Struct):
    """What sampling has brought."""

    by: str
    tally: Tally
    """Of one run, in seconds."""
    count: int = 0
    unseen: float = 0.0
    """Seconds of processes that were not sampled; part of the tally."""
    problem: str = ""
    """Why there are no more, in one sentence."""

    @property
    def enough(self) -> bool:
        """Whether its shares can be relied on."""
        return self.count >= ENOUGH_SAMPLES


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to take samples."""

    name: str
    doing: str
    script: str
    env: dict[str, str]
    inputs: dict[str, bytes]
    outputs: tuple[str, ...]
    add: Callable[[Mapping[str, bytes], Tally], tuple[int, float]]
    """Take over what one run has brought: the number of its samples, and the seconds that were not sampled."""
    problem: Callable[[Outcome], str]
    counts_live: bool
    """Whether the program itself tells of its samples; py-spy tells of none before its end."""


async def sample(
    config: Config, execute: Execute, command: str, seconds: float, on_progress: Progress, *, for_times: bool
) -> Samples:
    """By py-spy where it is there and permitted; otherwise, or for a command of few `seconds`, by our own sampler.

    Unless they are wanted for their times, a few runs do.
    """
    if seconds >= SHORT_SECONDS:
        found = await spy(config, execute, command, on_progress)
        if found.count and not found.unseen:
            return found
        why = "py-spy saw only a part of the processes" if found.unseen else "py-spy saw no Python"
        on_progress(f"{found.problem or why}; sampling from inside instead")
    most = MOST_RUNS if for_times else SOME_RUNS
    return await _repeated(config, execute, _from_inside(config, command), on_progress, most)


async def spy(config: Config, execute: Execute, command: str, on_progress: Progress) -> Samples:
    """Samples by py-spy; native frames only where the project has code of that kind, since they cost much more."""
    native = has_compiled_code(config.root_path)

    way = _Way(
        name="py-spy with native frames" if native else "py-spy",
        script=_SPY,
        doing="sampling by py-spy",
        env={
            "MPCO_COMMAND": recorded(command, config.root),
            "MPCO_PROFILE": "spied",
            "MPCO_SPY_MODE": "--native" if native else "--nonblocking",
        },
        inputs={**driver_files(), **_carried_along(), "mpco_spy.sh": _SPY_ONE.encode()},
        outputs=(*_SPIED, _SPY_LOG, _UNSEEN),
        add=_add_spied,
        problem=lambda outcome: _spy_problem(config, command, outcome),
        counts_live=False,
    )
    return await _repeated(config, execute, way, on_progress)


def _from_inside(config: Config, command: str) -> _Way:
    def add(files: Mapping[str, bytes], tally: Tally) -> tuple[int, float]:
        stacks, records = Stacks(tally), read_lines(files.get(_LINES, b""))
        for record in records:
            record.add_to(stacks, config.root)
        stacks.flush()
        return sum(record.samples for record in records), 0.0

    return _Way(
        name="samples",
        doing="sampling from inside",
        script=recorded(command, config.root),
        env={"MPCO_PROFILE": "lines"},
        inputs=driver_files(),
        outputs=(_LINES,),
        add=add,
        problem=lambda outcome: failure(config, command, outcome),
        counts_live=True,
    )


async def _repeated(
    config: Config, execute: Execute, way: _Way, on_progress: Progress, most: int = SOME_RUNS
) -> Samples:
    """Run the command until there are samples enough for a heat of single lines; none when it cannot be sampled."""
    places = Places(config.root_path, config.project.include, (*config.project.exclude, *config.project.protected))
    whole = Tally(places, "seconds")
    found = Samples(way.name, Tally(places, "seconds"))
    spent, runs = 0.0, 0
    while spent <= MOST_SECONDS and not found.enough:
        if runs == most or (runs >= SOME_RUNS and found.count * most < ENOUGH_SAMPLES * runs):
            break
        turn = f", run {runs + 1}" if runs else ""

        def watch(seconds: float, sizes: Mapping[str, int], turn: str = turn) -> None:
            new = sizes.get("mpco_samples", 0) * SAMPLES_A_BYTE if way.counts_live else round(RATE * seconds)
            about = "" if way.counts_live else "up to "
            on_progress(f"{way.doing}{turn}: {about}{found.count + new:,} samples, {seconds:.0f} s")

        on_progress(f"{way.doing}{turn}")
        outcome = await execute(
            way.script,
            timeout=config.profile.timeout,
            env=way.env,
            inputs=way.inputs,
            collect=way.outputs,
            watch=watch,
        )
        if problem := way.problem(outcome):
            found.problem = problem
            break
        samples, unseen = await asyncio.to_thread(way.add, outcome.files, whole)
        found.count, found.unseen = found.count + samples, found.unseen + unseen
        spent, runs = spent + outcome.seconds, runs + 1
        if not found.count:
            break
    found.tally.add(whole, 1 / max(1, runs))
    return found


def _spy_problem(config: Config, command: str, outcome: Outcome) -> str:
    if outcome.exit_code == MISSING and _SPY_LOG not in outcome.files:
        return "py-spy is not installed: install py-spy (pip install py-spy) or name another [profile] profiler"
    if problem := failure(config, command, outcome, "py-spy"):
        return problem
    if any(file in outcome.files for file in _SPIED):
        return ""
    log = outcome.files.get(_SPY_LOG, b"").decode(errors="replace")
    if is_denied(log):
        return f"py-spy is not permitted here: {_DENIED}{said(log)}"
    return f"py-spy recorded nothing of `{command}`{said(log)}" if log else ""


def _add_spied(files: Mapping[str, bytes], tally: Tally) -> tuple[int, float]:
    before = tally.whole
    with tempfile.TemporaryDirectory(prefix="mpco-profile-") as folder:
        for name in _SPIED:
            if data := files.get(name):
                path = Path(folder, name)
                path.write_bytes(data)
                speedscope.read(Source(path), tally)
    seen = tally.whole - before
    unseen = _unseen(files.get(_UNSEEN, b""))
    if unseen:
        stacks = Stacks(tally)
        stacks.add([stacks.number(Frame("processes that py-spy did not sample"))], unseen)
        stacks.flush()
    return round(seen * RATE), unseen


def _unseen(told: bytes) -> float:
    try:
        found = [float(line) for line in told.splitlines()]
    except ValueError:
        return 0.0  # it comes from the program under study
    return math.fsum(item for item in found if 0 <= item < 1e9)


def _carried_along() -> dict[str, bytes]:
    """py-spy as it was installed with MPCO, for projects that have none: the sandbox hides where it lies."""
    try:
        found = [file.locate() for file in files("py-spy") or () if file.name == "py-spy"]
        return {"py-spy": Path(str(found[0])).read_bytes()} if found else {}
    except (PackageNotFoundError, OSError):
        return {}
