"""`go test -bench`: `BenchmarkX-2 N 12998 ns/op ...` lines, plain or as -json events (which may split a line)."""

import json
import re
from statistics import fmean

from engine.model import Reading

_LINE = re.compile(r"^(Benchmark\S*)\s+\d+\s+([\d.]+(?:e[-+]?\d+)?) ns/op", re.MULTILINE)


def readings(text: str) -> list[Reading]:
    """The mean time of each benchmark over its repetitions (-count).

    Raises:
        ValueError: when a time is no number.
    """
    times: dict[str, list[float]] = {}
    for name, value in _LINE.findall(_plain(text)):
        times.setdefault(name, []).append(float(value) * 1e-9)
    return [Reading(name=name, value=fmean(values), unit="s") for name, values in times.items()]


def _plain(text: str) -> str:
    """The output inside of `-json` events; other text as it is."""
    parts: list[str] = []
    for line in text.splitlines(keepends=True):
        event: object = None
        if line.startswith("{"):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                event = None
        is_event = isinstance(event, dict) and "Action" in event
        parts.append(str(event.get("Output", "")) if is_event and isinstance(event, dict) else line)
    return "".join(parts)
