"""Each promise of the sandbox, put to the test by a hostile candidate."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

import engine
from engine.config import SandboxSection
from engine.errors import SandboxError
from engine.evaluate.arm import OUTPUT_LIMIT, Arm, Run
from engine.evaluate.sandbox import NAMESPACES, Sandbox, without_walls

OpenArm = Callable[..., Awaitable[Arm]]

DAEMON = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(1000)
    os._exit(0)
os.wait()
"""


async def python(arm: Arm, code: str, *arguments: object, timeout: float = 20.0) -> Run:
    return await arm.run([sys.executable, "-c", code, *map(str, arguments)], timeout=timeout)


def visible_processes(run: Run) -> list[str]:
    return run.output.split()


PROCESSES = "import os; print(*[name for name in os.listdir('/proc') if name.isdigit()])"


@pytest.mark.usefixtures("walls")
def test_the_probe_names_the_mechanism(sandbox: Sandbox) -> None:
    assert sandbox.name == NAMESPACES


def test_without_a_sandbox_consent_is_asked_for() -> None:
    none = Sandbox(name="no sandbox", about="No sandbox works", works=False)
    with pytest.raises(SandboxError, match="allow_unsandboxed = true"):
        without_walls(none, SandboxSection())
    assert without_walls(none, SandboxSection(allow_unsandboxed=True)).name == "unsandboxed"


@pytest.mark.usefixtures("walls")
async def test_writes_stay_in_the_arm(arm: OpenArm, project: Path, home: Path) -> None:
    code = """
import os, sys
project, home = sys.argv[1:]
for path in (project + "/shop.py", project + "/new.py", home + "/intruder", "/tmp/mpco-intruder"):
    open(path, "w").write("hostile")
for path in ("/etc/mpco-intruder", "/usr/mpco-intruder", project + "/.git/index", "/proc/sys/kernel/core_pattern"):
    try:
        open(path, "r+" if os.path.exists(path) else "w")
    except OSError:
        continue
    raise SystemExit(path)
"""
    before = (project / "shop.py").read_bytes()
    run = await python(await arm(), code, project, home)
    assert (run.exit_code, run.output) == (0, "")
    assert (project / "shop.py").read_bytes() == before
    intruders = [project / "new.py", home / "intruder", Path("/tmp/mpco-intruder"), Path("/etc/mpco-intruder")]
    assert not [path for path in intruders if path.exists()]


@pytest.mark.usefixtures("walls")
async def test_secrets_are_invisible(arm: OpenArm, project: Path, home: Path) -> None:
    code = """
import os, subprocess, sys
project, home = sys.argv[1:]
for path in (home + "/.ssh/id", project + "/.env", "/proc/1/environ", "/proc/1/mem", "/etc/shadow"):
    try:
        text = open(path, "rb").read()
    except OSError:
        continue
    if text:
        raise SystemExit(path)
print(sorted(os.listdir(project)), *os.environ.values())
"""
    run = await python(await arm(), code, project, home)
    assert run.exit_code == 0, run.output
    assert "uncommitted.txt" in run.output
    assert "built.log" in run.output
    assert "PRIVATE KEY" not in run.output
    assert ".mpco" not in run.output


@pytest.mark.usefixtures("walls")
async def test_the_network_is_out_of_reach(arm: OpenArm) -> None:
    code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        run = await python(await arm(), code, server.getsockname()[1])
        assert run.exit_code == 1
        assert "refused" in run.output
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.usefixtures("walls")
async def test_commands_can_talk_to_themselves(arm: OpenArm) -> None:
    code = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), 5)
"""
    assert (await python(await arm(), code)).exit_code == 0


@pytest.mark.usefixtures("walls")
async def test_there_is_no_way_to_more_rights(arm: OpenArm) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x10000000) == -1, "new user namespace"
assert libc.umount2(b"/tmp", 2) == -1, "umount"
assert libc.mount(b"none", b"/", None, 32 | 4096, None) == -1, "remount"
assert libc.ptrace(16, 1, 0, 0) == -1, "ptrace"
assert not [name for name in os.listdir("/dev") if name[:2] in ("sd", "vd", "nv", "me", "km")], "devices"
try:
    os.kill(1, 9)
except OSError:
    pass
"""
    opened = await arm()
    run = await python(opened, code)
    assert (run.exit_code, run.output) == (0, "")
    assert (await opened.run(["true"], timeout=5)).exit_code == 0


