"""Who measures has the machine to itself, also among engines of several projects."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.evaluate.machine import machine

OTHER = """
import asyncio, sys
from engine.evaluate.machine import machine
async def main():
    async with machine(alone=sys.argv[1] == "alone"):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("theirs", "ours", "together"), [("alone", False, False), ("shared", True, False), ("shared", False, True)]
)
async def test_measuring_keeps_builds_and_tests_of_other_engines_off(
    home: Path, theirs: str, ours: bool, together: bool
) -> None:
    command = [sys.executable, "-c", OTHER, theirs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    other = await asyncio.create_subprocess_exec(*command, cwd=Path(engine.__file__).parents[1], **pipes)
    assert other.stdin is not None and other.stdout is not None
    assert await other.stdout.readline() == b"held\n"

    async def hold() -> None:
        async with machine(alone=ours):
            pass

    waiting = asyncio.create_task(hold())
    done, _ = await asyncio.wait([waiting], timeout=60 if together else 0.2)
    assert bool(done) == together
    other.stdin.close()
    await other.wait()
    await waiting
