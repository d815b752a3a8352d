"""Figures from the benchmark's own output: one small module for each format, recognised by content.

One process run is one sample: what a framework repeats inside of one process is not independent, so its samples are
reduced to their mean. Several benchmarks in one file are several readings.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from engine.evaluate.metrics import (
    catch2,
    criterion,
    go_bench,
    google_benchmark,
    hyperfine,
    jmh,
    pattern,
    pyperf,
    pytest_benchmark,
    results_file,
)
from engine.model import Reading

__all__ = ["OutputError", "score", "take"]

JSON: dict[str, Callable[[object], list[Reading]]] = {
    "pytest-benchmark": pytest_benchmark.readings,
    "pyperf": pyperf.readings,
    "hyperfine": hyperfine.readings,
    "google-benchmark": google_benchmark.readings,
    "jmh": jmh.readings,
    "criterion": criterion.readings,
}
"""In the order in which they are tried."""
TEXT: dict[str, Callable[[str], list[Reading]]] = {"catch2": catch2.readings, "go-bench": go_bench.readings}


class OutputError(Exception):
    """The output holds no figures; the text completes "The benchmark's output ..."."""


def take(kind: str, text: str, regex: str = "", better: Literal["lower", "higher"] = "lower") -> tuple[Reading, ...]:
    """The readings in `text`; `regex` is for the kind `regex`, `better` for figures that do not tell themselves.

    Raises:
        OutputError: when there are none, or one that no geometric mean can take.
    """
    found = _read(kind, text, regex, better)
    if not found:
        raise OutputError(f"holds no figure that [benchmark] output = {kind!r} can read")
    names: dict[str, int] = {}
    unique = []
    for item in found:
        names[item.name] = names.get(item.name, 0) + 1
        number = names[item.name]
        unique.append(item if number == 1 else msgspec.structs.replace(item, name=f"{item.name} #{number}"))
    for item in unique:
        if not math.isfinite(item.value) or item.value <= 0.0:
            raise OutputError(f"says {item.name} = {item.value:g}, which is no positive number")
    return tuple(unique)


def _read(kind: str, text: str, regex: str, better: Literal["lower", "higher"]) -> list[Reading]:
    if kind == "regex":
        return pattern.readings(text, regex, better)
    if kind == "results-file":
        return _tried(lambda: results_file.readings(text, better))
    if kind in JSON:
        return _tried(lambda: JSON[kind](_document(text)))
    if kind in TEXT:
        return _tried(lambda: TEXT[kind](text))
    return _recognised(text, better)


def _recognised(text: str, better: Literal["lower", "higher"]) -> list[Reading]:
    """By content; a results file is what anything with numbers would be, so it comes last."""
    attempts: list[Callable[[], list[Reading]]] = [lambda reader=reader: reader(text) for reader in TEXT.values()]  # type: ignore[misc]
    try:
        document = _document(text)
        attempts += [lambda reader=reader: reader(document) for reader in JSON.values()]  # type: ignore[misc]
    except OutputError:
        pass
    for attempt in (*attempts, lambda: results_file.readings(text, better)):
        try:
            if found := _tried(attempt):
                return found
        except OutputError:
            continue
    return []


def _tried(attempt: Callable[[], list[Reading]]) -> list[Reading]:
    try:
        return attempt()
    except (msgspec.ValidationError, ValueError, ArithmeticError, RecursionError) as error:
        raise OutputError(f"cannot be read: {error}") from error


def _document(text: str) -> object:
    """The JSON document, which may stand between other lines."""
    decoder = json.JSONDecoder()
    start = next((place for place, sign in enumerate(text) if sign in "{["), None)
    while start is not None:
        try:
            found: object = decoder.raw_decode(text, start)[0]
            return found
        except (ValueError, RecursionError):
            line = text.find("\n", start) + 1
            places = [place for sign in "{[" if line and (place := text.find(sign, line)) >= 0]
            start = min(places, default=None)
    raise OutputError("is no JSON")


def score(readings: Sequence[Reading]) -> float:
    """The geometric mean of what decides, as a figure of which less is better; 0 for none."""
    logs = [math.log(item.value) * (1 if item.better == "lower" else -1) for item in readings if not item.guardrail]
    return math.exp(min(700.0, max(-700.0, math.fsum(logs) / len(logs)))) if logs else 0.0
