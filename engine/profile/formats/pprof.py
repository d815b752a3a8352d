"""pprof's protobuf (profile.proto), compressed or not: Go, gperftools, pprof-rs, async-profiler, Parca and others.

Fields by https://github.com/google/pprof/blob/main/proto/profile.proto. Samples come before the names of what they
refer to, so stacks of location numbers are collected first.
"""

from collections.abc import Iterator
from typing import NamedTuple

from engine.profile.formats.source import Source
from engine.profile.frames import Frame
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "pprof"
_TIMES = ("cpu", "samples_time", "wall", "time", "alloc_space", "inuse_space")
_SECONDS = {"nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1.0}

_NUMBERS = (7, 8, 9, 10, 12, 14)
"""Fields of the profile itself that are plain numbers."""

_Field = tuple[int, int | bytes]


class _Line(NamedTuple):
    function: int
    line: int


class _Function(NamedTuple):
    name: int
    file: int
    start: int


class _Profile:
    """The tables of one file."""

    def __init__(self) -> None:
        self.types: list[tuple[int, int]] = []
        self.samples: dict[tuple[int, ...], list[int]] = {}
        self.locations: dict[int, list[_Line]] = {}
        self.functions: dict[int, _Function] = {}
        self.mapping_of: dict[int, int] = {}
        self.mappings: dict[int, int] = {}
        self.strings: list[str] = []
        self.default_type = 0


def matches(head: bytes) -> bool:
    """A first sample type of two small numbers (field 1, or 11 for a heap's period, which Go writes first); before it
    at most plain numbers, as Go writes the time."""
    try:
        for number, value in _fields(head):
            if number in (1, 11):
                return isinstance(value, bytes) and _is_sample_type(value)
            if number not in _NUMBERS or isinstance(value, bytes):
                return False
    except ValueError:
        return False
    return False


def _is_sample_type(data: bytes) -> bool:
    inner = list(_fields(data)) if 0 < len(data) <= 22 else []
    return bool(inner) and all(number in (1, 2) and isinstance(value, int) for number, value in inner)


def read(source: Source, tally: Tally) -> None:
    """Add the file's samples, by their time where they have one."""
    try:
        profile = _profile(source.whole())
        column, unit = _column(profile)
        scale = _SECONDS.get(unit)
        stacks = Stacks(tally)
        frames = {id: _stack_part(profile, id, stacks) for id in profile.locations}
        for ids, values in profile.samples.items():
            weight = values[column] if column < len(values) else 0
            if weight > 0:
                stack = [number for id in reversed(ids) for number in frames.get(id, ())]
                stacks.add(stack or [stacks.number(Frame("[unknown]"))], weight * (scale or 1))
    except (ValueError, IndexError, TypeError, UnicodeDecodeError) as error:
        raise source.damaged(NAME, error) from error
    tally.unit = "seconds" if scale is not None else "bytes" if unit == "bytes" else "samples"
    stacks.flush()


def _column(profile: _Profile) -> tuple[int, str]:
    """(which of a sample's values counts, its unit)."""
    named = [(profile.strings[kind], profile.strings[unit]) for kind, unit in profile.types]
    default = profile.strings[profile.default_type] if profile.default_type else ""
    for wanted in (*([default] if default else []), *_TIMES):
        for column, (kind, unit) in enumerate(named):
            if kind == wanted:
                return column, unit
    timed = [column for column, (_, unit) in enumerate(named) if unit in _SECONDS]
    column = timed[0] if timed else max(0, len(named) - 1)
    return column, named[column][1] if named else ""


def _stack_part(profile: _Profile, id: int, stacks: Stacks) -> tuple[int, ...]:
    """The frames of one location, outermost first: several where code was inlined."""
    module = profile.strings[profile.mappings.get(profile.mapping_of.get(id, 0), 0)]
    found = []
    for line in reversed(profile.locations[id]):
        function = profile.functions.get(line.function)
        if function is None:
            continue
        name, file = profile.strings[function.name], profile.strings[function.file]
        found.append(stacks.number(Frame(name, file, line.line or function.start, module if not file else "")))
    return tuple(found) or (stacks.number(Frame("[unknown]", module=module)),)


def _profile(data: bytes) -> _Profile:
    profile = _Profile()
    for number, value in _fields(data):
        if number == 6 and isinstance(value, bytes):
            profile.strings.append(value.decode("utf-8", errors="replace"))
        elif number == 2 and isinstance(value, bytes):
            _sample(value, profile)
        elif number in (1, 3, 4, 5) and isinstance(value, bytes):
            _entry(number, value, profile)
        elif number == 14 and isinstance(value, int):
            profile.default_type = value
    if not profile.strings or not profile.types:
        raise ValueError("its names are missing")
    return profile


def _sample(data: bytes, profile: _Profile) -> None:
    ids: list[int] = []
    values: list[int] = []
    for number, value in _fields(data):
        if number in (1, 2):
            into = ids if number == 1 else values
            into.extend(_packed(value) if isinstance(value, bytes) else (value,))
    known = profile.samples.setdefault(tuple(ids), [0] * len(values))
    for at, value in enumerate(values[: len(known)]):
        known[at] += value if value < 1 << 63 else value - (1 << 64)


def _entry(number: int, data: bytes, profile: _Profile) -> None:
    plain = {key: value for key, value in _fields(data) if isinstance(value, int)}
    id = plain.get(1, 0)
    if number == 1:
        profile.types.append((plain.get(1, 0), plain.get(2, 0)))
    elif number == 3:
        profile.mappings[id] = plain.get(5, 0)
    elif number == 4:
        lines = [value for key, value in _fields(data) if key == 4 and isinstance(value, bytes)]
        parts = [dict(_fields(line)) for line in lines]
        profile.locations[id] = [_Line(_int(part.get(1)), _int(part.get(2))) for part in parts]
        profile.mapping_of[id] = plain.get(2, 0)
    else:
        profile.functions[id] = _Function(plain.get(2, 0), plain.get(4, 0), plain.get(5, 0))


def _int(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else 0


def _fields(data: bytes) -> Iterator[_Field]:
    """(field number, value) of one protobuf message.

    Raises:
        ValueError: when it is none.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind, number = key & 7, key >> 3
        value: int | bytes
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("a field is of no known kind")
        if at > end or not number:
            raise ValueError("its end is missing")
        yield number, value


def _packed(data: bytes) -> list[int]:
    found = []
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("its end is missing")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
