"""What a candidate may change: files of the project, never what decides whether it wins, and nothing by a link.

Globs mean what they mean in .gitignore, everywhere in mpco.toml: one without a slash is about any part of a path,
one with a slash about the path from the project's root on; `*`, `?` and `[...]` stay within one part, `**` stands for
any number of parts; what matches a folder matches all that is in it.
"""

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from engine.errors import EditError

CONFIGURATION = "mpco.toml"
"""Protected at any depth, whatever it says itself."""
LEFT_OUT = frozenset(
    ".git .hg .svn .mpco __pycache__ .pytest_cache .mypy_cache .ruff_cache .hypothesis .tox .nox .DS_Store".split()  # noqa: SIM905
)
"""Names of files and folders that are never part of a project's code."""
PLAIN_ENVIRONMENTS = frozenset({".env.example", ".env.sample", ".env.template"})


def matching(path: str, globs: Iterable[str]) -> str:
    """The first glob that is about `path` (relative, with forward slashes), or an empty text."""
    parts = tuple(path.split("/"))
    return next((glob for glob in globs if _is_about(parts, glob)), "")


def _is_about(parts: tuple[str, ...], glob: str) -> bool:
    plain = glob.rstrip("/")
    if "/" not in plain:
        return any(fnmatchcase(part, plain) for part in parts)
    return _begins(parts, tuple(plain.split("/")))


def _begins(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether the path, or a folder it lies in, matches."""
    if not pattern:
        return True
    if pattern[0] == "**":
        rest = pattern[1:]
        if not rest:  # what is in the folder, not the folder
            return bool(parts)
        return any(_begins(parts[skipped:], rest) for skipped in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _begins(parts[1:], pattern[1:])


def is_secret(name: str) -> bool:
    """Whether the file's name says that it holds keys."""
    base = os.path.basename(name.rstrip("/"))
    return base == ".env" or (base.startswith(".env.") and base not in PLAIN_ENVIRONMENTS)


def refusal(path: str, protected: Iterable[str]) -> str:
    """Why a candidate may not change `path`, in one sentence; empty when it may, as far as its name tells."""
    pieces = path.split("/")
    if path.startswith(("/", "~")) or "\\" in path or "\0" in path or ":" in pieces[0] or ".." in pieces or not path:
        return f"{path or 'The edit'} is outside the project; only files of the project can be changed."
    if any(piece in ("", ".") for piece in pieces):
        return f"{path} is no plain path; only files of the project can be changed."
    if LEFT_OUT.intersection(pieces) or is_secret(path):
        return f"{path} is not part of the code; only files of the project can be changed."
    glob = matching(path, (CONFIGURATION, *protected))
    return f"{path} is protected by {glob!r} in mpco.toml, so no candidate may change it." if glob else ""


def check_changes(root: Path, paths: Iterable[str], protected: Iterable[str], shared: Iterable[str] = ()) -> None:
    """Refuse changes of the project in `root` by their names, and by what lies there; `shared` are its environments.

    Raises:
        EditError: for the first path that may not be changed.
    """
    globs, kept = tuple(protected), tuple(shared)
    for path in paths:
        problem = refusal(path, globs) or _refused_there(root, path, kept)
        if problem:
            raise EditError(problem)


def _refused_there(root: Path, path: str, shared: tuple[str, ...]) -> str:
    pure = PurePosixPath(path)
    for depth in range(1, len(pure.parts) + 1):
        if (root / Path(*pure.parts[:depth])).is_symlink():
            return f"{path} is reached through a symbolic link; only the project's own files can be changed."
    if any(pure.is_relative_to(name) for name in shared):
        return f"{path} is not part of the code; only files of the project can be changed."
    return f"{path} is a folder; only files can be changed." if (root / path).is_dir() else ""
