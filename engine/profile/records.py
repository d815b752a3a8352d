"""What the driver wrote -> typed records. The bytes come from untrusted code: they are only ever read as plain data."""

from typing import TypeVar

import msgspec

from engine.errors import UNREADABLE, ProfileError
from engine.profile import tally as graph
from engine.profile.frames import Frame
from engine.profile.stacks import Stacks
from engine.profile.tally import CallGraph

LARGEST = 256 * 1024 * 1024
"""Bytes of one recording; more is no profile but a mistake or an attack."""


class Function(msgspec.Struct, frozen=True, array_like=True):
    """One code object, or one built-in (then `file` is empty), with its times in seconds."""

    file: str
    line: int
    name: str
    calls: int
    total: float
    own: float


class Call(msgspec.Struct, frozen=True, array_like=True):
    """All calls of one function by another, both as positions in the list of functions."""

    caller: int
    callee: int
    calls: int
    total: float


def _frame(file: str, line: int, name: str, seen_root: str, root: str) -> Frame:
    """`file` with the project's root as it is, not as the recorded process saw it."""
    if file.startswith(seen_root.rstrip("/") + "/"):
        file = root.rstrip("/") + file[len(seen_root.rstrip("/")) :]
    return Frame(name, file, line)


class CallRecord(msgspec.Struct, frozen=True):
    """One process under cProfile; `root` is the project's root as that process saw it."""

    root: str
    functions: tuple[Function, ...]
    calls: tuple[Call, ...]

    def __post_init__(self) -> None:
        size = len(self.functions)
        if not all(0 <= call.caller < size and 0 <= call.callee < size for call in self.calls):
            raise ValueError("a call refers to a function that is not there")
        if not all(0 <= item.own < 1e9 and 0 <= item.total < 1e9 for item in self.functions):
            raise ValueError("a time is out of range")

    def graph(self, root: str) -> CallGraph:
        """What the process did, with its files below `root`."""
        return CallGraph(
            [
                graph.Function(
                    _frame(item.file, item.line, item.name, self.root, root), item.own, item.total, item.calls
                )
                for item in self.functions
            ],
            [graph.Call(call.caller, call.callee, call.calls, call.total) for call in self.calls],
        )


class LineRecord(msgspec.Struct, frozen=True):
    """The sampled stacks of one process: (nanoseconds, positions of its frames, innermost first)."""

    root: str
    frames: tuple[tuple[str, int, str], ...]
    stacks: tuple[tuple[int, tuple[int, ...]], ...]
    samples: int

    def __post_init__(self) -> None:
        size = len(self.frames)
        if not all(all(0 <= at < size for at in stack) for _, stack in self.stacks):
            raise ValueError("a stack refers to a frame that is not there")
        if not all(0 <= number < 1e18 for number in (self.samples, *(taken for taken, _ in self.stacks))):
            raise ValueError("a number is out of range")

    def add_to(self, stacks: Stacks, root: str) -> None:
        """Hand the samples over, in seconds, with their files below `root`."""
        numbers = [stacks.number(_frame(file, line, name, self.root, root)) for file, line, name in self.frames]
        for taken, stack in self.stacks:
            stacks.add([numbers[at] for at in reversed(stack)], taken / 1e9)


Record = TypeVar("Record", CallRecord, LineRecord)


def read_calls(data: bytes) -> tuple[CallRecord, ...]:
    """The processes of a recording.

    Raises:
        ProfileError: when it is damaged.
    """
    return _read(data, msgspec.json.Decoder(CallRecord))


def read_lines(data: bytes) -> tuple[LineRecord, ...]:
    """The sampled processes of a recording.

    Raises:
        ProfileError: when it is damaged.
    """
    return _read(data, msgspec.json.Decoder(LineRecord))


def _read(data: bytes, decoder: msgspec.json.Decoder[Record]) -> tuple[Record, ...]:
    if len(data) > LARGEST:
        raise ProfileError(
            f"The recorded profile has {len(data) >> 20} MB, more than can be read; profile a shorter run."
        )
    try:
        return tuple(decoder.decode_lines(data))
    except UNREADABLE as error:
        raise ProfileError(f"The recorded profile is damaged ({error}); profile again.") from error
