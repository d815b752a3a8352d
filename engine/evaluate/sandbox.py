"""Which sandbox works on this machine, found out by attacking it rather than by asking for versions."""

import asyncio
import json
import os
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from engine.config import SandboxSection
from engine.errors import SandboxError
from engine.evaluate import seccomp
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, UNSANDBOXED, Level
from engine.evaluate.workspace import Base, freeze, remove

NONE = "no sandbox"

PROBE_SECONDS = 20.0
_PREFIX = "mpco-probe-"
_LEFT_AFTER = 600
"""Seconds after which a probe's folder is nobody's: a container that shares /tmp cannot see who lives outside of it."""

_SIGNAL = "send signals to your processes"
_ATTACKS = f"""
import json, os, socket, sys
port, victim, pid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
done = []
def attempt(name, act):
    try:
        act()
        done.append(name)
    except OSError:
        pass
def call():
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(os.path.join(victim, "door"))
attempt("connect to the network", lambda: socket.create_connection(("127.0.0.1", port), 2))
attempt("connect to other programs' socket files", call)
attempt("write outside of the project", lambda: open(os.path.join(victim, "written"), "w"))
attempt("read files outside of the project", lambda: open(os.path.join(victim, "secret")))
attempt("read the engine's environment", lambda: open(f"/proc/{{pid}}/environ").read())
attempt("{_SIGNAL}", lambda: os.kill(pid, 0))
print(json.dumps(done))
"""

_WHAT = {
    NAMESPACES: "Linux namespaces: no network, no writes outside of the copy, home folder and secrets invisible",
    LANDLOCK: (
        "Landlock and a filter of system calls: no sockets, no writes outside of the copy, home folder and secrets "
        "closed; weaker than namespaces, in that commands can see which programs run, change the modes of your files"
    ),
}
_TOLERATED: Mapping[Level, frozenset[str]] = {
    NAMESPACES: frozenset(),
    # Linux 6.12 can deny it; a machine with an older kernel is still safer so than without any walls.
    LANDLOCK: frozenset({_SIGNAL}),
}


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """What encloses the commands of the project."""

    name: str
    """A level (`namespaces`, `landlock`, `unsandboxed`), or `no sandbox`."""
    about: str
    """One sentence for a person: what it does, or why there is none."""
    works: bool
    level: Level = UNSANDBOXED


def strongest() -> Sandbox:
    """The strongest sandbox that works here; takes a tenth of a second.

    To be called where no event loop runs, for example by `asyncio.to_thread`.
    """
    found = probe(NAMESPACES)
    if found.works:
        return found
    second = probe(LANDLOCK)
    if second.works:
        return msgspec.structs.replace(second, about=f"{second.about}. ({found.about})")
    advice = "; enable unprivileged user namespaces" if sys.platform == "linux" else ""
    about = f"No sandbox works on this machine: {found.about}; {second.about}{advice}"
    return Sandbox(name=NONE, about=about, works=False)


def probe(level: Level) -> Sandbox:
    """Set the sandbox of that level up and have a command in it try what must be denied."""
    if sys.platform != "linux":
        return _refused(level, "this system does not have it")
    if level == LANDLOCK and not seccomp.is_known():
        return _refused(level, f"not known on {os.uname().machine}")
    try:
        succeeded = asyncio.run(_attack(level))
    except (SandboxError, OSError) as error:
        return _refused(level, str(error).removeprefix("The sandbox cannot be set up: ").rstrip("."))
    if broken := [act for act in succeeded if act not in _TOLERATED[level]]:
        return _refused(level, f"commands in it could {' and '.join(broken)}")
    about = " and ".join([_WHAT[level], *succeeded]) if level == LANDLOCK else _WHAT[level]
    return Sandbox(name=level, about=about, works=True, level=level)


def without_walls(found: Sandbox, section: SandboxSection) -> Sandbox:
    """What to use where no sandbox works.

    Raises:
        SandboxError: when mpco.toml does not allow to go without one.
    """
    if section.allow_unsandboxed:
        return Sandbox(name=UNSANDBOXED, about=f"No walls, limits only: {found.about}", works=False)
    raise SandboxError(
        f"{found.about}. Generated code is not run without a sandbox; if you trust it, "
        "set allow_unsandboxed = true under [sandbox] in mpco.toml."
    )


def _refused(level: Level, why: str) -> Sandbox:
    return Sandbox(name=NONE, about=f"{level}: {why}", works=False)


@contextmanager
def _listeners(door: Path) -> Iterator[int]:
    """A network port and a socket file to knock at."""
    with socket.socket() as server, socket.socket(socket.AF_UNIX) as local:
        server.bind(("127.0.0.1", 0))
        server.listen()
        local.bind(str(door))
        local.listen()
        yield int(server.getsockname()[1])


def _sweep() -> None:
    """Remove what probes of killed engines have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        try:
            about = folder.lstat()
        except FileNotFoundError:  # another engine has ended its probe meanwhile
            continue
        own = about.st_uid == os.getuid() and stat.S_ISDIR(about.st_mode)
        left = own and time.time() - about.st_mtime > _LEFT_AFTER
        if left and owner.isdigit() and not psutil.pid_exists(int(owner)):
            remove(folder)


async def _attack(level: Level) -> list[str]:
    """The acts that were not denied.

    Raises:
        SandboxError: when there is no sandbox to attack.
    """
    _sweep()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as place:
        folder = Path(place).resolve()
        root, victim = folder / "project", folder / "victim"
        for made in (root, victim):
            made.mkdir()
        (root / "file").write_text("a project\n")
        (victim / "secret").write_text("a secret\n")
        base = freeze(root, folder / "work" / "base", folder / "work")
        arm = await open_arm(base, {}, folder / "work", SandboxSection(), level=level)
        try:
            with _listeners(victim / "door") as port:
                succeeded = await _succeeded(arm, base, port, victim)
        finally:
            await arm.close()
        return [*succeeded, *(["write outside of the project"] if (victim / "written").exists() else [])]


async def _succeeded(arm: Arm, base: Base, port: int, victim: Path) -> list[str]:
    argv = [sys.executable, "-I", "-S", "-c", _ATTACKS, str(port), str(victim), str(os.getpid())]
    run = await arm.run(argv, timeout=PROBE_SECONDS)
    if run.exit_code != 0:
        raise SandboxError(f"a command does not run in it: {run.output.strip().rpartition(chr(10))[2]}")
    found: list[str] = json.loads(run.output)
    return found
