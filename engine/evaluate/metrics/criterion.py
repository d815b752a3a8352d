"""Criterion.rs: target/criterion/**/new/estimates.json, collected into one object by the benchmark's folder.

Format: https://bheisler.github.io/criterion.rs (a private format of its own; `slope` is there in linear sampling only).
"""

import msgspec

from engine.model import Reading


class _Estimate(msgspec.Struct):
    point_estimate: float


class _Estimates(msgspec.Struct):
    mean: _Estimate
    slope: _Estimate | None = None


def readings(document: object) -> list[Reading]:
    """The slope (else the mean) of each benchmark; Criterion's unit is the nanosecond."""
    found = msgspec.convert(document, dict[str, _Estimates])
    times = {name: (item.slope or item.mean).point_estimate for name, item in found.items()}
    return [Reading(name=name, value=value * 1e-9, unit="s") for name, value in times.items()]
