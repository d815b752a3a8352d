"""speedscope's JSON, as py-spy, pyinstrument, austin, rbspy and others write it; sampled and evented profiles.

Format: https://github.com/jlfwong/speedscope/blob/main/src/lib/file-format-spec.ts. The long lists (`samples`,
`weights`, `events`) are never held: their places in the file are found first, then they are read a piece at a time.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import msgspec

from engine.errors import UNREADABLE
from engine.profile.formats.json_pieces import Cursor, CutError, numbers_of, objects_of, stacks_of
from engine.profile.formats.source import Source
from engine.profile.frames import Frame, frame_of, is_frame
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "speedscope JSON"
_SECONDS = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
_KEYS = re.compile(
    rb'"(?:\$schema"\s*:\s*"[^"]*speedscope|shared"\s*:\s*\{\s*"frames"|profiles"\s*:\s*\[\s*\{\s*"(?:type|name)")'
)


class _Shared(msgspec.Struct):
    name: str = ""
    file: str | None = None
    line: float | None = None


class _Event(msgspec.Struct):
    type: str
    at: float
    frame: int


class _Part(msgspec.Struct):
    """One profile of the file: its small values, and where its lists lie."""

    values: dict[str, Any]
    lists: dict[str, tuple[int, int]]


def matches(head: bytes) -> bool:
    """An object with speedscope's schema, or its two parts."""
    return head.lstrip()[:1] == b"{" and _KEYS.search(head) is not None


def read(source: Source, tally: Tally) -> None:
    """Add all profiles (one for each thread) of the file."""
    with source.mapped() as data:
        try:
            frames, parts = _survey(data)
            if frames is None:
                raise CutError("its frames are missing")
            _add(data, frames, parts, tally)
        except (CutError, *UNREADABLE, ValueError, LookupError) as error:
            raise source.damaged(NAME, error) from error


def _survey(data: Any) -> tuple[list[_Shared] | None, list[_Part]]:
    frames: list[_Shared] | None = None
    parts: list[_Part] = []
    top = Cursor(data)
    for key in top.members():
        if key == "profiles":
            parts += [_part(top) for _ in top.items()]
        elif key == "shared":
            for inner in top.members():
                if inner == "frames":
                    frames = top.value(list[_Shared])
    return frames, parts


def _part(cursor: Cursor) -> _Part:
    part = _Part({}, {})
    for key in cursor.members():
        if key in ("samples", "weights", "events"):
            part.lists[key] = cursor.list_place(nested=key == "samples")
        elif key in ("type", "unit", "startValue", "endValue"):
            part.values[key] = cursor.value(Any)
    return part


def _add(data: Any, shared: Sequence[_Shared], parts: Sequence[_Part], tally: Tally) -> None:
    units = {str(part.values.get("unit", "none")) for part in parts}
    tally.unit = "seconds" if units and units <= set(_SECONDS) else "bytes" if units == {"bytes"} else "samples"
    stacks = Stacks(tally)
    numbers = [stacks.number(_frame(item)) if item.file or is_frame(item.name) else -1 for item in shared]
    for part in parts:
        scale = _SECONDS.get(str(part.values.get("unit")), 1.0)
        if "samples" in part.lists:
            _add_sampled(data, part, numbers, scale, stacks)
        elif "events" in part.lists:
            _add_evented(data, part, numbers, scale, stacks)
    stacks.flush()


def _frame(item: _Shared) -> Frame:
    if not item.file:
        return frame_of(item.name)
    return Frame(item.name, item.file, int(item.line or 0))


def _add_sampled(data: Any, part: _Part, numbers: Sequence[int], scale: float, stacks: Stacks) -> None:
    weights: Iterator[float] = iter(())
    if "weights" in part.lists:
        weights = numbers_of(data, part.lists["weights"])
    texts = stacks_of(data, part.lists["samples"])
    pairs = zip(texts, chain(weights, repeat(1.0)), strict=False)
    weighed = ((text, weight * scale) for text, weight in pairs if weight > 0)
    stacks.add_texts(weighed, b",", {b"%d" % place: number for place, number in enumerate(numbers)})


def _add_evented(data: Any, part: _Part, numbers: Sequence[int], scale: float, stacks: Stacks) -> None:
    stack: list[int] = []
    since = float(part.values.get("startValue") or 0.0)
    for event in objects_of(data, part.lists["events"], _Event):
        if event.at > since and stack:
            stacks.add(stack, (event.at - since) * scale)
        since = max(since, event.at)
        number = numbers[event.frame]
        if number < 0:
            continue
        if event.type == "O":
            stack.append(number)
        elif stack and stack[-1] == number:
            stack.pop()
        elif number in stack:
            del stack[len(stack) - 1 - stack[::-1].index(number) :]
    end = float(part.values.get("endValue") or since)
    if stack and end > since:
        stacks.add(stack, (end - since) * scale)
