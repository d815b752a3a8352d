"""Sessions that are kept: the running one as a file of its own, and files read without being changed."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.errors import UNREADABLE, EngineError
from engine.model import Exchange, Profile, Project
from engine.protocol import Snapshot
from engine.store import Store

_NOBODY = Project(root="", name="")


def archive(database: Path, target: Path) -> None:
    """Copy the session in `database` to the new file `target`, compact and whole or not at all.

    Raises:
        EngineError: when it cannot be written.
    """
    unfinished = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with closing(_read_only(database)) as db:
            db.execute("VACUUM INTO ?", (str(unfinished),))
        with closing(sqlite3.connect(unfinished)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read where nothing can be written
        unfinished.chmod(0o600)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.rename(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise EngineError(f"{target}: the session could not be kept there ({error}); nothing was changed.") from error


class Kept(NamedTuple):
    """What is in a session."""

    snapshot: Snapshot
    profiles: tuple[Profile, ...]
    """All of them, oldest first."""


def read(path: Path) -> Kept:
    """The session in `path`, from a copy in memory that is brought to the newest schema; the file stays as it is.

    Raises:
        EngineError: when it cannot be read, or is of a newer MPCO.
    """
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
            with closing(_read_only(path)) as disk:
                disk.backup(memory)
            store = Store.over(memory, path)
            return Kept(store.snapshot(_NOBODY), store.profiles())
    except (sqlite3.Error, OSError, TypeError, ValueError, *UNREADABLE) as error:
        raise EngineError(f"{path}: is no session that can be read ({error}).") from error


def read_exchanges(path: Path) -> tuple[Exchange, ...]:
    """The recorded calls in the database of another session, which stays as it is.

    Raises:
        EngineError: when it cannot be read.
    """
    try:
        with closing(_read_only(path)) as db:
            rows = db.execute("SELECT body FROM exchange ORDER BY rowid").fetchall()
    except sqlite3.Error as error:
        raise EngineError(f"{path}: no recorded calls can be read from it ({error}).") from error
    return tuple(msgspec.json.decode(body, type=Exchange) for (body,) in rows)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
