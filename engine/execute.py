"""The seam through which a stage has a command of the project run: evaluate/ implements it, profile/ asks for it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import msgspec

IO_VARIABLE = "MPCO_IO"
"""Environment variable with the folder that holds `inputs` and receives the files to collect."""


Watch = Callable[[float, Mapping[str, int]], None]
"""Is told, a few times a second, how many seconds a command has run and the sizes of the files in its folder."""


WATCH_SECONDS = 0.3


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended."""

    exit_code: int | None
    """None when it was ended by a limit."""
    output: str
    """The tail of standard output and standard error, as one text."""
    seconds: float
    timed_out: bool = False
    files: dict[str, bytes] = {}
    """The collected files that exist."""


class Execute(Protocol):
    """Runs a command of the project on a private copy of the baseline, in the sandbox."""

    async def __call__(
        self,
        command: str | Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] = {},
        inputs: Mapping[str, bytes] = {},
        collect: Sequence[str] = (),
        watch: Watch | None = None,
    ) -> Outcome:
        """Run `command` (a string goes through the shell) in the project's root.

        Cancelling the task ends the whole process tree.

        Raises:
            SandboxError: when no sandbox can be set up.
        """
        ...


@asynccontextmanager
async def watching(folder: Path, watch: Watch | None) -> AsyncIterator[None]:
    """Have `watch` told about `folder`, where a command is running."""

    async def look() -> None:
        began = time.monotonic()
        while watch is not None:
            await asyncio.sleep(WATCH_SECONDS)
            watch(time.monotonic() - began, await asyncio.to_thread(_sizes, folder))

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


def _sizes(folder: Path) -> dict[str, int]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat(follow_symlinks=False).st_size for entry in entries}
    except OSError:
        return {}  # one went away while it was looked at
