"""What the baseline's build has made, for the arms that come after: their builds then have only the changes to do."""

import shutil
import sys
import time
from collections.abc import Iterable

from engine.evaluate.arm import Arm
from engine.evaluate.workspace import Base
from engine.protected import LEFT_OUT

FOLDER = "products"
COLLECT_SECONDS = 120.0
CLOCK_GRAIN = 20_000_000
"""Nanoseconds by which a file's time may lag behind the clock."""
_COLLECT = """
import os, shutil, sys
target, since, left_out = sys.argv[1], int(sys.argv[2]), set(sys.argv[3:])
for place, folders, files in os.walk("."):
    inner = [os.path.join(place, name) for name in folders]
    links = [path for path in inner if os.path.islink(path)]
    kept = [path for path in inner if path not in links and not {os.path.basename(path), path[2:]} & left_out]
    folders[:] = map(os.path.basename, kept)
    for path in (*links, *(os.path.join(place, name) for name in files)):
        if os.lstat(path).st_ctime_ns >= since and path[2:] not in left_out:
            os.makedirs(os.path.join(target, place), exist_ok=True)
            shutil.copy2(path, os.path.join(target, path), follow_symlinks=False)
"""


def now() -> int:
    """The moment from which on files count as made, as `collect` takes it; to be asked for before a build."""
    return time.time_ns() - CLOCK_GRAIN


async def collect(arm: Arm, base: Base, since: int) -> None:
    """Keep the files that have been made or changed in the arm since then as a layer of the base.

    Caches are no products: each arm makes its own. When something cannot be copied, there are no products, and each
    arm builds from the beginning.

    Raises:
        SandboxError: when the arm's runner has died.
    """
    arm.put({})
    left_out: Iterable[str] = (*sorted(LEFT_OUT), *base.survey.shared)
    argv = [sys.executable, "-I", "-S", "-c", _COLLECT, f"{arm.io_seen}/{FOLDER}", str(since), *left_out]
    run = await arm.run(argv, timeout=COLLECT_SECONDS)
    made = arm.io / FOLDER
    if run.exit_code == 0 and made.is_dir():
        shutil.move(made, base.products)
