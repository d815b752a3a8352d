"""Google Benchmark's `--benchmark_format=json`: benchmarks[]{run_name, run_type, cpu_time, real_time, time_unit}."""

from statistics import fmean

import msgspec

from engine.model import Reading

SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


class _Benchmark(msgspec.Struct):
    name: str
    real_time: float
    time_unit: str
    run_name: str = ""
    run_type: str = "iteration"
    error_occurred: bool = False


class _File(msgspec.Struct):
    context: dict[str, object]
    benchmarks: list[_Benchmark]


def readings(document: object) -> list[Reading]:
    """The mean real time over the repetitions; aggregates are left out.

    Raises:
        ValueError: for a benchmark that failed or an unknown unit.
    """
    times: dict[str, list[float]] = {}
    for item in msgspec.convert(document, _File).benchmarks:
        if item.error_occurred or item.time_unit not in SECONDS:
            raise ValueError(f"{item.name} failed" if item.error_occurred else f"unknown unit {item.time_unit!r}")
        if item.run_type == "iteration":
            times.setdefault(item.run_name or item.name, []).append(item.real_time * SECONDS[item.time_unit])
    return [Reading(name=name, value=fmean(values), unit="s") for name, values in times.items()]
