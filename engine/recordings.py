"""Recordings as files: what a session has asked LLMs and heard from them, to give to others and to play back."""

from pathlib import Path
from typing import Literal

import msgspec

from engine import paths
from engine.errors import UNREADABLE, EngineError
from engine.llm.replay import Recording
from engine.model import Exchange
from engine.store_archive import read_exchanges

SQLITE = b"SQLite format 3\0"


class RecordingFile(msgspec.Struct, frozen=True, kw_only=True):
    """The format of an exported recording (JSON)."""

    format: Literal["mpco recording"] = "mpco recording"
    version: Literal[1] = 1
    exchanges: tuple[Exchange, ...]


def write(path: Path, exchanges: tuple[Exchange, ...]) -> None:
    """Write `exchanges` to a file.

    Raises:
        EngineError: when it cannot be written.
    """
    whole = msgspec.json.format(msgspec.json.encode(RecordingFile(exchanges=exchanges)), indent=1)
    try:
        path.write_bytes(whole + b"\n")
    except OSError as error:
        raise EngineError(f"{path}: cannot be written ({error.strerror}); choose another place.") from error


def read(path: Path) -> tuple[Exchange, ...]:
    """The exchanges in a recording, in a session database, or in the session of the project in a folder.

    Raises:
        EngineError: when there are none.
    """
    file = paths.database(path) if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            is_database = opened.read(len(SQLITE)) == SQLITE
        if is_database:
            found = read_exchanges(file)
        else:
            found = msgspec.json.decode(file.read_bytes(), type=RecordingFile).exchanges
    except OSError as error:
        raise EngineError(
            f"{file}: cannot be read ({error.strerror}); name a session database or a recording."
        ) from error
    except UNREADABLE as error:
        raise EngineError(f"{file}: is no recording of MPCO ({error}); `mpco recording export` writes one.") from error
    if not found:
        raise EngineError(f"{file}: nothing was asked in that session; there is nothing to play back.")
    return found


def playable(path: Path, speed: float) -> Recording:
    """The recording at `path`, ready to be played back; `speed` 1 is as recorded, 0 as fast as possible."""
    return Recording(read(path), path.name, speed)
