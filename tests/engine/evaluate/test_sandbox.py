"""Each promise of the sandbox, put to the test by a hostile candidate."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

import engine
from engine.config import SandboxSection
from engine.errors import SandboxError
from engine.evaluate.arm import OUTPUT_LIMIT, Arm, Run
from engine.evaluate.layouts import LANDLOCK, NAMESPACES, Level
from engine.evaluate.sandbox import Sandbox, probe, strongest, without_walls

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


async def python(arm: Arm, code: str, *arguments: object, timeout: float = 120.0) -> Run:
    return await arm.run([sys.executable, "-c", code, *map(str, arguments)], timeout=timeout)


def alive(marker: object) -> list[psutil.Process]:
    """Processes with `marker` among their arguments, but for those that wait to be reaped."""
    found = (process for process in psutil.process_iter(["cmdline", "status"]))
    return [p for p in found if str(marker) in (p.info["cmdline"] or ()) and p.info["status"] != "zombie"]


def test_the_strongest_that_works_is_taken(namespaces: Level) -> None:
    found = strongest()
    assert (found.name, found.level, found.works) == (NAMESPACES, NAMESPACES, True)


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare")
def test_where_namespaces_are_refused_landlock_takes_their_place(namespaces: Level) -> None:
    """As in a container: here a namespace that allows none inside of it stands for one."""
    code = "from engine.evaluate.sandbox import strongest; print(strongest().level)"
    refusing = f"echo 0 > /proc/sys/user/max_user_namespaces && exec '{sys.executable}' -c '{code}'"
    place = Path(engine.__file__).parents[1]
    done = subprocess.run(["unshare", "-Ur", "sh", "-c", refusing], cwd=place, capture_output=True, text=True)
    if probe(LANDLOCK).works:
        assert (done.stdout, done.stderr) == ("landlock\n", "")
    else:
        assert done.stdout == "unsandboxed\n"


def test_a_start_clears_what_the_probe_of_a_killed_engine_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    kept, left = tmp_path / f"mpco-probe-{os.getpid()}-x", tmp_path / f"mpco-probe-{ended.pid}-x"
    recent = tmp_path / f"mpco-probe-{ended.pid}-y"  # its engine may live in a container that shares the folder
    for folder in (kept, left, recent):
        (folder / "victim").mkdir(parents=True)
    for folder in (kept, left):
        os.utime(folder, (0, 0))
    strongest()
    assert [kept.exists(), left.exists(), recent.exists()] == [True, False, True]


def test_without_a_sandbox_consent_is_asked_for() -> None:
    none = Sandbox(name="no sandbox", about="No sandbox works", works=False)
    with pytest.raises(SandboxError, match="allow_unsandboxed = true"):
        without_walls(none, SandboxSection())
    assert without_walls(none, SandboxSection(allow_unsandboxed=True)).name == "unsandboxed"


async def test_a_file_that_goes_is_not_in_the_arm_but_stays_in_the_tree(
    arm: OpenArm, walls: Level, project: Path
) -> None:
    opened = await arm(walls, {"uncommitted.txt": None, "built.log": None, "fresh.txt": b"x"})
    run = await python(opened, "import os; print(sorted(name for name in os.listdir() if name[0] != '.'))")
    assert run.output.strip() == "['bench.py', 'fresh.txt', 'shop.py', 'tests']"
    assert (project / "uncommitted.txt").exists() and (project / "built.log").exists()


async def test_writes_stay_in_the_arm(arm: OpenArm, walls: Level, project: Path, home: Path) -> None:
    code = """
import os, sys
project, home = sys.argv[1:]
places = [project + "/shop.py", project + "/new.py", home + "/intruder", project + "/.git/index", "/var/intruder"]
for path in (*places, "/tmp/mpco-intruder", "/etc/mpco-intruder", "/usr/mpco-intruder", "/dev/shm/mpco-intruder"):
    try:
        open(path, "r+" if os.path.exists(path) else "w").write("hostile")
    except OSError:
        continue
open("shop.py", "a").write("# the arm's own")
"""
    before = {path: path.read_bytes() for path in (project / "shop.py", project / ".git" / "index")}
    run = await python(await arm(walls), code, project, home)
    assert (run.exit_code, run.output) == (0, "")
    assert {path: path.read_bytes() for path in before} == before
    folders = [project, home, *map(Path, ("/var", "/tmp", "/etc", "/usr", "/dev/shm"))]
    assert not [path for folder in folders for path in folder.glob("*intruder*")]
    assert not (project / "new.py").exists()


async def test_secrets_are_invisible(arm: OpenArm, walls: Level, project: Path, home: Path) -> None:
    (project / ".git" / "config").write_text("[http]\nextraheader = PRIVATE KEY\n")
    code = """
