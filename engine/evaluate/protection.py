"""What a variant may change: files of the project, never its yardstick, and nothing by way of a link."""

import fnmatch
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from engine.errors import EditError
from engine.evaluate.workspace import LEFT_OUT, is_secret


def protecting_glob(path: str, globs: Iterable[str]) -> str:
    """The first glob that protects `path`; a glob without a slash matches at any depth, as in .gitignore."""
    parts = PurePosixPath(path).parts
    for glob in globs:
        if "/" not in glob.rstrip("/"):
            if any(fnmatch.fnmatchcase(part, glob.rstrip("/")) for part in parts):
                return glob
        elif _matches(parts, tuple(glob.strip("/").split("/"))):
            return glob
    return ""


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether the path, or a folder it lies in, matches: `**` stands for any number of folders."""
    if not pattern:
        return True
    if pattern[0] == "**":
        rest = pattern[1:]
        return any(_matches(parts[skipped:], rest) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def check_changes(root: Path, paths: Iterable[str], protected: Iterable[str], shared: Iterable[str] = ()) -> None:
    """Refuse changes that leave the project or touch what decides about them.

    Raises:
        EditError: for the first path that may not be changed.
    """
    globs, kept = ("mpco.toml", *protected), tuple(shared)
    for path in paths:
        problem = _problem(root, path, globs, kept)
        if problem:
            raise EditError(f"{path}: {problem}")


def _problem(root: Path, path: str, globs: tuple[str, ...], shared: tuple[str, ...]) -> str:
    pure = PurePosixPath(path)
    if not path or "\0" in path or pure.is_absolute() or ".." in pure.parts or not pure.parts:
        return "lies outside of the project; a variant may change the project's own files only."
    for depth in range(1, len(pure.parts) + 1):
        if (root / Path(*pure.parts[:depth])).is_symlink():
            return "is reached through a symbolic link; a variant may change the project's own files only."
    if LEFT_OUT.intersection(pure.parts) or is_secret(path) or any(pure.is_relative_to(name) for name in shared):
        return "is not part of the code; a variant may change the project's own files only."
    if os.path.isdir(root / path):
        return "is a folder; a variant may change files only."
    glob = protecting_glob(str(pure), globs)
    return f"is protected by {glob!r} in mpco.toml; a variant may not change its own yardstick." if glob else ""
