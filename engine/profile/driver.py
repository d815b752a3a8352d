"""Profiles a Python process of the project, from inside of it.

This file is data to MPCO: it is sent along with the profile command, into the folder $MPCO_IO, as mpco_driver.py, and
runs in the project's own interpreter (Python 3.8 or later, standard library only). It is reached in two ways:

    python $MPCO_IO/mpco_driver.py [-m module | -c code | script] arguments...
    sitecustomize.py calls start(), which takes in every Python process that the command starts

$MPCO_PROFILE says what is recorded: `calls` (cProfile), `lines` (a sample of the stack for each millisecond of CPU
time), or `spied`, where each process has a py-spy look at it. At its end each process appends one line of JSON to
$MPCO_IO/mpco_calls.jsonl or mpco_lines.jsonl: text, since a pickle or a marshal that untrusted code can write to must
never be loaded.
"""

from __future__ import annotations

import atexit
import json
import os
import sys

TYPE_CHECKING = False  # Type checkers take it for true; importing typing would be seen in the profile.
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    Place = Callable[[str], str]  # The absolute path of a code object's file.

INTERVAL = 0.001
TELL_EVERY = 25
"""Samples for which $MPCO_IO/mpco_samples grows by a byte, so that they can be counted live."""
MOST_SPIED = 32
"""Processes with a py-spy; a program that starts hundreds must not become slow."""
SPY_SECONDS = 5.0
"""Until a py-spy that does not begin is given up; it needs about 0.1."""
PR_SET_PTRACER, PR_SET_PTRACER_ANY = 0x59616D61, 2**64 - 1
DEEPEST = 200
MOST_STACKS = 50_000
HERE = os.path.dirname(os.path.abspath(__file__))

_recording: Calls | Lines | None = None
_started = False


class Calls:
    """cProfile's raw entries."""

    name = "calls"

    def __init__(self) -> None:
        import cProfile

        self._profile = cProfile.Profile()

    def start(self) -> None:
        self._profile.enable()

    def stop(self) -> None:
        self._profile.disable()

    def result(self, place: Place) -> dict[str, Any]:
        numbers: dict[Any, int] = {}
        functions: list[Any] = []
        calls: list[Any] = []

        def number(code: Any) -> int:
            builtin = isinstance(code, str)
            # Code objects of different files can be equal, so they are told apart by their ids.
            key = code if builtin else id(code)
            if key not in numbers:
                numbers[key] = len(functions)
                name = _text(code if builtin else code.co_name)
                functions.append(["", 0, name] if builtin else [place(code.co_filename), code.co_firstlineno, name])
                functions[-1] += [0, 0.0, 0.0]
            return numbers[key]

        entries: list[Any] = self._profile.getstats()
        for entry in entries:
            caller = number(entry.code)
            row = functions[caller]
            row[3:] = row[3] + entry.callcount, row[4] + entry.totaltime, row[5] + entry.inlinetime
            calls += [[caller, number(call.code), call.callcount, call.totaltime] for call in entry.calls or ()]
        return {"functions": functions, "calls": calls}


