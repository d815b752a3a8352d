"""Stage 1: run the project's profile command and say which functions of the project take the time."""

import asyncio
from collections.abc import Callable

from engine.config import Config
from engine.errors import ProfileError
from engine.execute import Execute, Outcome
from engine.model import Profile
from engine.profile.command import Recorded, driver_files, recorded
from engine.profile.native import record
from engine.profile.places import Places
from engine.profile.project_files import files_of
from engine.profile.ranking import profile_of
from engine.profile.records import CallRecord, LineRecord, read_calls, read_lines
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally
from engine.source import language_of

FORMAT = "cprofile"


class NoPythonError(ProfileError):
    """The command ended well, but nothing of it ran in Python."""


ENOUGH_SAMPLES = 400
MOST_SAMPLING_RUNS = 4
MOST_SAMPLING_SECONDS = 20.0
"""The kernel's clock gives about 250 samples a second, so a short command is sampled more than once."""


async def run(config: Config, execute: Execute, on_progress: Callable[[str], None] = lambda _: None) -> Profile:
    """Profile the project's command and rank its functions.

    Which profiler runs is the choice of [profile] profiler. Under cProfile, the command runs once, for exact calls
    and times, and then again under a sampler, for the lines: cProfile knows none. Both run in the project's own
    interpreter.

    Bottlenecks are ranked by addressable share: own time plus that of code outside the project (built-ins, standard
    library, dependencies) which the function calls directly. Own time alone puts `re.match(PATTERN, line)` in a loop,
    `"".join`, `x in some_list` or `list.pop(0)` at the bottom, since cProfile books a C function's time to that
    function, though the calling line is what a person would change; total time alone puts `main` on top.

    Raises:
        ProfileError: when the command fails, ends at its time limit, or starts no Python.
        SandboxError: when no sandbox can be set up.
    """
    command = config.profile.command or config.benchmark.command
    if not command:
        raise ProfileError("There is nothing to profile: give [benchmark] command or [profile] command in mpco.toml.")
    wanted = config.profile.profiler
    if wanted == "cprofile":
        return await _run_python(config, execute, command, on_progress)
    if wanted != "auto":
        return await record(config, execute, command, wanted, on_progress)
    try:
        found = await _run_python(config, execute, command, on_progress)
    except NoPythonError as error:
        return await _run_native(config, execute, command, on_progress, str(error))
    if found.bottlenecks or not _has_compiled_code(config):
        return found
    return await _run_native(config, execute, command, on_progress, "")


async def _run_python(config: Config, execute: Execute, command: str, on_progress: Callable[[str], None]) -> Profile:
    on_progress("running under cProfile")
    calls = await _record_calls(config, execute, command)
    lines = await _record_lines(config, execute, command, on_progress)
    on_progress("mapping to functions")
    return await asyncio.to_thread(_profile, config, command, calls, lines)


async def _run_native(
    config: Config, execute: Execute, command: str, on_progress: Callable[[str], None], no_python: str
) -> Profile:
    """perf, or callgrind where perf is missing or not permitted."""
    try:
        return await record(config, execute, command, "perf", on_progress)
    except ProfileError as first:
        if "is not installed" not in str(first) and "is not permitted" not in str(first):
            raise ProfileError(f"{no_python} {first}".strip()) from first
        try:
            return await record(config, execute, command, "callgrind", on_progress)
        except ProfileError as second:
            raise ProfileError(f"{no_python} {first} {second}".strip()) from second


def _has_compiled_code(config: Config) -> bool:
    languages = {language_of(name) for name in files_of(config.root_path)}
    return bool(languages & {"C", "C++", "Rust", "Go", "CUDA", "Fortran", "Zig"})


def _profile(config: Config, command: str, calls: tuple[CallRecord, ...], lines: tuple[LineRecord, ...]) -> Profile:
    places = Places(config.root_path, config.project.include, (*config.project.exclude, *config.project.protected))
    tally, heat = Tally(places, "seconds"), Tally(places)
    tally.add_graphs(*(record.graph(config.root) for record in calls))
    stacks = Stacks(heat)
    for sampled in lines:
        sampled.add_to(stacks, config.root)
    stacks.flush()
    if tally.whole <= 0:
        raise ProfileError(f"`{command}` ended before any of its time could be recorded; profile a longer run.")
    return profile_of(tally, command, FORMAT, heat if heat.whole else None)


async def _record_calls(config: Config, execute: Execute, command: str) -> tuple[CallRecord, ...]:
    outcome = await _execute(config, execute, command, "calls")
    if problem := _problem(config, command, outcome):
        raise ProfileError(problem)
    found = read_calls(outcome.files.get(_output("calls"), b""))
    if not found:
        raise NoPythonError(
            f"[profile] command must run Python; `{command}` ended well but started no Python that could be profiled. "
            "Give a command such as `python bench.py`, without -S or a PYTHONPATH of its own inside make or a script."
        )
    return found


async def _record_lines(
    config: Config, execute: Execute, command: str, on_progress: Callable[[str], None]
) -> tuple[LineRecord, ...]:
    """Stacks enough for a heat of single lines; none when the command cannot bear to be sampled."""
    found: tuple[LineRecord, ...] = ()
    seconds = 0.0
    for attempt in range(MOST_SAMPLING_RUNS):
        on_progress("sampling lines" + (f", run {attempt + 1}" if attempt else ""))
        outcome = await _execute(config, execute, command, "lines")
        if problem := _problem(config, command, outcome):
            on_progress(f"lines could not be sampled: {problem}")
            break
        found += read_lines(outcome.files.get(_output("lines"), b""))
        seconds += outcome.seconds
        samples = sum(count for record in found for count, _ in record.stacks)
        if samples >= ENOUGH_SAMPLES or seconds > MOST_SAMPLING_SECONDS:
            break
    return found


async def _execute(config: Config, execute: Execute, command: str, what: Recorded) -> Outcome:
    return await execute(
        recorded(command, config.root),
        timeout=config.profile.timeout,
        env={"MPCO_PROFILE": what},
        inputs=driver_files(),
        collect=(_output(what),),
    )


def _output(what: Recorded) -> str:
    return f"mpco_{what}.jsonl"


def _problem(config: Config, command: str, outcome: Outcome) -> str:
    """Why the run is no good, in one sentence with the last line of its output; empty when it is."""
    lines = outcome.output.strip().splitlines()
    said = f": {lines[-1].strip()}" if lines else ", without a word"
    if outcome.timed_out:
        return (
            f"`{command}` did not end within {config.profile.timeout:g} s under the profiler; raise [profile] timeout "
            f"or profile less{said}"
        )
    if outcome.exit_code is None:
        return f"`{command}` was ended by a limit of the sandbox{said}"
    if outcome.exit_code == 127:
        return f"`{command}` was not found{said}"
    if outcome.exit_code:
        return f"`{command}` failed with exit code {outcome.exit_code} under the profiler{said}"
    return ""
