"""Profilers for programs in any language, run around the project's command in its sandbox: perf, callgrind."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from engine.config import Config
from engine.errors import ProfileError
from engine.execute import IO_VARIABLE, Execute, Outcome
from engine.model import Profile
from engine.profile.command import names_python
from engine.profile.counters import COUNTING, FILE, read_counters
from engine.profile.failures import failure, is_denied, said
from engine.profile.formats import read
from engine.profile.formats.source import Source
from engine.profile.places import Places
from engine.profile.project_files import COMPILED, languages
from engine.profile.ranking import profile_of
from engine.profile.tally import Tally

Native = Literal["perf", "callgrind"]
MISSING = 125
"""The exit code that says that there is no such profiler."""
PERF_SAMPLE = {"dwarf,8192": 8500, "fp": 200}
"""Bytes that perf writes for a sample, by how it finds the callers."""
MOST_FILES = 8
"""Processes of which callgrind's results are read."""


class Recorder(NamedTuple):
    """How one profiler is run around the command in $MPCO_COMMAND."""

    program: str
    script: str
    outputs: tuple[str, ...]
    fix: str
    """What to do when it is missing."""


RECORDERS: dict[str, Recorder] = {
    "perf": Recorder(
        "perf",
        f"{COUNTING}\n"
        'eval perf record -q -e cpu-clock:u -F 299 --call-graph $MPCO_STACKS -o \'"$IO"/perf.data\' -- "$MPCO_STAT" '
        "'sh -c \"$MPCO_COMMAND\"'; status=$?\n"
        '[ -s "$IO"/perf.data ] && perf script -i "$IO"/perf.data --full-source-path '
        '-F comm,pid,time,period,event,ip,sym,dso,srcline > "$IO"/mpco_perf.txt 2>/dev/null',
        ("mpco_perf.txt",),
        "install perf (Debian: linux-perf; Fedora: perf; Ubuntu: linux-tools-generic)",
    ),
    "callgrind": Recorder(
        "valgrind",
        "valgrind -q --tool=callgrind --trace-children=yes "
        '--trace-children-skip="*/sh,*/bash,*/dash,*/env,*/make,*/python*" '
        '--callgrind-out-file="$IO"/callgrind.%p.out sh -c "$MPCO_COMMAND"; status=$?\n'
        'n=0; for file in $(ls -S "$IO"/callgrind.*.out); do mv "$file" "$IO"/mpco_callgrind.$n; n=$((n+1)); done',
        tuple(f"mpco_callgrind.{number}" for number in range(MOST_FILES)),
        "install valgrind",
    ),
}


async def record(
    config: Config, execute: Execute, command: str, name: Native, on_progress: Callable[[str], None] = lambda _: None
) -> Profile:
    """Run `command` under the profiler of that name.

    Raises:
        ProfileError: when the profiler is missing or not permitted, or the command fails.
        SandboxError: when no sandbox can be set up.
    """
    recorder = RECORDERS[name]
    stacks = _stacks(config.root_path)
    on_progress(f"running under {name}")
    script = (
        f'IO="${IO_VARIABLE}"; command -v {recorder.program} > /dev/null || exit {MISSING}\n'
        f'export TMPDIR="$IO"\n{recorder.script}\nexit $status'
    )

    def watch(seconds: float, sizes: Mapping[str, int]) -> None:
        samples = sizes.get("perf.data", 0) // PERF_SAMPLE[stacks]
        about = f"about {samples:,} samples, " if samples else ""
        on_progress(f"running under {name}: {about}{seconds:.0f} s")

    outcome = await execute(
        script,
        timeout=config.profile.timeout,
        env={"MPCO_COMMAND": command, "MPCO_STACKS": stacks},
        collect=(*recorder.outputs, FILE),
        watch=watch,
    )
    found = [(file, data) for file in recorder.outputs if (data := outcome.files.get(file))]
    if problem := _problem(config, command, name, outcome, bool(found)):
        raise ProfileError(problem)
    on_progress("mapping to functions")
    profile = await asyncio.to_thread(_profile, config, command, name, found)
    if not profile.bottlenecks and names_python(command, config.root):
        raise ProfileError(
            f"{name} sees Python's interpreter, not the functions that it runs, and no compiled code of this project: "
            'set [profile] profiler to "auto", "py-spy" or "cprofile".'
        )
    return msgspec.structs.replace(profile, counters=read_counters(outcome.files.get(FILE, b"")))


def _stacks(root: Path) -> str:
    """How perf finds the callers.

    By DWARF, which costs 8 KB a sample or 2.4 MB a second: compilers leave out the frame pointers of leaf functions,
    and perf would lose their callers. Go's keeps them all, and perf does not read its DWARF.
    """
    return "fp" if languages(root) & COMPILED == {"Go"} else "dwarf,8192"


def _profile(config: Config, command: str, name: str, found: list[tuple[str, bytes]]) -> Profile:
    places = Places(config.root_path, config.project.include, (*config.project.exclude, *config.project.protected))
    whole = Tally(places)
    with tempfile.TemporaryDirectory(prefix="mpco-profile-") as folder:
        for file, data in found:
            path = Path(folder, file)
            path.write_bytes(data)
            tally = Tally(places)
            read(Source(path), tally)
            whole.unit = tally.unit
            whole.add(tally)
    return profile_of(whole, command, name)


def _problem(config: Config, command: str, name: str, outcome: Outcome, recorded: bool) -> str:
    """Why the run is no good, in one sentence with what to do; empty when it is."""
    if outcome.exit_code == MISSING and not recorded:
        return f"{name} is not installed: {RECORDERS[name].fix}, or name another one in [profile] profiler."
    if not recorded and is_denied(outcome.output):
        advice = "`sysctl kernel.perf_event_paranoid=2` permits it, and callgrind needs no permission"
        return f"{name} is not permitted here: {advice}{said(outcome.output)}"
    ended = failure(config, command, outcome, name)
    return ended or (
        "" if recorded else f"{name} recorded nothing of `{command}`; profile a longer run{said(outcome.output)}"
    )
