"""`pytest --benchmark-json=FILE`: benchmarks[]{fullname, stats{mean}}, seconds."""

import msgspec

from engine.model import Reading


class _Stats(msgspec.Struct):
    mean: float
    rounds: int


class _Benchmark(msgspec.Struct):
    name: str
    stats: _Stats
    fullname: str = ""


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]


def readings(document: object) -> list[Reading]:
    """The mean of each benchmark's rounds."""
    found = msgspec.convert(document, _File).benchmarks
    return [Reading(name=item.fullname or item.name, value=item.stats.mean, unit="s") for item in found]
