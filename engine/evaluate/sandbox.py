"""Which sandbox works on this machine, found out by attacking it rather than by asking for versions."""

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine.config import SandboxSection
from engine.errors import SandboxError
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.workspace import Base, freeze

NAMESPACES = "namespaces"
UNSANDBOXED = "unsandboxed"
NONE = "no sandbox"

PROBE_SECONDS = 20.0

_ATTACKS = """
import json, os, socket, sys
port, victim, pid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
done = []
def attempt(name, act):
    try:
        act()
        done.append(name)
    except OSError:
        pass
attempt("connect to the network", lambda: socket.create_connection(("127.0.0.1", port), 2))
attempt("write outside of the project", lambda: open(os.path.join(victim, "written"), "w"))
attempt("read files outside of the project", lambda: open(os.path.join(victim, "secret")))
attempt("read the engine's environment", lambda: open(f"/proc/{pid}/environ").read())
print(json.dumps(done))
"""


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """What encloses the commands of the project."""

    name: str
    """`namespaces`, `unsandboxed` or `no sandbox`."""
    about: str
    """One sentence for a person: what it does, or why there is none."""
    works: bool


def probe() -> Sandbox:
    """Set the sandbox up and have a command in it try what must be denied; takes a tenth of a second.

    To be called where no event loop runs, for example by `asyncio.to_thread`.
    """
    if sys.platform != "linux":
        return _none("it needs Linux namespaces, which this system does not have")
    try:
        succeeded = asyncio.run(_attack())
    except (SandboxError, OSError) as error:
        return _none(str(error).removeprefix("The sandbox cannot be set up: ").rstrip("."))
    if succeeded:
        return _none(f"commands in it could {' and '.join(succeeded)}")
    about = "Linux namespaces: no network, no writes outside of the copy, home folder and secrets invisible"
    return Sandbox(name=NAMESPACES, about=about, works=True)


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


def _none(why: str) -> Sandbox:
    advice = "; enable unprivileged user namespaces" if sys.platform == "linux" else ""
    return Sandbox(name=NONE, about=f"No sandbox works on this machine: {why}{advice}", works=False)


@contextmanager
def _listener() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


async def _attack() -> list[str]:
    """The acts that were not denied.

    Raises:
        SandboxError: when there is no sandbox to attack.
    """
    with tempfile.TemporaryDirectory(prefix="mpco-probe-") as place, _listener() as port:
        folder = Path(place).resolve()
        root, victim = folder / "project", folder / "victim"
        for made in (root, victim):
            made.mkdir()
        (root / "file").write_text("a project\n")
        (victim / "secret").write_text("a secret\n")
        base = freeze(root, folder / "work" / "base", folder / "work")
        arm = await open_arm(base, {}, folder / "work", SandboxSection())
        try:
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
