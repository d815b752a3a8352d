"""The runner: a small process that runs commands, one after the other, and says what each of them took.

It reads JSON requests, one a line, on standard input and answers each with one JSON line. In a sandbox it is the
first process of its namespaces: whatever a command leaves behind becomes its child and is ended and counted before
the answer goes out, and when it ends, for whatever reason, the kernel ends everything else in there.

Commands are not run from the engine itself for three measured reasons: a child inherits the peak memory of the
process that spawns it, a busy Python thread adds 5 ms to every spawn, and CPU time of orphans is only seen by the
process that reaps them. Only the standard library is imported, for the same reasons.
"""

import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any, NoReturn

from engine.evaluate import kernel, landlock, namespaces, seccomp
from engine.evaluate.usage import Disk, Processes

CHECK_SECONDS = 0.05
"""How often memory, processes and disk are looked at while a command runs."""
HEAD_BYTES, TAIL_BYTES = 16 * 1024, 48 * 1024
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Control:
    """The engine's end of standard input, read without ever blocking a command's own clock."""

    def __init__(self) -> None:
        self._buffer = b""

    def next(self) -> dict[str, Any] | None:
        """The next request; None when the engine has gone."""
        while b"\n" not in self._buffer:
            if not self.fill():
                return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        request: dict[str, Any] = json.loads(line)
        return request

    def fill(self) -> bool:
        """Take what has come; False when the engine has gone."""
        data = os.read(0, 65536)
        self._buffer += data
        return bool(data)

    @property
    def waiting(self) -> bool:
        """Whether a whole request is there."""
        return b"\n" in self._buffer


class Output:
    """The beginning and the end of what a command writes; the middle is counted and dropped."""

    def __init__(self) -> None:
        self.total = 0
        self._head = b""
        self._tail = b""

    def add(self, data: bytes) -> None:
        """Keep what still belongs to the head, or may belong to the tail."""
        self.total += len(data)
        room = HEAD_BYTES - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-TAIL_BYTES:]

    def text(self) -> str:
        """Head and tail, with the number of bytes left out between them."""
        left_out = self.total - len(self._head) - len(self._tail)
        gap = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (self._head + gap + self._tail).decode("utf-8", "replace")


