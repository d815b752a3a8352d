"""A second implementation of Execute: a plain subprocess in the project itself, for commands that tests wrote."""

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.execute import IO_VARIABLE, Outcome, Watch, watching


class PlainRunner:
    """Runs commands in `root` without a sandbox."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.runs = 0

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
        self.runs += 1
        with tempfile.TemporaryDirectory() as folder:
            for name, data in inputs.items():
                Path(folder, name).write_bytes(data)
            argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *argv,
                cwd=self._root,
                env={"PATH": os.environ["PATH"], **env, IO_VARIABLE: folder},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            try:
                async with watching(Path(folder), watch):
                    output, _ = await asyncio.wait_for(process.communicate(), timeout)
                code: int | None = process.returncode
            except TimeoutError:
                process.kill()
                await process.wait()
                output, code = b"", None
            found = {name: Path(folder, name).read_bytes() for name in collect if Path(folder, name).exists()}
            return Outcome(
                exit_code=code,
                output=output.decode(errors="replace"),
                seconds=time.monotonic() - began,
                timed_out=code is None,
                files=found,
            )