class Lines:
    """Stacks of the main thread with their nanoseconds of CPU time, innermost frame first, recursions once."""

    name = "lines"

    def __init__(self) -> None:
        import signal
        import time

        self._signal, self._clock = signal, time.process_time_ns
        self._numbers: dict[tuple[int, int], int] = {}
        self._frames: list[tuple[CodeType, int]] = []
        self._stacks: dict[tuple[int, ...], int] = {}
        self._seen = self._until = 0
        self._tally = os.open(os.path.join(HERE, "mpco_samples"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def start(self) -> None:
        self._until = self._clock()
        self._signal.signal(self._signal.SIGPROF, self._sample)
        self._signal.setitimer(self._signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def stop(self) -> None:
        self._signal.setitimer(self._signal.ITIMER_PROF, 0)
        self._signal.signal(self._signal.SIGPROF, self._signal.SIG_IGN)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        # A signal waits for the end of a call into C: the sample stands for all of the time since the one before.
        now = self._clock()
        taken, self._until = now - self._until, now
        found: list[int] = []
        seen = set()
        while frame is not None and len(found) < DEEPEST:
            code = frame.f_code
            if id(code) not in seen:
                seen.add(id(code))
                found.append(self._number(code, frame.f_lineno or -frame.f_lasti))
            frame = frame.f_back
        stack = tuple(found)
        if stack in self._stacks or len(self._stacks) < MOST_STACKS:
            self._stacks[stack] = self._stacks.get(stack, 0) + taken
        self._seen += 1
        if self._seen % TELL_EVERY == 0:
            os.write(self._tally, b".")

    def _number(self, code: CodeType, line: int) -> int:
        key = id(code), line
        if key not in self._numbers:
            self._numbers[key] = len(self._frames)
            # Holding the code object keeps its id from being given to another one.
            self._frames.append((code, line))
        return self._numbers[key]

    def result(self, place: Place) -> dict[str, Any]:
        frames = [
            [place(code.co_filename), line if line > 0 else line_leading_to(code, -line), _text(code.co_name)]
            for code, line in self._frames
        ]
        stacks = [[taken, list(stack)] for stack, taken in self._stacks.items()]
        return {"frames": frames, "stacks": stacks, "samples": self._seen}


def line_leading_to(code: CodeType, offset: int) -> int:
    """The line to blame for an instruction without one, as the jump back of a loop is, where many samples fall.

    Time of a call is sampled at the call; what is sampled at such a jump came there by another jump, as from a test
    at the loop's end, or ran into it from the line before.
    """
    import dis

    line = blamed = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = instruction.starts_line or line
        jumps = instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs
        if jumps and instruction.argval == offset and instruction.offset < offset:
            return line
        if instruction.offset < offset:
            blamed = line
    return blamed


def start() -> None:
    """Record this process until its end; a second call does nothing."""
    global _started
    if _started:
        return
    _started = True
    if os.environ.get("MPCO_PROFILE") == "spied":
        os.register_at_fork(after_in_child=_be_spied)
        _be_spied()
    else:
        os.register_at_fork(after_in_child=_begin_anew)
        _begin()


def _be_spied() -> None:
    """Have a py-spy of its own look at this process, and go on once it does: none is met too early, or never."""
    number = _first_free()
    if number < 0 or not _spy_began(os.path.join(HERE, f"mpco_spy.{number}")):
        atexit.register(_tell_unseen, os.getpid())


def _first_free() -> int:
    for number in range(MOST_SPIED):
        if os.path.exists(os.path.join(HERE, "mpco_spy.off")):
            break
        try:
            os.close(os.open(os.path.join(HERE, f"mpco_spy.{number}.on"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        return number
    return -1


def _spy_began(path: str) -> bool:
    import time

    _permit_reading()
    # The script leaves py-spy behind in the background, where a program that waits for its children never meets it.
    # This is no fork, so that hooks for forks, ours among them, do not run.
    script = ["sh", os.path.join(HERE, "mpco_spy.sh"), str(os.getpid()), path]
    os.waitpid(os.posix_spawn("/bin/sh", script, os.environ), 0)
    until = time.monotonic() + SPY_SECONDS
    while time.monotonic() < until and not os.path.exists(path + ".end"):
        time.sleep(0.01)
        with open(path + ".log", "rb") as log:
            if b"Sampling process" in log.read():
                return True
    open(os.path.join(HERE, "mpco_spy.off"), "wb").close()
    return False


def _permit_reading() -> None:
    """Where only ancestors may read a process's memory unless it says otherwise, say so."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope") as scope:
            asks = scope.read().strip() == "1"
        if asks:
            import ctypes

            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(PR_SET_PTRACER_ANY), 0, 0, 0)
    except (OSError, ImportError, AttributeError):
        pass


def _tell_unseen(pid: int) -> None:
    import time

    if pid == os.getpid():
        _append("mpco_unseen", b"%.6f\n" % time.process_time())


def _begin() -> None:
    global _recording
    _recording = Calls() if os.environ.get("MPCO_PROFILE") == Calls.name else Lines()
    atexit.register(_finish, os.getpid(), os.getcwd())
    _recording.start()


def _begin_anew() -> None:
    """In the child of a fork; workers of multiprocessing end without atexit, but with exit functions of their own."""
    global _recording
    if _recording is None:
        return
    _recording.stop()
    _begin()
    workers = sys.modules.get("multiprocessing.util")
    if workers is not None:
        ended = (os.getpid(), os.getcwd())
        workers.register_after_fork(
            _recording, lambda _: workers.Finalize(None, _finish, args=ended, exitpriority=-100)
        )


def _finish(pid: int, folder: str) -> None:
    global _recording
    if pid != os.getpid() or _recording is None:
        return
    ended, _recording = _recording, None
    ended.stop()
    mine = os.path.join(HERE, "mpco_driver.py")
    places: dict[str, str] = {}

    def place(file: str) -> str:
        if file not in places:
            path = file if file.startswith("<") else os.path.normpath(os.path.join(folder, file))
            places[file] = "<profiler>" if path == mine else _text(path)
        return places[file]

    result = ended.result(place)
    result["root"] = _text(os.environ.get("MPCO_PROFILE_ROOT", folder))
    _append(f"mpco_{ended.name}.jsonl", json.dumps(result, separators=(",", ":")).encode() + b"\n")


def _text(name: str) -> str:
    """JSON has no place for the undecodable bytes that a name may hold."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _append(name: str, line: bytes) -> None:
    """Two processes that end at once must not write into each other's line."""
    import fcntl

    with open(os.path.join(HERE, name), "ab") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        out.write(line)
        out.flush()


def main(arguments: list[str]) -> None:
    """Run the target as `python arguments...` would, recorded."""
    import runpy

    kind = arguments[0]
    sys.argv = arguments[1:] if kind in ("-m", "-c") else arguments
    target = sys.argv[0]
    sys.path[:] = [entry for entry in sys.path if entry != HERE]
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path.insert(0, _first_of_path(kind, target))
    if kind == "-m":
        start()
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv[0] = "-c"
        _execute(target, "<string>")
    elif os.path.isfile(target) and target.endswith((".py", ".pyw")):
        with open(target, "rb") as file:
            _execute(file.read(), target)
    else:
        start()
        runpy.run_path(target, run_name="__main__")


def _first_of_path(kind: str, target: str) -> str:
    """What Python puts first into sys.path."""
    if kind in ("-m", "-c"):
        return os.getcwd() if kind == "-m" else ""
    return target if os.path.isdir(target) else os.path.dirname(os.path.realpath(target))


def _execute(source: str | bytes, file: str) -> None:
    """Run source as the module __main__, which stays in place for pickles and for functions that run at exit."""
    import types

    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__
    if file != "<string>":
        module.__dict__["__file__"] = os.path.abspath(file)
    sys.modules["__main__"] = module
    code = compile(source, file, "exec", dont_inherit=True)
    start()
    exec(code, module.__dict__)


if __name__ == "__main__":
    if HERE not in sys.path:
        sys.path.insert(0, HERE)
    import mpco_driver  # type: ignore[import-not-found]

    mpco_driver.main(sys.argv[1:])
