"""What the runner tells of a command."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.config import SandboxSection
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.layouts import UNSANDBOXED, Level
from engine.evaluate.workspace import freeze

OpenArm = Callable[..., Awaitable[Arm]]


async def test_processor_time_and_memory_of_the_whole_tree_are_counted(arm: OpenArm) -> None:
    code = """
import os, time
if os.fork() == 0:  # an orphan, which only the runner can reap
    if os.fork() == 0:
        hoard = bytearray(80_000_000)
        while time.process_time() < 0.3:
            pass
        open("done", "w").close()
    os._exit(0)
os.wait()
while not os.path.exists("done"):
    time.sleep(0.01)
"""
    run = await (await arm(UNSANDBOXED)).run([sys.executable, "-c", code], timeout=60)
    assert run.exit_code == 0
    assert run.cpu >= 0.3
    assert run.max_rss > 80_000_000
    assert run.wall >= 0.3


async def test_memory_of_processes_that_run_at_once_is_added_up(arm: OpenArm, level: Level) -> None:
    code = """
import os, time
shared = bytearray(30_000_000)
ready = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        hoard = bytearray(b"x" * 40_000_000)
        os.write(ready[1], b"x")
        time.sleep(30)
        os._exit(0)
for _ in range(2):
    os.read(ready[0], 1)
time.sleep(1.0)  # many times as long as the runner takes from one look to the next
"""
    run = await (await arm(level)).run([sys.executable, "-c", code], timeout=60)
    assert run.exit_code == 0
    assert 110_000_000 < run.max_rss < 200_000_000


async def test_exit_codes_and_signals(arm: OpenArm) -> None:
    opened = await arm(UNSANDBOXED)
    assert (await opened.run(["sh", "-c", "exit 7"], timeout=60)).exit_code == 7
    assert (await opened.run(["sh", "-c", "kill -SEGV $$"], timeout=60)).exit_code == -11
    missing = await opened.run(["no-such-program"], timeout=60)
    assert (missing.exit_code, missing.output) == (127, "no-such-program: not found")
    assert (await opened.run(["./shop.py"], timeout=60)).exit_code == 126


async def test_both_streams_are_kept_and_input_is_empty(arm: OpenArm) -> None:
    run = await (await arm(UNSANDBOXED)).run(["sh", "-c", "cat; echo out; echo err >&2"], timeout=60)
    assert run.output == "out\nerr\n"


async def test_a_changed_file_is_seen_at_the_projects_own_path(arm: OpenArm, namespaces: Level, project: Path) -> None:
    opened = await arm(namespaces, {"shop.py": b"CHANGED = 1\n", "new/file.py": b""})
    run = await opened.run(["sh", "-c", f"cat {project}/shop.py; ls new; git rev-parse --show-toplevel"], timeout=60)
    assert run.output == f"CHANGED = 1\nfile.py\n{project}\n"
    assert not (project / "new").exists()


async def test_collected_files_are_files_and_not_links(arm: OpenArm, home: Path) -> None:
    opened = await arm(UNSANDBOXED)
    opened.put({"given": b"input"})
    script = f"cd {opened.io_seen}; cat given > kept; ln -s {home}/.ssh/id stolen; mkfifo pipe"
    assert (await opened.run(["sh", "-c", script], timeout=60)).exit_code == 0
    assert opened.take(["kept", "stolen", "pipe", "missing"]) == {"kept": b"input"}
    opened.put({})
    assert list(opened.io.iterdir()) == []


async def test_where_the_kernel_refuses_an_overlay_a_copy_takes_its_place(home: Path, namespaces: Level) -> None:
    """An overlay's options must fit into one page of memory; with paths this long they do not."""
    root = home.joinpath(*["deep" * 50] * 8)
    (root / ".venv").mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("an environment")
    (root / "code").write_text("original")
    state = home / "state"
    base = freeze(root, state / "work" / "base", state)
    opened = await open_arm(base, {"code": b"changed"}, root / ".mpco" / "work", SandboxSection())
    run = await opened.run(["sh", "-c", "cat code .venv/pyvenv.cfg; echo written > code; touch .venv/x"], timeout=60)
    await opened.close()
    assert run.output.startswith("changedan environment")
    assert "Read-only" in run.output
    assert (root / "code").read_text() == "original"
    assert list((root / ".mpco" / "work").iterdir()) == []
