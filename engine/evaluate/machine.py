"""One measurement at a time on a machine: a lock that all engines of the user share."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine import paths

WAIT_SECONDS = 0.05


@asynccontextmanager
async def machine(*, alone: bool) -> AsyncIterator[None]:
    """Hold the machine: `alone` to measure, together with others to build and test.

    Raises:
        EngineError: when the user's runtime folder cannot be used.
    """
    file = os.open(paths.runtime_dir() / "machine.lock", os.O_RDWR | os.O_CREAT, 0o600)
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(WAIT_SECONDS)
        yield
    finally:
        os.close(file)
