"""The seam through which a stage has a command of the project run: evaluate/ implements it, profile/ asks for it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

IO_VARIABLE = "MPCO_IO"
"""Environment variable with the folder that holds `inputs` and receives the files to collect."""


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
    ) -> Outcome:
        """Run `command` (a string goes through the shell) in the project's root.

        Cancelling the task ends the whole process tree.

        Raises:
            SandboxError: when no sandbox can be set up.
        """
        ...
