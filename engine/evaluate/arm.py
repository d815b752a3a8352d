"""One arm of a comparison: a private copy of the project, its sandbox and the runner inside.

All arms of one base see the same paths, the same environment and the same limits; they differ in the changed files
only. What a command writes stays in its arm and is gone with it.
"""

import asyncio
import itertools
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

import engine
from engine.config import SandboxSection
from engine.errors import SandboxError
from engine.evaluate import layouts, surroundings
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, Level
from engine.evaluate.workspace import Base, remove, to_its_end
from engine.model import Reading

OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes a command may write to its standard output and error before it is ended."""
COLLECT_LIMIT = 256 * 1024 * 1024
ANSWER_LIMIT = 4 * 1024 * 1024
CANCEL_SECONDS = 1.0

_numbers = itertools.count(1)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What the runner tells of one command."""

    exit_code: int | None
    """None when it was ended by a limit; negative for a signal."""
    limit: str
    """Which: time, memory, processes, output, disk; empty for none."""
    wall: float
    cpu: float
    max_rss: int
    output: str
    readings: tuple[Reading, ...] = ()
    """What the benchmark itself reported, where that is asked for."""


class _Answer(msgspec.Struct, frozen=True):
    ready: bool = False
    error: str = ""


class Arm:
    """A workspace with its runner; `open_arm` makes one."""

    def __init__(
        self,
        folder: Path,
        process: asyncio.subprocess.Process,
        env: Mapping[str, str],
        section: SandboxSection,
        io_seen: str,
    ) -> None:
        self._folder = folder
        self._process = process
        self._env = env
        self._io_seen = io_seen
        self._section = section

    @property
    def io(self) -> Path:
        """The folder for inputs and collected files, as it is seen from outside."""
        return self._folder / "io"

    @property
    def io_seen(self) -> str:
        """The same folder as commands see it."""
        return self._io_seen

    @property
    def alive(self) -> bool:
        """Whether it can run commands."""
        return self._process.returncode is None

    async def run(self, argv: Sequence[str], *, timeout: float, env: Mapping[str, str] = {}) -> Run:
        """Run one command to its end and the end of all it started; cancelling ends it at once.

        Raises:
            SandboxError: when the runner has died.
        """
        request = {
            "argv": list(argv),
            "env": {**self._env, **env},
            "timeout": timeout,
            "memory_limit": self._section.memory_mb * 1024 * 1024,
            "process_limit": self._section.processes,
            "network": self._section.network,
            "output_limit": OUTPUT_LIMIT,
        }
        self._send(request)
        try:
            line = await self._answer()
        except asyncio.CancelledError:
            await self._cancel()
            raise
        return msgspec.json.decode(line, type=Run)

    async def close(self) -> None:
        """End every process of the arm and give its disk space back."""
        await self._end()
        await asyncio.to_thread(remove, self._folder)

    async def started(self, layout: Mapping[str, Any]) -> None:
        """Have the runner build its sandbox.

        Raises:
            SandboxError: when the kernel refuses, with what it refused.
        """
        self._send(layout)
        answer = msgspec.json.decode(await self._answer(), type=_Answer)
        if not answer.ready:  # then it ends by itself
            await self._process.wait()
            raise SandboxError(f"The sandbox cannot be set up: {answer.error}.")

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(message) + b"\n")

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            await self._end()
            said = (self._folder / "runner.log").read_text(errors="replace").strip().rpartition("\n")[2]
            raise SandboxError(f"The sandbox's runner ended unexpectedly: {said or 'it said nothing'}.")
        return line

    async def _cancel(self) -> None:
        """Have the runner end its command, so that the arm stays fit for use; a deaf runner is ended itself."""
        self._send({"cancel": True})
        try:
            await asyncio.wait_for(self._answer(), CANCEL_SECONDS)
        except (TimeoutError, SandboxError, asyncio.CancelledError):
            await self._end()

    async def _end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def put(self, inputs: Mapping[str, bytes]) -> None:
        """Place files in the empty IO folder."""
        for entry in os.scandir(self.io):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        for name, data in inputs.items():
            (self.io / _plain(name)).write_bytes(data)

    def take(self, names: Sequence[str]) -> dict[str, bytes]:
        """The files of the IO folder that exist; a link laid by a command is not followed."""
        found: dict[str, bytes] = {}
        for name in names:
            try:
                file = os.open(self.io / _plain(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            with open(file, "rb") as stream:
                if stat.S_ISREG(os.fstat(file).st_mode):
                    found[name] = stream.read(COLLECT_LIMIT)
        return found


def _plain(name: str) -> str:
    if "/" in name or name in ("", ".", ".."):
        raise ValueError(f"{name!r} is not a plain file name")
    return name


async def open_arm(
    base: Base, changes: Mapping[str, bytes | None], work: Path, section: SandboxSection, *, level: Level = NAMESPACES
) -> Arm:
    """A fresh arm: the base with `changes`, in a sandbox of that level.

    Raises:
        SandboxError: when it cannot be set up.
    """
    folder = work / f"arm-{next(_numbers)}"
    for name in ("changes", "stage", "io", "home", "tmp"):
        (folder / name).mkdir(parents=True)
    try:
        if level != NAMESPACES:
            shown = (*base.survey.shared, ".git") if level == LANDLOCK else base.survey.shared
            await to_its_end(_copy, base, changes, folder / "tree", shown)
            made = layouts.landlock if level == LANDLOCK else layouts.unsandboxed
            return await _start(base, folder, section, made(base, folder, section), level)
        await to_its_end(_write, base, changes, folder / "changes")
        try:
            gone = [str(base.root / name) for name, data in changes.items() if data is None]
            layout = layouts.overlaid(base, folder, work, section) | {"gone": gone}
            return await _start(base, folder, section, layout, level)
        except SandboxError as error:
            if "overlay" not in str(error):
                raise
        await to_its_end(_copy, base, changes, folder / "tree", ())
        return await _start(base, folder, section, layouts.copied(base, folder, work, section), level)
    except BaseException:
        await asyncio.to_thread(remove, folder)
        raise


async def _start(base: Base, folder: Path, section: SandboxSection, layout: Mapping[str, Any], level: Level) -> Arm:
    """Start the runner with an environment as empty as possible: the sandbox can read it."""
    place = str(Path(engine.__file__).parents[1])
    code = f"import sys; sys.path.append({place!r}); from engine.evaluate.runner import main; main()"
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    log = os.open(folder / "runner.log", os.O_WRONLY | os.O_CREAT)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", code),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=kept,
            start_new_session=True,
            limit=ANSWER_LIMIT,
        )
    finally:
        os.close(log)
    mounted = level == NAMESPACES
    if mounted:
        env = surroundings.environment(base.root, str(surroundings.home()), "/tmp")
    else:
        env = surroundings.environment(folder / "tree", str(folder / "home"), str(folder / "tmp"))
        # Without mounts an installed original would win over the copy.
        env["PYTHONPATH"] = ":".join(filter(None, (str(folder / "tree"), env.get("PYTHONPATH"))))
    arm = Arm(folder, process, env, section, layouts.IO_INSIDE if mounted else str(folder / "io"))
    try:
        await arm.started(layout)
    except asyncio.CancelledError:
        process.kill()
        raise
    return arm


def _write(base: Base, changes: Mapping[str, bytes | None], target: Path) -> None:
    """Write the changed files with the mode they have in the base; those that go are not there afterwards."""
    for name, data in changes.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if data is None:
            continue
        path.write_bytes(data)
        original = next((layer / name for layer in base.layers if (layer / name).exists()), None)
        if original:
            path.chmod(stat.S_IMODE(original.stat().st_mode))


def _copy(base: Base, changes: Mapping[str, bytes | None], tree: Path, linked: Iterable[str]) -> None:
    """An ordinary copy of the base with `changes`, and links to what the user's tree has besides."""
    # CMake refuses to go on in a folder that was configured under another path.
    ignore = shutil.ignore_patterns("CMakeCache.txt")
    for layer in reversed(base.layers):
        shutil.copytree(layer, tree, symlinks=True, dirs_exist_ok=True, ignore=ignore)
    _write(base, changes, tree)
    for name in linked:
        if os.path.lexists(base.root / name):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).symlink_to(base.root / name)
