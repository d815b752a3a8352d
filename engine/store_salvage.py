"""A damaged session database is set aside, and what is readable of it is taken over into a new one."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import UNREADABLE, DamagedError, EngineError
from engine.model import Exchange, Measurement
from engine.protocol import Change, Measured
from engine.store import KINDS, Store, decode_change, decode_step

PARTS = ("", "-wal", "-shm")
"""The endings of the files that are one database in SQLite's WAL mode."""

Row = tuple[Any, ...]


def salvage(path: Path, cause: DamagedError) -> str:
    """Set the damaged database aside and put a new one in its place; returns what was done, in one sentence.

    Raises:
        EngineError: when that cannot be written; the database stays where it is then.
    """
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        with tempfile.TemporaryDirectory(prefix="salvage-", dir=path.parent) as folder:
            copy, fresh = Path(folder, "copy.db"), Path(folder, "fresh.db")
            parts = [part for part in PARTS if _part(path, part).exists()]
            for part in parts:
                shutil.copyfile(_part(path, part), _part(copy, part))
            _replay(copy, fresh)
            count = _take_over(copy, fresh)
            for part in parts:
                _part(path, part).rename(_part(aside, part))
            fresh.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise EngineError(f"{cause} It could not be mended: {error}.") from error
    taken = f"{count} of its records could be read and were taken over" if count else "nothing of it could be read"
    return f"The session database was damaged: {taken}. The damaged file is kept as {aside.name}."


def _part(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _replay(damaged: Path, fresh: Path) -> None:
    """Make the new database, with what the events say: they tell of nouns whose own rows may be lost."""
    changes: list[Change] = []
    with closing(sqlite3.connect(damaged)) as old:
        for (body,) in _rows(old, "event", "change"):
            with suppress(*UNREADABLE, TypeError):
                changes.append(decode_change.decode(body))
    store = Store(fresh)
    store.keep(change for change in changes if not isinstance(change, Measured))
    store.close()


def _take_over(damaged: Path, fresh: Path) -> int:
    count = 0
    with closing(sqlite3.connect(damaged)) as old, closing(sqlite3.connect(fresh)) as new, new:
        for table, (columns, check) in _TABLES.items():
            for row in _rows(old, table, columns):
                with suppress(*UNREADABLE, AttributeError, LookupError, TypeError, ValueError, sqlite3.IntegrityError):
                    check(row)
                    new.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({', '.join('?' * len(row))})", row)
                    count += 1
    return count


def _rows(db: sqlite3.Connection, table: str, columns: str) -> Iterator[Row]:
    """The rows before the first damaged page, then those after the last one."""
    last = -1
    for order in ("ASC", "DESC"):
        found: list[Row] = []
        with suppress(sqlite3.DatabaseError):
            query = f"SELECT rowid, {columns} FROM {table} WHERE rowid > ? ORDER BY rowid {order}"
            found.extend(db.execute(query, (last,)))  # keeps what came before an error
        for number, *values in found if order == "ASC" else reversed(found):
            last = max(last, number)
            yield tuple(values)


def _of(kind: Any, column: int) -> Callable[[Row], object]:
    return lambda row: msgspec.json.decode(row[column], type=kind)


_TABLES: dict[str, tuple[str, Callable[[Row], object]]] = {
    "noun": ("kind, id, born, body", lambda row: msgspec.json.decode(row[3], type=KINDS[row[0]])),
    "measurement": ("evaluation, pair, arm, body", _of(Measurement, 3)),
    "stream": ("subject, position, text", lambda row: row[2].encode()),
    "exchange": ("id, body", _of(Exchange, 1)),
    "step": ("candidate, hunks, undone", lambda row: decode_step.decode(row[1])),
}
"""By table: its columns, and what fails for a row that makes no sense. The log of events begins anew."""
