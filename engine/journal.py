"""The journal of a write to the working tree: what is about to be written, on the disk before the first file is.

After a crash it tells the next start what to finish or to take back.
"""

import os
from pathlib import Path

import msgspec

from engine.errors import UNREADABLE, EditError
from engine.model import Application

JOURNAL = "write.journal"
"""Its name in the state folder; there is such a file only while a write is under way."""


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file to write: where it really is, and what has to be there until then."""

    path: str
    real: Path
    temporary: Path
    """Where it is written completely before it takes its place."""
    before: bytes | None
    """None when there must be no such file."""
    after: bytes | None
    """None when the file is to be removed."""
    mode: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One write of several files, and what is recorded when it is done."""

    application: Application
    files: tuple[PlannedFile, ...]
    folders: tuple[Path, ...] = ()
    """Folders that are made for it, the outermost first."""


class Journal:
    """The journal in the state folder of a project."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL

    def open(self, entry: Entry) -> None:
        """Put an entry on the disk, complete or not at all.

        Raises:
            OSError: when the disk refuses.
        """
        draft = self._path.with_suffix(".draft")
        try:
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(entry, enc_hook=str))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        draft.replace(self._path)
        sync_folder(self._path.parent)

    def read(self) -> Entry | None:
        """The write that was cut off, or nothing.

        Raises:
            EditError: when the journal cannot be read.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Entry, dec_hook=lambda kind, text: kind(text))
        except FileNotFoundError:
            return None
        except (OSError, *UNREADABLE) as error:
            raise EditError(f"{self._path}: the journal of a cut off write cannot be read ({error}).") from error

    def close(self) -> None:
        """Forget the entry."""
        self._path.unlink(missing_ok=True)
        sync_folder(self._path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names of a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
