"""Sessions that are kept beside the running one: what they came to, two compared, a function's trend, what takes room.

All of it reads files, in any process; only beginning a new session is the engine's own work.
"""

import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from engine import paths
from engine.errors import EngineError
from engine.model import Profile
from engine.protocol import Snapshot
from engine.report.sessions import CURRENT, Facts, TrendPoint, facts, nouns_of, tables_of_two, trend_points
from engine.report.tables import Table
from engine.report.tally import Nouns
from engine.store_archive import read

_NAME = re.compile(r"[\w][\w.-]{0,79}")
LEFTOVERS = ("session.db.damaged-*", "sessions/.*.part", "engine.log")
"""What no session needs: databases that were set aside as damaged, unfinished copies, the engine's log."""


def sessions(root: Path) -> list[Facts]:
    """The running session first, then those that were kept, the newest first."""
    return [_facts(name, path) for name, path in _files(root)]


def new_name(root: Path, name: str) -> Path:
    """Where a session is to be kept; without a name, the time is one.

    Raises:
        EngineError: when it cannot be a name, or is taken.
    """
    name = name or time.strftime("%Y-%m-%d-%H%M%S")
    if not _NAME.fullmatch(name) or name == CURRENT:
        raise EngineError(f"{name!r} cannot be the name of a session; take letters, digits, dots, - and _.")
    path = paths.archived(root) / f"{name}.db"
    if path.exists():
        raise EngineError(f"There is a session {name} already; give another name.")
    return path


def compare(root: Path, one: str, other: str) -> tuple[Table, ...]:
    """Two sessions beside each other: in short, by bottleneck, by LLM and approach.

    Raises:
        EngineError: when there is no such session, or it cannot be read.
    """
    files = dict(_files(root))
    found = [(name, files[name] if name in files else archived_file(root, name)) for name in (one, other)]
    both = [(name, _content(path)[1]) for name, path in found]
    return tables_of_two([_facts(name, path) for name, path in found], both)


def trend(root: Path, function: str = "") -> list[TrendPoint]:
    """A function in every profile of every session that can be read, oldest first.

    Without a name it is the first bottleneck of the newest profile.

    Raises:
        EngineError: when there is no profile, or none that names the function.
    """
    found: list[tuple[str, Profile]] = []
    for name, path in _files(root):
        with suppress(EngineError):  # `mpco sessions` says which one and why
            found += [(name, profile) for profile in read(path).profiles]
    found.sort(key=lambda pair: pair[1].at)
    if not found:
        raise EngineError("No session has a profile yet; `mpco profile` runs one.")
    newest = found[-1][1].bottlenecks
    wanted = function or (newest[0].function if newest else "")
    points = [point for name, profile in found for point in trend_points(name, profile, wanted)]
    if not points:
        raise EngineError(f"No profile of any session has a function {wanted!r}; give its name as `mpco profile` does.")
    return points


def leftovers(root: Path) -> list[tuple[Path, int]]:
    """Files in the project's state folder that no session needs, with their sizes in bytes."""
    folder = root / paths.STATE_DIR
    found = sorted({path for pattern in LEFTOVERS for path in folder.glob(pattern)})
    return [(path, _size(path)) for path in found]


def archived_file(root: Path, name: str) -> Path:
    """The file of a session that was kept.

    Raises:
        EngineError: when there is none of that name, or it is the running one.
    """
    if name == CURRENT:
        raise EngineError("The current session is in use; `mpco sessions new` keeps it and begins another.")
    path = dict(_files(root)).get(name)
    if path is None:
        known = ", ".join(known for known, _ in _files(root))
        raise EngineError(f"There is no session {name!r}; there are: {known or 'none'}.")
    return path


def remove(paths_: Iterable[Path]) -> None:
    """Remove files or folders.

    Raises:
        EngineError: when one cannot be removed.
    """
    for path in paths_:
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        except OSError as error:
            raise EngineError(f"{path}: cannot be removed ({error.strerror}).") from error


# ------------------------------------------------------------------------------------------------ reading


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    if paths.database(root).exists():
        yield CURRENT, paths.database(root)
    kept = [path for path in paths.archived(root).glob("*.db") if not path.name.startswith(".")]
    yield from ((path.stem, path) for path in sorted(kept, key=lambda path: -path.stat().st_mtime))


def _size(path: Path) -> int:
    """With SQLite's log beside it."""
    parts = (path, path.with_name(f"{path.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _content(path: Path) -> tuple[Snapshot, Nouns]:
    kept = read(path)
    return kept.snapshot, nouns_of(*kept)


def _facts(name: str, path: Path) -> Facts:
    try:
        return facts(name, _size(path), *_content(path))
    except EngineError as error:
        return Facts(name=name, bytes=_size(path), problem=str(error))
