"""The frozen snapshot of the user's tree that all variants are compared with; the tree itself is only ever read.

The snapshot holds what git would commit with `git add -A` (all files where there is no git), and small build
products that git ignores, so that builds are incremental. Environments (.venv, node_modules) and large ignored
folders are not copied: arms see the originals, through an overlay or a link. Caches are left out: each arm makes
its own, in the same way.
"""

import asyncio
import errno
import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec

from engine.errors import BaselineError
from engine.evaluate.surroundings import is_environment
from engine.protected import LEFT_OUT, is_secret

P = ParamSpec("P")
T = TypeVar("T")

SMALL_BYTES = 256 * 1024 * 1024
"""Ignored folders up to this size are copied."""


class Survey(msgspec.Struct, frozen=True):
    """What the user's tree consists of, by paths relative to its root."""

    files: tuple[str, ...]
    """To be copied."""
    shared: tuple[str, ...]
    """Folders to be seen as they are."""
    digest: str
    """Changes when a file does."""


class Base(msgspec.Struct, frozen=True):
    """A snapshot: never changed once it is made."""

    root: Path
    folder: Path
    survey: Survey

    @property
    def products(self) -> Path:
        """Where the files lie that the baseline's build has made or changed; not there when it made none."""
        return self.folder.with_name(f"{self.folder.name}-products")

    @property
    def layers(self) -> list[Path]:
        """The folders that together are the built baseline, the uppermost first."""
        return [self.products, self.folder] if self.products.is_dir() else [self.folder]

    def remove(self) -> None:
        """Give the disk space back."""
        for layer in self.layers:
            remove(layer)


def survey(root: Path, state_dir: Path) -> Survey:
    """Look at the user's tree without changing anything in it."""
    listed = _git(root, "-co"), _git(root, "-oi", "--directory")
    tracked = listed[0]
    if tracked is None:
        names, ignored = list(_walk(root, "")), []
    else:
        names, ignored = tracked, listed[1] or []
    state = os.path.relpath(state_dir, root) + "/"
    shared: set[str] = {name.rstrip("/") for name in ignored if _is_shared(root, name)}
    shared |= {folder for name in names if (folder := _environment_of(root, name))}
    products = (inner for name in ignored if name.rstrip("/") not in shared for inner in _products(root, name))
    kept = {
        name
        for name in (*names, *products)
        if not name.startswith(state) and _belongs(name) and not _under(name, shared)
    }
    present = sorted(name for name in kept if os.path.lexists(root / name))
    inner = tuple(sorted(folder for folder in shared if not _under(os.path.dirname(folder), shared)))
    return Survey(files=tuple(present), shared=inner, digest=_digest(root, present, inner))


def freeze(root: Path, folder: Path, state_dir: Path, earlier: Base | None = None) -> Base:
    """Copy the tree into `folder`, again when it changes meanwhile; what has not changed is taken from an earlier base.

    Raises:
        BaselineError: when a file cannot be read, or the tree does not come to rest.
    """
    seen = survey(root, state_dir)
    for _ in range(3):
        _copy(root, folder, seen.files, earlier.folder if earlier else None)
        again = survey(root, state_dir)
        if again == seen:
            return Base(root=root, folder=folder, survey=seen)
        seen = again
        remove(folder)
    raise BaselineError(f"{root}: files keep changing while they are copied; wait until the tree is at rest.")


