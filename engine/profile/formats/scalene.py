"""scalene's JSON: percentages of time of each line, and whole stacks where they were recorded (`scalene --json`)."""

import math
import re
from typing import Any

import msgspec

from engine.profile.formats.source import Source, decoded
from engine.profile.frames import Frame
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "scalene JSON"
_KEYS = re.compile(rb'"(?:elapsed_time_sec|n_cpu_percent_python|alloc_samples|combined_stacks|growth_rate)"\s*:')
_MEGABYTE = 1 << 20
_STACK_FRAME = re.compile(r"(?P<file>.+) (?P<name>\S+):(?P<line>\d+);?")


class _Line(msgspec.Struct):
    lineno: int
    n_cpu_percent_python: float = 0.0
    n_cpu_percent_c: float = 0.0
    n_sys_percent: float = 0.0
    n_malloc_mb: float = 0.0
    start_function_line: int = 0
    end_function_line: int = 0

    @property
    def percent(self) -> float:
        """Of all time."""
        return self.n_cpu_percent_python + self.n_cpu_percent_c + self.n_sys_percent


class _File(msgspec.Struct):
    lines: tuple[_Line, ...] = ()
    functions: tuple[dict[str, Any], ...] = ()


class _Output(msgspec.Struct):
    files: dict[str, _File]
    elapsed_time_sec: float = 0.0
    stacks: tuple[Any, ...] = ()


def matches(head: bytes) -> bool:
    """An object with some of scalene's own keys."""
    return head.lstrip()[:1] == b"{" and _KEYS.search(head) is not None


def read(source: Source, tally: Tally) -> None:
    """Add own times by line; what calls what is known from the stacks, where there are any."""
    output = decoded(source, NAME, _Output)
    if not isinstance(output, _Output):
        return
    seconds = output.elapsed_time_sec / 100 if output.elapsed_time_sec > 0 else 1.0
    tally.unit = "seconds" if output.elapsed_time_sec > 0 else "percent"
    stacks = Stacks(tally)
    above = _callers(output.stacks)
    listed = 0.0
    for file, content in output.files.items():
        for line in content.lines:
            if 0 < line.n_malloc_mb < math.inf:
                _allocate(tally, Frame("", file, line.lineno), line.n_malloc_mb * _MEGABYTE)
            if line.percent > 0:
                listed += line.percent
                _add(stacks, Frame("", file, line.lineno), line.percent * seconds, _above(line, above.get(file, {})))
    if 0 < listed < 99.5:
        stacks.add([stacks.number(Frame("code outside of the profiled files"))], (100 - listed) * seconds)
    stacks.flush()


def _allocate(tally: Tally, frame: Frame, size: float) -> None:
    owner = tally.places.owner(frame)
    if owner.in_project:
        tally.allocated[owner][frame.line] += size


_Above = dict[int, list[tuple[list[Frame], float]]]


def _callers(recorded: tuple[Any, ...]) -> dict[str, _Above]:
    """The stacks above each line of each file, with their weights."""
    found: dict[str, _Above] = {}
    for item in recorded:
        try:
            texts, about = item
            frames = [_frame(text) for text in texts]
            weight = float(about["cpu_samples"])
        except (TypeError, ValueError, KeyError):
            continue
        if frames and weight > 0:
            of_file = found.setdefault(frames[-1].file, {})
            of_file.setdefault(frames[-1].line, []).append((frames[:-1], weight))
    return found


def _above(line: _Line, known: _Above) -> list[tuple[list[Frame], float]]:
    """The stacks above a line; where none was recorded, those above the other lines of its function."""
    span = range(line.start_function_line, line.end_function_line + 1)
    return known.get(line.lineno) or [item for number, found in known.items() if number in span for item in found]


def _frame(text: str) -> Frame:
    found = _STACK_FRAME.fullmatch(text)
    return Frame(found["name"], found["file"], int(found["line"])) if found else Frame(text)


def _add(stacks: Stacks, frame: Frame, weight: float, above: list[tuple[list[Frame], float]]) -> None:
    whole = sum(part for _, part in above)
    for frames, part in above:
        stacks.add([*map(stacks.number, frames), stacks.number(frame)], weight * part / whole)
    if not above:
        stacks.add([stacks.number(frame)], weight)
