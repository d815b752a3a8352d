"""JSON that is too long to hold: a cursor over the file, and long lists read a piece at a time."""

import mmap
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

PIECE = 1 << 20
_BLANK = b" \t\r\n"
_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ATOM = re.compile(rb"[^\s,\]}\[{\"]+")
_TOKEN = re.compile(rb'[\[{]|[\]}]|"(?:[^"\\]|\\.)*"', re.DOTALL)
_END = re.compile(rb"\]")
_NESTED_END = re.compile(rb"\]\s*\]")
_EMPTY = re.compile(rb"\[\s*\]")

T = TypeVar("T")


class CutError(ValueError):
    """The text ends too early, or is no JSON."""


class Cursor:
    """Walks over JSON text; what is not asked for is skipped without being built."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def members(self) -> Iterator[str]:
        """The keys of the object that is next; its values are skipped where they were not read."""
        self._expect(b"{")
        if self._took(b"}"):
            return
        while True:
            self._blank()
            key = _STRING.match(self._data, self._at)
            if key is None:
                raise CutError("its end is missing")
            self._at = key.end()
            self._expect(b":")
            self._blank()
            before = self._at
            yield str(msgspec.json.decode(key[0]))
            if self._at == before:
                self.skip()
            if self._took(b"}"):
                return
            self._expect(b",")

    def items(self) -> Iterator[None]:
        """Once for each item of the list that is next."""
        self._expect(b"[")
        if self._took(b"]"):
            return
        while True:
            self._blank()
            before = self._at
            yield None
            if self._at == before:
                self.skip()
            if self._took(b"]"):
                return
            self._expect(b",")

    def value(self, type_: Any) -> Any:
        """The value that is next."""
        self._blank()
        start = self._at
        self.skip()
        return msgspec.json.decode(self._data[start : self._at], type=type_)

    def list_place(self, *, nested: bool) -> tuple[int, int]:
        """Where the list that is next lies, without its brackets; a list of numbers, of objects, or of such lists."""
        self._blank()
        empty = _EMPTY.match(self._data, self._at)
        if empty:
            self._at = empty.end()
            return 0, 0
        start = self._at + 1
        self._expect(b"[")
        end = (_NESTED_END if nested else _END).search(self._data, self._at)
        if end is None:
            raise CutError("its end is missing")
        self._at = end.end()
        return start, end.end() - 1

    def skip(self) -> None:
        """Go past the value that is next."""
        self._blank()
        if self._data[self._at : self._at + 1] in (b"{", b"["):
            depth = 0
            for token in _TOKEN.finditer(self._data, self._at):
                if token[0] in (b"{", b"["):
                    depth += 1
                elif token[0] in (b"}", b"]"):
                    depth -= 1
                if not depth:
                    self._at = token.end()
                    return
            raise CutError("its end is missing")
        found = _STRING.match(self._data, self._at) or _ATOM.match(self._data, self._at)
        if found is None:
            raise CutError("its end is missing")
        self._at = found.end()

    def _blank(self) -> None:
        found = _SPACE.match(self._data, self._at)
        self._at = found.end() if found else self._at

    def _took(self, mark: bytes) -> bool:
        self._blank()
        taken = self._data[self._at : self._at + 1] == mark
        self._at += taken
        return taken

    def _expect(self, mark: bytes) -> None:
        if not self._took(mark):
            raise CutError(f"{mark.decode()} is missing at byte {self._at}")


def _pieces(data: mmap.mmap, place: tuple[int, int], mark: bytes) -> Iterator[bytes]:
    """The text of a list, cut behind a `mark`; the memory of what was read is given back."""
    start, end = place
    page = mmap.ALLOCATIONGRANULARITY
    released = start - start % page
    while start < end:
        stop = min(start + PIECE, end)
        if stop < end:
            cut = data.rfind(mark, start, stop)
            while cut < 0 and stop < end:
                stop = min(stop + PIECE, end)
                cut = data.rfind(mark, start, stop)
            stop = cut + 1 if cut >= 0 else end
        yield data[start:stop]
        start = stop
        done = start - start % page
        if hasattr(data, "madvise") and done > released:
            data.madvise(mmap.MADV_DONTNEED, released, done - released)
            released = done


def stacks_of(data: mmap.mmap, place: tuple[int, int]) -> Iterator[bytes]:
    """The lists of a list of lists of numbers, as the text between their brackets."""
    for piece in _pieces(data, place, b"]"):
        text = piece.translate(None, _BLANK).strip(b",")
        if text[:1] != b"[" or text[-1:] != b"]":
            raise CutError("a sample is no list")
        yield from text[1:-1].split(b"],[")


def numbers_of(data: mmap.mmap, place: tuple[int, int]) -> Iterator[float]:
    """The numbers of a list."""
    for piece in _pieces(data, place, b","):
        yield from map(float, piece.strip(_BLANK + b",").split(b","))


def objects_of(data: mmap.mmap, place: tuple[int, int], type_: type[T]) -> Iterator[T]:
    """The objects of a list of flat objects."""
    decoder = msgspec.json.Decoder(list[type_])  # type: ignore[valid-type]
    for piece in _pieces(data, place, b"}"):
        yield from decoder.decode(b"[" + piece.strip(_BLANK + b",") + b"]")