async def to_its_end(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run it in a thread; cancelling waits for it: a folder that is still being written cannot be removed for good."""
    running = asyncio.create_task(asyncio.to_thread(function, *arguments, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


def remove(folder: Path) -> None:
    """Delete a folder with all that is in it, write-protected folders included; a missing one is fine."""
    if not folder.exists():
        return
    for place, folders, _ in os.walk(folder):
        for name in folders:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
    shutil.rmtree(folder)


def _git(root: Path, *which: str) -> list[str] | None:
    command = ["git", "-C", str(root), "ls-files", *which, "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}, check=False)
    except FileNotFoundError:
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name] if done.returncode == 0 else None


def _walk(root: Path, start: str) -> Iterator[str]:
    for place, folders, files in os.walk(root / start):
        here = os.path.relpath(place, root)
        prefix = "" if here == "." else here + "/"
        environments = [name for name in folders if is_environment(Path(place, name))]
        yield from (f"{prefix}{name}/" for name in environments)
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        folders[:] = [name for name in folders if name not in LEFT_OUT and name not in (*environments, *links)]
        yield from (prefix + name for name in (*links, *files))


def _environment_of(root: Path, name: str) -> str:
    """The environment in which a listed file lies; empty for most."""
    if name.endswith("/") and is_environment(root / name.rstrip("/")):
        return name.rstrip("/")
    if name.endswith("/pyvenv.cfg"):
        return name[: -len("/pyvenv.cfg")]
    parts = name.split("/")
    return "/".join(parts[: parts.index("node_modules") + 1]) if "node_modules" in parts[:-1] else ""


def _is_shared(root: Path, name: str) -> bool:
    folder = root / name.rstrip("/")
    if not name.endswith("/") or folder.is_symlink() or folder.name in LEFT_OUT or is_secret(name):
        return False
    return is_environment(folder) or _larger(folder, SMALL_BYTES)


def _larger(folder: Path, limit: int) -> bool:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            total += os.lstat(os.path.join(place, name)).st_size
        if total > limit:
            return True
    return False


def _products(root: Path, name: str) -> Iterable[str]:
    """The files of an ignored entry."""
    if not name.endswith("/"):
        return [name]
    return _walk(root, name.rstrip("/")) if _belongs(name + "x") else []


def _belongs(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return not (LEFT_OUT.intersection(parts) or is_secret(name) or name.endswith(".pyc"))


def _under(name: str, folders: set[str]) -> bool:
    parts = name.split("/")
    return any("/".join(parts[:count]) in folders for count in range(1, len(parts) + 1))


def _digest(root: Path, names: Iterable[str], shared: Iterable[str]) -> str:
    digest = hashlib.sha256("\0".join(shared).encode("utf-8", "surrogateescape"))
    for name in names:
        status = os.lstat(root / name)
        facts = f"{name}\0{status.st_mtime_ns}\0{status.st_size}\0{status.st_mode}\0"
        digest.update(facts.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _copy(root: Path, folder: Path, names: Iterable[str], earlier: Path | None) -> None:
    folder.mkdir(parents=True)
    made: set[str] = set()
    for name in names:
        parent = os.path.dirname(name)
        if parent not in made:
            os.makedirs(folder / parent, exist_ok=True)
            made.add(parent)
        if earlier is None or not _link(root / name, earlier / name, folder / name):
            _copy_one(root / name, folder / name)


def _link(source: Path, earlier: Path, target: Path) -> bool:
    """Take a file from an earlier base, which nobody writes to, when it is the same as the user's."""
    try:
        now, then = os.lstat(source), os.lstat(earlier)
    except FileNotFoundError:
        return False
    same = (now.st_mtime_ns, now.st_size, now.st_mode) == (then.st_mtime_ns, then.st_size, then.st_mode)
    if not same or not stat.S_ISREG(now.st_mode):
        return False
    os.link(earlier, target)
    return True


def _copy_one(source: Path, target: Path) -> None:
    """Copy with mode and times, so that make and .pyc files see what they know; links stay links."""
    try:
        status = os.lstat(source)
        if stat.S_ISREG(status.st_mode):
            _copy_file(source, target, status)
        elif stat.S_ISLNK(status.st_mode):
            shutil.copy2(source, target, follow_symlinks=False)
        elif stat.S_ISDIR(status.st_mode):  # a git submodule: its own files, without its .git
            ignore = shutil.ignore_patterns(*LEFT_OUT)
            shutil.copytree(source, target, symlinks=True, ignore=ignore, dirs_exist_ok=True)
    except FileNotFoundError:  # gone since it was listed: the second survey will differ
        return
    except PermissionError as error:
        raise BaselineError(f"{source}: cannot be read, so the project cannot be copied; make it readable.") from error


def _copy_file(source: Path, target: Path, status: os.stat_result) -> None:
    """Copy by the kernel, which shares the blocks where the file system can (btrfs, xfs)."""
    if not hasattr(os, "copy_file_range"):
        shutil.copy2(source, target)
        return
    reading = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            while os.copy_file_range(reading, writing, 1 << 30):
                pass
            os.fchmod(writing, stat.S_IMODE(status.st_mode))
            os.utime(writing, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(writing)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        shutil.copy2(source, target)
    finally:
        os.close(reading)
