"""pyperf's JSON: benchmarks[]{metadata, runs[]{values[]}}; runs without values are calibration."""

from statistics import fmean
from typing import Any

import msgspec

from engine.model import Reading


class _Run(msgspec.Struct):
    values: list[float] = []


class _Benchmark(msgspec.Struct):
    runs: list[_Run]
    metadata: dict[str, Any] = {}


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    metadata: dict[str, Any] = {}


def readings(document: object) -> list[Reading]:
    """The mean over the processes that pyperf started, of the means of each one's values."""
    file = msgspec.convert(document, _File)
    found = []
    for number, item in enumerate(file.benchmarks, 1):
        metadata = file.metadata | item.metadata
        means = [fmean(run.values) for run in item.runs if run.values]
        if means:
            name, unit = str(metadata.get("name", f"benchmark {number}")), str(metadata.get("unit", "second"))
            found.append(Reading(name=name, value=fmean(means), unit="s" if unit == "second" else unit))
    return found