import os, subprocess, sys
project, home, engine = sys.argv[1:]
paths = [home + "/.ssh/id", project + "/.env", ".env", ".git/config", "/etc/shadow"]
for path in (*paths, "/proc/1/environ", "/proc/1/mem", f"/proc/{os.getppid()}/environ", f"/proc/{engine}/environ"):
    try:
        text = open(path, "rb").read()
    except OSError:
        continue
    if text:
        raise SystemExit(path)
print(sorted(os.listdir()), *os.environ.values())
"""
    run = await python(await arm(walls), code, project, home, os.getpid())
    assert run.exit_code == 0, run.output
    assert "uncommitted.txt" in run.output
    assert "built.log" in run.output
    assert "PRIVATE KEY" not in run.output
    assert "'.mpco'" not in run.output


async def test_the_network_is_out_of_reach(arm: OpenArm, walls: Level) -> None:
    code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        run = await python(await arm(walls), code, server.getsockname()[1])
        assert run.exit_code == 1
        assert "refused" in run.output or "Permission denied" in run.output
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_the_network_is_opened_by_the_configuration_only(arm: OpenArm, walls: Level) -> None:
    code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        run = await python(await arm(walls, network=True), code, server.getsockname()[1])
        assert (run.exit_code, run.output) == (0, "")
        server.accept()[0].close()


CALL = """
import socket, sys
reached = []
for path in sys.argv[1:]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            socket.socket(socket.AF_UNIX, kind).connect(path)
            reached.append(path)
        except OSError:
            pass
try:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ends[0].sendto(b"hostile", sys.argv[-1])
    reached.append("by a pair")
except OSError:
    pass
print(reached)
"""


async def test_socket_files_of_other_programs_lead_nowhere(
    arm: OpenArm, walls: Level, project: Path, home: Path
) -> None:
    """Wherever they lie: in the home folder, in the repository (git has one there), or among the system's own files."""
    doors = [home / "door", project / ".git" / "git.ipc", Path(f"/etc/mpco-test-door-{os.getpid()}")]
    usable = [door for door in doors if os.access(door.parent, os.W_OK)]
    servers = []
    for door in usable:
        for kind, name in ((socket.SOCK_STREAM, door), (socket.SOCK_DGRAM, door.with_suffix(".d"))):
            servers.append(socket.socket(socket.AF_UNIX, kind))
            servers[-1].bind(str(name))
    for server in servers[::2]:
        server.listen()
    names = [str(name) for door in usable for name in (door, door.with_suffix(".d"))]
    try:
        run = await python(await arm(walls), CALL, *names)
    finally:
        for server, name in zip(servers, names, strict=True):
            server.close()
            os.unlink(name)
    assert (run.exit_code, run.output) == (0, "[]\n")


async def test_commands_can_talk_to_themselves(arm: OpenArm, namespaces: Level) -> None:
    code = """
import multiprocessing, socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), 5)
with multiprocessing.Manager() as manager, multiprocessing.Pool(2) as pool:
    assert pool.map(abs, manager.list([-1, 2])) == [1, 2]
"""
    run = await python(await arm(namespaces), code)
    assert (run.exit_code, run.output) == (0, "")


async def test_ordinary_programs_work(arm: OpenArm, walls: Level) -> None:
    code = """
import asyncio, os, shutil, subprocess, tempfile, threading
with tempfile.TemporaryDirectory() as folder:
    shutil.copy("shop.py", folder)
    os.symlink("shop.py", folder + "/link")
    os.rename(folder + "/link", folder + "/moved")
async def child():
    process = await asyncio.create_subprocess_exec("git", "log", "-1", stdout=-3, stderr=-3)
    return await process.wait()
asyncio.run(child())
assert subprocess.run(["git", "status", "--porcelain", "-uno"]).returncode == 0
open(os.path.expanduser("~/cache"), "w").write("fine")
thread = threading.Thread(target=print, args=("fine",))
thread.start()
thread.join()
"""
    run = await python(await arm(walls), code)
    assert run.exit_code == 0, run.output
    assert run.output.endswith("fine\n")


async def test_further_paths_are_opened_by_the_configuration_only(arm: OpenArm, walls: Level, home: Path) -> None:
    for name in ("given", "shared", "kept"):
        (home / name).mkdir()
        (home / name / "file").write_text(name)
    code = """
import sys
home = sys.argv[1]
assert open(home + "/given/file").read() == "given"
open(home + "/shared/file", "a").write(" and written")
for path, mode in ((home + "/given/file", "a"), (home + "/kept/file", "r")):
    try:
        open(path, mode)
    except OSError:
        continue
    raise SystemExit(path)
"""
    run = await python(await arm(walls, readable=("~/given",), writable=(str(home / "shared"),)), code, home)
    assert (run.exit_code, run.output) == (0, "")
    assert (home / "shared" / "file").read_text() == "shared and written"


async def test_there_is_no_way_to_more_rights(arm: OpenArm, walls: Level) -> None:
    code = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x10000000) == -1, "new user namespace"
