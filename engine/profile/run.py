"""Stage 1: run the project's profile command and say which functions of the project take the time."""

import asyncio

import msgspec

from engine.config import Config
from engine.errors import ProfileError
from engine.execute import Execute
from engine.model import Counter, Profile
from engine.profile.command import driver_files, names_machine_code, names_python, recorded
from engine.profile.counters import count
from engine.profile.failures import failure
from engine.profile.native import record
from engine.profile.project_files import has_compiled_code, languages
from engine.profile.ranking import profile_of
from engine.profile.records import CallRecord, read_calls
from engine.profile.sampling import MOST_SECONDS, SHORT_SECONDS, Progress, Samples, sample, spy
from engine.profile.tally import Tally

FORMAT = "cprofile"
_CALLS = "mpco_calls.jsonl"


class NoPythonError(ProfileError):
    """The command ended well, but nothing of it ran in Python."""


async def run(config: Config, execute: Execute, on_progress: Progress = lambda _: None) -> Profile:
    """Profile the project's command and rank its functions.

    Which profiler runs is the choice of [profile] profiler. By default a command that runs Python runs once under
    cProfile, for exact calls, and then again under a sampler, for the times: cProfile makes functions that call much
    look two to three times as slow as they are, and knows no lines. Both run in the project's own interpreter.

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
        return await _run_python(config, execute, command, on_progress, sampled_times=False)
    if wanted == "py-spy":
        return await _run_spy(config, execute, command, on_progress)
    if wanted != "auto":
        return await record(config, execute, command, wanted, on_progress)
    if _runs_machine_code(config, command):
        return await _run_native(config, execute, command, on_progress, "")
    try:
        found = await _run_python(config, execute, command, on_progress, sampled_times=True)
    except NoPythonError as error:
        no_python = "" if has_compiled_code(config.root_path) else str(error)
        return await _run_native(config, execute, command, on_progress, no_python)
    if found.bottlenecks or not has_compiled_code(config.root_path):
        return found
    return await _run_native(config, execute, command, on_progress, "")


def _runs_machine_code(config: Config, command: str) -> bool:
    """Whether there is no Python to be met, so that a run under cProfile would be spent for nothing."""
    if names_python(command, config.root):
        return False
    root = config.root_path
    return names_machine_code(command, config.root) or (has_compiled_code(root) and "Python" not in languages(root))


async def _run_python(
    config: Config, execute: Execute, command: str, on_progress: Progress, *, sampled_times: bool
) -> Profile:
    on_progress("running under cProfile")
    calls, seconds = await _record_calls(config, execute, command, on_progress)
    samples = await sample(config, execute, command, seconds, on_progress, for_times=sampled_times)
    if samples.problem:
        on_progress(f"lines could not be sampled: {samples.problem}")
    counters: tuple[Counter, ...] = ()
    if SHORT_SECONDS <= seconds <= MOST_SECONDS:  # a short run's are those of Python's start
        on_progress("counting with perf stat")
        counters = await count(config, execute, command, seconds)
    on_progress("mapping to functions")
    found = await asyncio.to_thread(_profile, config, command, calls, samples, sampled_times)
    return msgspec.structs.replace(found, counters=counters)


async def _run_spy(config: Config, execute: Execute, command: str, on_progress: Progress) -> Profile:
    samples = await spy(config, execute, command, on_progress)
    if samples.problem:
        raise ProfileError(samples.problem)
    if not samples.count:
        raise ProfileError(f"py-spy saw no Python in `{command}`; profile a longer run, or name another profiler.")
    return await asyncio.to_thread(profile_of, samples.tally, command, samples.by)


async def _run_native(config: Config, execute: Execute, command: str, on_progress: Progress, no_python: str) -> Profile:
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


def _profile(
    config: Config, command: str, calls: tuple[CallRecord, ...], samples: Samples, sampled_times: bool
) -> Profile:
    exact = Tally(samples.tally.places, "seconds")
    exact.add_graphs(*(record.graph(config.root) for record in calls))
    if exact.whole <= 0:
        raise ProfileError(f"`{command}` ended before any of its time could be recorded; profile a longer run.")
    if sampled_times and samples.enough:
        return profile_of(samples.tally, command, f"{FORMAT} + {samples.by}", calls=exact)
    return profile_of(exact, command, FORMAT, lines=samples.tally if samples.count else None)


async def _record_calls(
    config: Config, execute: Execute, command: str, on_progress: Progress
) -> tuple[tuple[CallRecord, ...], float]:
    outcome = await execute(
        recorded(command, config.root),
        timeout=config.profile.timeout,
        env={"MPCO_PROFILE": "calls"},
        inputs=driver_files(),
        collect=(_CALLS,),
        watch=lambda seconds, _: on_progress(f"running under cProfile: {seconds:.0f} s"),
    )
    if problem := failure(config, command, outcome):
        raise ProfileError(problem)
    found = read_calls(outcome.files.get(_CALLS, b""))
    if not found:
        raise NoPythonError(
            f"[profile] command must run Python; `{command}` ended well but started no Python that could be profiled. "
            "Give a command such as `python bench.py`, without -S or a PYTHONPATH of its own inside make or a script."
        )
    return found, outcome.seconds
