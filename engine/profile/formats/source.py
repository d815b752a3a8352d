"""A profile's file, as the readers of the formats see it: uncompressed, a piece at a time."""

import gzip
import mmap
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from engine.errors import UNREADABLE, ProfileError

HEAD = 256 * 1024
"""Bytes by which a format is recognised."""
PIECE = 1 << 16
"""Bytes that are read at once: more no longer fit into the processor's cache, and took a third longer."""
LONGEST_LINE = 16 << 20
LARGEST_TREE = 256 << 20
"""Bytes of a file that can only be read as a whole; it takes up to four times that in memory."""
_GZIP = b"\x1f\x8b"


class Source:
    """One file; every problem with it is said in one sentence that begins with its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with self.open() as file:
                self.head = file.read(HEAD)
        except OSError as error:
            raise ProfileError(f"{path}: cannot be read ({error.strerror or error}).") from error
        except (EOFError, zlib.error):
            raise self.cut() from None
        self.size = path.stat().st_size
        """Bytes on disk."""
        if not self.head:
            raise ProfileError(f"{path}: is empty; record the profile again.")

    def open(self) -> IO[bytes]:
        """The file's content, uncompressed."""
        file = open(self.path, "rb")  # noqa: SIM115 - the caller closes it
        compressed = file.read(2) == _GZIP
        file.seek(0)
        return gzip.GzipFile(fileobj=file) if compressed else file  # type: ignore[return-value]

    def pieces(self) -> Iterator[list[bytes]]:
        """The lines, in lists of a piece's size, without their ends."""
        rest = b""
        with self.open() as file:
            while piece := self._read(file):
                lines = piece.split(b"\n")
                lines[0] = rest + lines[0]
                rest = lines.pop()
                if len(rest) > LONGEST_LINE:
                    raise ProfileError(f"{self.path}: has a line of more than {LONGEST_LINE >> 20} MB; no profile has.")
                yield lines
        if rest:
            yield [rest]

    def _read(self, file: IO[bytes]) -> bytes:
        try:
            return file.read(PIECE)
        except (EOFError, zlib.error, OSError):
            raise self.cut() from None

    def whole(self, most: int = LARGEST_TREE) -> bytes:
        """All of it, for formats that cannot be read in pieces, of at most that many bytes.

        Raises:
            ProfileError: when it is larger than any such profile.
        """
        with self.open() as file:
            pieces, size = [], 0
            while piece := self._read(file):
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise ProfileError(
                        f"{self.path}: is larger than {most >> 20} MB, too large for its format; profile a shorter "
                        "run, or write speedscope JSON or collapsed stacks, which may be of any size."
                    )
        return b"".join(pieces)

    @contextmanager
    def mapped(self) -> Iterator[mmap.mmap]:
        """All of it as memory that the system can take back at any time."""
        with tempfile.TemporaryFile() as copy:
            if self.head_on_disk() == _GZIP:
                with self.open() as file:
                    while piece := self._read(file):
                        copy.write(piece)
                copy.flush()
                target: IO[bytes] = copy
            else:
                target = self.open()
            with target, mmap.mmap(target.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data

    def head_on_disk(self) -> bytes:
        """The first two bytes, compressed or not."""
        with open(self.path, "rb") as file:
            return file.read(2)

    def cut(self) -> ProfileError:
        """The file ends too early."""
        return ProfileError(f"{self.path}: is cut off or damaged; record or copy the profile again.")

    def damaged(self, format: str, why: object) -> ProfileError:
        """The file looks like `format`, but cannot be read as that."""
        reason = str(why).strip().rstrip(".").splitlines()
        return ProfileError(
            f"{self.path}: looks like {format}, but is cut off or damaged ({reason[0] if reason else 'no content'})."
        )


def decoded(source: Source, format: str, type_: type[msgspec.Struct]) -> msgspec.Struct:
    """The file as JSON of that type.

    Raises:
        ProfileError: when it is none.
    """
    try:
        return msgspec.json.decode(source.whole(), type=type_)
    except UNREADABLE as error:
        raise source.damaged(format, error) from error