assert libc.umount2(b"/tmp", 2) == -1, "umount"
assert libc.mount(b"none", b"/", None, 32 | 4096, None) == -1, "remount"
for process in {1, os.getppid(), int(sys.argv[1])}:
    assert libc.ptrace(16, process, 0, 0) == -1, "ptrace"
    try:
        os.kill(process, 9)
    except OSError:
        pass
for path in sys.argv[2:]:
    try:
        open(path, "rb")
    except OSError:
        continue
    raise SystemExit(path)
"""
    opened = await arm(walls)
    other = await asyncio.create_subprocess_exec("sleep", "1000")
    devices = [path for kind in ("sd*", "vd*", "nvme*", "mem", "kmsg") for path in Path("/dev").glob(kind)]
    run = await python(opened, code, other.pid, *devices)
    survived = other.returncode is None
    other.kill()
    await other.wait()
    assert (run.exit_code, run.output) == (0, "")
    assert survived
    assert (await opened.run(["true"], timeout=60)).exit_code == 0


async def test_a_fork_bomb_is_ended_and_cleared_away(arm: OpenArm, level: Level) -> None:
    marker = f"mpco-bomb-{os.getpid()}-{level}"
    code = """
import os, time
for _ in range(400):
    if os.fork() == 0:
        time.sleep(1000)
time.sleep(1000)
"""
    opened = await arm(level, processes=50)
    assert (await python(opened, code, marker)).limit == "processes"
    assert alive(marker) == []
    assert (await opened.run(["true"], timeout=60)).exit_code == 0


async def test_a_memory_bomb_is_ended(arm: OpenArm, level: Level) -> None:
    """The limit is one for all processes together."""
    code = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        break
hoard = []
while True:
    hoard.append(b"x" * 5_000_000)
    time.sleep(0.01)
"""
    run = await python(await arm(level, memory_mb=200), code)
    assert (run.limit, run.exit_code) == ("memory", None)


async def test_a_disk_filler_hits_a_wall(arm: OpenArm, level: Level) -> None:
    code = """
import os, tempfile, time
for number in range(60):
    open(os.path.join(tempfile.gettempdir(), str(number)), "wb").write(bytes(1_000_000))
time.sleep(1000)
"""
    run = await python(await arm(level, disk_mb=16), code)
    if level == NAMESPACES:
        assert run.exit_code == 1
        assert "No space left" in run.output
    else:
        assert (run.limit, run.exit_code) == ("disk", None)


async def test_a_daemon_ends_with_its_command(arm: OpenArm, level: Level) -> None:
    marker = f"mpco-daemon-{os.getpid()}-{level}"
    run = await python(await arm(level), DAEMON, marker)
    assert run.exit_code == 0
    assert alive(marker) == []


async def test_a_command_that_ignores_signals_is_ended(arm: OpenArm, level: Level) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
    run = await python(await arm(level), code, timeout=0.2)
    assert (run.limit, run.exit_code) == ("time", None)


async def test_endless_output_is_bounded_and_ended(arm: OpenArm, level: Level) -> None:
    run = await (await arm(level)).run(["yes", "x" * 1000], timeout=60)
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


async def test_cancelling_ends_the_command_and_keeps_the_arm(arm: OpenArm, level: Level) -> None:
    opened = await arm(level)
    task = await running_command(opened)
    children = psutil.Process().children(recursive=True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    run = await opened.run(["echo", "fit"], timeout=60)
    assert run.output == "fit\n"
    names = [process.cmdline() for process in children if process.is_running() and process.status() != "zombie"]
    assert not [name for name in names if "time.sleep(1000)" in " ".join(name)]


ENGINE = """
import asyncio, os, pathlib, sys
from engine.config import SandboxSection
from engine.evaluate.arm import open_arm
from engine.evaluate.workspace import freeze

async def main():
    root, level = pathlib.Path(sys.argv[1]), sys.argv[2]
    state = root / ".mpco"
    base = freeze(root, state / "work" / "base", state)
    arm = await open_arm(base, {}, state / "work", SandboxSection(), level=level)
    os.mkfifo(arm.io / "started")
    script = f"setsid sleep 1000 & echo > {arm.io_seen}/started; sleep 1000"
    run = asyncio.create_task(arm.run(["sh", "-c", script], timeout=1000))
    await asyncio.to_thread((arm.io / "started").read_bytes)
    print("started", flush=True)
    await run

asyncio.run(main())
"""


def test_nothing_survives_a_killed_engine(project: Path, level: Level) -> None:
    place = Path(engine.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(project), level], stdout=subprocess.PIPE, text=True, cwd=place
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "started\n"
        family = psutil.Process(killed.pid).children(recursive=True)
        assert len(family) >= 3
        killed.kill()
    _, left = psutil.wait_procs(family, timeout=60)
    assert left == []
