"""What was written to the user's files."""

from typing import Literal

from engine.model.noun import Noun

Target = Literal["tree", "branch", "patch"]


class AppliedFile(Noun, frozen=True, kw_only=True):
    """A file written by an apply, with both texts so that it can be undone."""

    path: str
    before: str
    after: str
    created: bool = False
    """True when there was no such file before; undoing removes it."""
    deleted: bool = False
    """True when the apply removed it; undoing makes it again."""
    encoding: str = "utf-8"
    """Of a file that was removed: Python's name of what its bytes were read with."""
    mode: int = 0
    """Of a file that was removed: its mode bits."""


class Application(Noun, frozen=True, kw_only=True):
    """Accepted hunks written to the user's project, a branch or a patch file."""

    id: str
    target: Target
    where: str
    """The branch's name, the patch file's path, or the project's root."""
    files: tuple[AppliedFile, ...]
    hunks: tuple[str, ...]
    at: float
    evaluation: str = ""
    """The evaluation that proved exactly these hunks; empty when none did."""
    undone: bool = False
