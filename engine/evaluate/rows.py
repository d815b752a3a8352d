"""The benchmark's own figures, row by row, and the guardrails among them."""

from collections.abc import Sequence
from statistics import median

import msgspec

from engine.evaluate.metrics import score
from engine.evaluate.statistics import ALPHA, estimate
from engine.model import Measurement, MetricRow, Reading


def rows(measurements: Sequence[Measurement], alpha: float = ALPHA) -> tuple[MetricRow, ...]:
    """Each figure in both arms, with its improvement in percent at its share of `alpha`."""
    names = [item.name for item in measurements[0].readings] if measurements else []
    return tuple(_row(measurements, number, alpha / len(names)) for number in range(len(names)))


def _row(measurements: Sequence[Measurement], number: int, alpha: float) -> MetricRow:
    about = measurements[0].readings[number]
    alone = [msgspec.structs.replace(item, score=_score(item.readings[number])) for item in measurements]
    counted = [item for item in measurements if not item.warm_up] or measurements
    values = {
        arm: [item.readings[number].value for item in counted if item.arm == arm] for arm in ("baseline", "variant")
    }
    return MetricRow(
        name=about.name,
        unit=about.unit,
        better=about.better,
        guardrail=about.guardrail,
        baseline=median(values["baseline"] or [0.0]),
        variant=median(values["variant"] or [0.0]),
        estimate=estimate(alone, "benchmark", alpha),
    )


def _score(reading: Reading) -> float:
    return score([msgspec.structs.replace(reading, guardrail=False)])


def broken(found: Sequence[MetricRow]) -> str:
    """The sentence on the first guardrail that got worse for sure; empty when none did."""
    for row in found:
        if row.guardrail and row.estimate is not None and row.estimate.high < 0.0:
            return f"The guardrail {row.name} got at least {-row.estimate.high:.1f}% worse."
    return ""
