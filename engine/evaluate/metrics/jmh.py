"""JMH's `-rf json`: [{benchmark, mode, params, primaryMetric{score, scoreUnit}}]; throughput is better when higher."""

import msgspec

from engine.model import Reading


class _Metric(msgspec.Struct):
    score: float
    scoreUnit: str


class _Result(msgspec.Struct):
    benchmark: str
    mode: str
    primaryMetric: _Metric
    params: dict[str, str] = {}


def readings(document: object) -> list[Reading]:
    """The score of each benchmark, in JMH's own unit."""
    found = []
    for item in msgspec.convert(document, list[_Result]):
        params = ",".join(f"{key}={value}" for key, value in item.params.items())
        found.append(
            Reading(
                name=f"{item.benchmark}({params})" if params else item.benchmark,
                value=item.primaryMetric.score,
                unit=item.primaryMetric.scoreUnit,
                better="higher" if item.mode == "thrpt" else "lower",
            )
        )
    return found