@pytest.mark.usefixtures("walls")
async def test_a_fork_bomb_is_ended_and_cleared_away(arm: OpenArm) -> None:
    code = """
import os, time
for _ in range(400):
    if os.fork() == 0:
        time.sleep(1000)
time.sleep(1000)
"""
    opened = await arm(processes=50)
    assert (await python(opened, code)).limit == "processes"
    assert len(visible_processes(await python(opened, PROCESSES))) == 2


@pytest.mark.usefixtures("walls")
async def test_a_memory_bomb_is_ended(arm: OpenArm) -> None:
    code = """
import time
hoard = []
while True:
    hoard.append(b"x" * 10_000_000)
    time.sleep(0.005)
"""
    run = await python(await arm(memory_mb=200), code)
    assert (run.limit, run.exit_code) == ("memory", None)


@pytest.mark.usefixtures("walls")
async def test_a_disk_filler_hits_a_wall(arm: OpenArm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluate.arm.DISK", 16 * 1024 * 1024)
    code = """
for number in range(30):
    open(f"/tmp/{number}", "wb").write(bytes(1_000_000))
"""
    run = await python(await arm(), code)
    assert run.exit_code == 1
    assert "No space left" in run.output


@pytest.mark.parametrize("walled", [True, False])
async def test_a_daemon_ends_with_its_command(arm: OpenArm, sandbox: Sandbox, walled: bool) -> None:
    if walled and not sandbox.works:
        pytest.skip(sandbox.about)
    marker = f"mpco-daemon-{os.getpid()}-{walled}"
    run = await python(await arm(walls=walled), DAEMON, marker)
    assert run.exit_code == 0
    assert not [process for process in psutil.process_iter(["cmdline"]) if marker in (process.info["cmdline"] or ())]


@pytest.mark.parametrize("walled", [True, False])
async def test_a_command_that_ignores_signals_is_ended(arm: OpenArm, sandbox: Sandbox, walled: bool) -> None:
    if walled and not sandbox.works:
        pytest.skip(sandbox.about)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
    run = await python(await arm(walls=walled), code, timeout=0.2)
    assert (run.limit, run.exit_code) == ("time", None)


@pytest.mark.usefixtures("walls")
async def test_endless_output_is_bounded_and_ended(arm: OpenArm) -> None:
    run = await (await arm()).run(["yes", "x" * 1000], timeout=60)
    assert run.limit == "output"
    assert len(run.output) < OUTPUT_LIMIT / 500
    assert "bytes left out" in run.output


async def running_command(arm: Arm) -> asyncio.Task[Run]:
    """A command that runs, and is known to run, until it is ended."""
    os.mkfifo(arm.io / "started")
    code = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(1000)"
    task = asyncio.create_task(python(arm, code, f"{arm.io_seen}/started", timeout=1000))
    await asyncio.to_thread((arm.io / "started").read_bytes)
    return task


@pytest.mark.parametrize("walled", [True, False])
async def test_cancelling_ends_the_command_and_keeps_the_arm(arm: OpenArm, sandbox: Sandbox, walled: bool) -> None:
    if walled and not sandbox.works:
        pytest.skip(sandbox.about)
    opened = await arm(walls=walled)
    task = await running_command(opened)
    children = psutil.Process().children(recursive=True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    run = await opened.run(["echo", "fit"], timeout=5)
    assert run.output == "fit\n"
    names = [process.cmdline() for process in children if process.is_running() and process.status() != "zombie"]
    assert not [name for name in names if "time.sleep(1000)" in " ".join(name)]


ENGINE = """
import asyncio, os, pathlib, sys
from engine.config import SandboxSection
from engine.evaluate.arm import open_arm
from engine.evaluate.workspace import freeze

async def main():
    root, walls = pathlib.Path(sys.argv[1]), sys.argv[2] == "True"
    state = root / ".mpco"
    base = freeze(root, state / "work" / "base", state)
    arm = await open_arm(base, {}, state / "work", SandboxSection(), walls=walls)
    os.mkfifo(arm.io / "started")
    script = f"setsid sleep 1000 & echo > {arm.io_seen}/started; sleep 1000"
    run = asyncio.create_task(arm.run(["sh", "-c", script], timeout=1000))
    await asyncio.to_thread((arm.io / "started").read_bytes)
    print("started", flush=True)
    await run

asyncio.run(main())
"""


@pytest.mark.parametrize("walled", [True, False])
def test_nothing_survives_a_killed_engine(project: Path, sandbox: Sandbox, walled: bool) -> None:
    if walled and not sandbox.works:
        pytest.skip(sandbox.about)
    place = Path(engine.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(project), str(walled)], stdout=subprocess.PIPE, text=True, cwd=place
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "started\n"
        family = psutil.Process(killed.pid).children(recursive=True)
        assert len(family) >= 3
        killed.kill()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
