"""The project as it is at a git revision, in a folder of its own, and the patch from there to the working tree."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from engine import config as configuration
from engine import paths
from engine.errors import EditError
from engine.git import Git
from engine.protected import CONFIGURATION, LEFT_OUT, refusal

READ_ONLY = {"GIT_OPTIONAL_LOCKS": "0"}
"""Git would otherwise note in the index what it has compared."""
AT_ONCE = 500
"""Paths given to git in one command."""


class Against(NamedTuple):
    """What is to be evaluated where."""

    root: Path
    """A copy of the project, untracked files included, with the files that differ as they are at the revision."""
    patch: str
    """From there to the working tree; empty when nothing that may differ does."""
    kept: tuple[str, ...]
    """Protected files that differ: both arms have those of the revision, so that no change moves its own yardstick."""


@contextmanager
def revision(root: Path, ref: str) -> Iterator[Against]:
    """The working tree of `root` against `ref`; the copy is gone afterwards. Nothing is written to the repository.

    The engine that was started for the copy has to be told to stop before this ends.

    Raises:
        EditError: when `root` is in no git repository, `ref` names no commit, or git fails.
        ConfigError: when the revision's mpco.toml has mistakes.
    """
    git = Git(root)
    try:
        commit = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except EditError as error:
        raise EditError(f"{ref} names no commit of {git.top}; give a branch, a tag or an id that is there.") from error
    changed = _changed(git, commit)
    folder = Path(tempfile.mkdtemp(prefix="mpco-against-")).resolve()
    try:
        copy = folder / root.resolve().name
        shutil.copytree(root, copy, symlinks=True, ignore=_left_out)
        _take_back(git, commit, changed, folder, copy)
        protected = configuration.load(copy).project.protected
        free = [path for path in changed if not refusal(path, protected)]
        yield Against(copy, _patch(git, commit, free), tuple(path for path in changed if path not in free))
        _await_end(copy)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _changed(git: Git, commit: str) -> list[str]:
    """Paths in the project, of all files that differ; those that git ignores or does not know never do."""
    listed = git.run("diff", "--name-only", "-z", "--no-renames", "--relative", commit, "--", ".", env=READ_ONLY)
    return [path for path in listed.split("\0") if path]


def _take_back(git: Git, commit: str, changed: Sequence[str], folder: Path, copy: Path) -> None:
    """Give the files that differ the content, mode and kind that they have at the commit."""
    env = {"GIT_INDEX_FILE": str(folder / "index")}
    git.run("read-tree", commit, env=env)
    known = set(git.run("ls-files", "-z", env=env).split("\0"))
    there = "".join(f"{path}\0" for path in changed if path in known)
    old = folder / "old"
    if there:
        git.run("checkout-index", "-f", "-z", "--stdin", f"--prefix={old}{os.sep}", data=os.fsencode(there), env=env)
    inside = os.path.relpath(git.folder, git.top)
    for path in changed:
        if path not in known and path == CONFIGURATION:
            continue  # the revision has none yet
        before, place = old / inside / path, copy / path
        if place.is_dir() and not place.is_symlink():
            continue  # a submodule
        place.unlink(missing_ok=True)
        if os.path.lexists(before):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(before, place)


def _patch(git: Git, commit: str, changed: Sequence[str]) -> str:
    pieces = []
    for start in range(0, len(changed), AT_ONCE):
        names = [f":(literal){path}" for path in changed[start : start + AT_ONCE]]
        options = ["--no-renames", "--relative", "--no-color", "--no-ext-diff", "--no-textconv"]
        options += ["--src-prefix=a/", "--dst-prefix=b/"]
        pieces.append(git.run("diff", *options, commit, "--", *names, env=READ_ONLY) + "\n")
    return "".join(pieces)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What is not of the project, and what cannot be copied: sockets and the like."""
    return {
        name
        for name in names
        if name in LEFT_OUT
        or not (os.path.islink(path := os.path.join(folder, name)) or os.path.isfile(path) or os.path.isdir(path))
    }


def _await_end(copy: Path) -> None:
    """Wait for the engine that is ending to have written its last."""
    with paths.lock_path(copy).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    paths.lock_path(copy).unlink(missing_ok=True)