class Run:
    """One command from its start to the end of everything it started."""

    def __init__(self, request: dict[str, Any], processes: Processes, disk: Disk, rules: int | None) -> None:
        self._request = request
        self._processes = processes
        self._disk = disk
        self._rules = rules
        self._output = Output()
        self._limit = ""
        self._cpu = 0.0
        self._rss = self._together = 0
        self._status: int | None = None
        self._begun = self._ended = 0.0
        self._pid = 0

    def measure(self, control: Control, wake: int) -> dict[str, Any]:
        """Run the command; the answer to its request."""
        argv, env = self._request["argv"], self._request["env"]
        program = _find(argv[0], env.get("PATH", os.defpath))
        if not program:
            return self._answer(127, f"{argv[0]}: not found")
        reader, writer = os.pipe2(os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
        os.set_blocking(reader, False)
        try:
            self._spawn(program, argv, env, writer)
        except OSError as error:
            os.close(reader)
            return self._answer(126, f"{argv[0]}: {error.strerror}")
        finally:
            os.close(writer)
        self._watch(control, wake, reader)
        self._clear()
        self._drain(reader)
        os.close(reader)
        code = None if self._limit else os.waitstatus_to_exitcode(self._status or 0)
        return self._answer(code, self._output.text())

    def _answer(self, code: int | None, output: str) -> dict[str, Any]:
        return {
            "exit_code": code,
            "limit": self._limit,
            "wall": self._ended - self._begun,
            "cpu": self._cpu,
            "max_rss": max(self._rss * RSS_UNIT, self._together),
            "output": output,
        }

    def _spawn(self, program: str, argv: list[str], env: dict[str, str], writer: int) -> None:
        # Python ignores these two; a command must find them as the system has them.
        usual = [signal.SIGPIPE, signal.SIGXFSZ]
        self._begun = self._ended = time.monotonic()
        if self._rules is not None:
            self._pid = os.fork() or _become(program, argv, env, writer, usual, self._rules, self._request["network"])
            return
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_DUP2, writer, 2),
        ]
        self._pid = os.posix_spawn(
            program, argv, env, file_actions=actions, setsid=True, setsigmask=[], setsigdef=usual
        )

    def _watch(self, control: Control, wake: int, reader: int) -> None:
        poller = select.poll()
        for descriptor in (0, wake, reader):
            poller.register(descriptor, select.POLLIN)
        deadline = self._begun + self._request["timeout"]
        check = self._begun + CHECK_SECONDS
        while self._status is None and not self._limit:
            now = time.monotonic()
            for descriptor, _ in poller.poll(max(0.0, min(deadline, check) - now) * 1000 + 1):
                if descriptor == wake:
                    os.read(wake, 4096)
                    self._reap(os.WNOHANG)
                elif descriptor == reader:
                    if not self._drain(reader):
                        poller.unregister(reader)
                elif not control.fill():
                    self._leave()
                elif control.waiting:
                    control.next()
                    self._limit = "cancelled"
            now = time.monotonic()
            if self._status is None and not self._limit and now >= min(deadline, check):
                self._limit = "time" if now >= deadline else self._exceeded()
                check = now + CHECK_SECONDS
        self._ended = self._ended if self._status is not None else time.monotonic()

    def _exceeded(self) -> str:
        if self._output.total > self._request["output_limit"]:
            return "output"
        pids = self._processes.ids()
        if len(pids) > self._request["process_limit"]:
            return "processes"
        limit = self._request["memory_limit"]
        if len(pids) > 1:  # the system itself only accounts for the peak of each
            self._together = max(self._together, self._processes.together(pids))
        if self._processes.memory(limit) > limit:
            return "memory"
        return "disk" if self._disk.is_over(pids) else ""

    def _drain(self, reader: int) -> bool:
        """Take what has been written, but not for ever; False at its end."""
        for _ in range(64):
            try:
                data = os.read(reader, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._output.add(data)
        return True

    def _reap(self, options: int) -> bool:
        """Account for every process that has ended; False when there are no children at all."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, options)
            except ChildProcessError:
                return False
            if not pid:
                return True
            self._cpu += usage.ru_utime + usage.ru_stime
            self._rss = max(self._rss, usage.ru_maxrss)
            if pid == self._pid:
                self._status = status
                self._ended = time.monotonic()

    def _clear(self) -> None:
        """End and account for whatever is left, however fast it multiplies."""
        while True:
            self._processes.end(self._pid)
            if not self._reap(0) and not self._processes.ids():
                return

    def _leave(self) -> NoReturn:
        """The engine has gone: nothing of the command may stay."""
        self._clear()
        os._exit(0)


def _find(name: str, path: str) -> str:
    if "/" in name:
        return name if os.path.exists(name) else ""
    places = (os.path.join(folder, name) for folder in path.split(":") if folder)
    return next((place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)), "")


def _become(
    program: str, argv: list[str], env: dict[str, str], writer: int, usual: list[signal.Signals], rules: int, net: bool
) -> NoReturn:
    """Be the command, in a process of its own, inside walls that cannot be put up from outside of it."""
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        for number in (*usual, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        landlock.take_on(rules)
        seccomp.stand_alone(net)
        os.execve(program, argv, env)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    os._exit(126)


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _say(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(1, data) :]


def _enter(layout: dict[str, Any]) -> None:
    """Become the first process of new namespaces; the process that was started only waits for it."""
    namespaces.leave_host(layout["network"])
    if child := os.fork():
        # Only the inner one may hold the pipes: their ends then tell the engine, and it, of each other's death.
        os.close(0)
        os.close(1)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    namespaces.build(layout)
    if not layout["network"]:
        namespaces.raise_loopback()
    os.chdir(layout["root"])
    for path in layout.get("gone", ()):
        if os.path.lexists(path):  # a file that git ignores is in no copy
            os.unlink(path)
    kernel.drop_privileges()
    kernel.end_with_parent()
    seccomp.hide_keyrings()


def _stay(layout: dict[str, Any]) -> int | None:
    """Without namespaces: be the one that orphans come back to, and make the rules that commands are to keep."""
    rules = landlock.ruleset(layout) if layout["level"] == "landlock" else None
    if rules is not None:
        kernel.drop_privileges()
    if sys.platform == "linux":
        kernel.adopt_orphans()
    os.chdir(layout["tree"])
    return rules


def main() -> None:
    """Read the layout, build the sandbox, then serve until the engine goes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    control = Control()
    layout = control.next()
    if layout is None:
        return
    alone = layout["level"] == "namespaces"
    try:
        rules = None
        if alone:
            _enter(layout)
        else:
            rules = _stay(layout)
        _limit(layout["limits"])
    except OSError as error:
        _say({"error": f"{error.filename or 'set-up'}: {error.strerror}"})
        os._exit(1)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    processes = Processes(alone)
    disk = Disk(layout["watched"], layout["disk"])
    _say({"ready": True})
    while request := control.next():
        if "argv" in request:  # else it cancels a command that ended just before
            _say(Run(request, processes, disk, rules).measure(control, reader))


if __name__ == "__main__":
    main()
