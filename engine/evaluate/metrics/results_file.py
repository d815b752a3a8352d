"""A results file as Artemis writes them: artemis_results.json or .csv, numbers by name.

JSON: {"runtime": 1.2, ...}; a list of such objects holds repetitions, which are averaged. A value may be an object:
{"value": 1.2, "unit": "s", "direction": "lower"|"higher" (or "minimize"|"maximize"), "guardrail": true}.
CSV: a header line with the names, and a line of numbers for each repetition; other columns are left out.
"""

import csv
import io
import json
from statistics import fmean
from typing import Any, Literal

import msgspec

from engine.model import Reading

Direction = Literal["lower", "higher", "minimize", "maximize"]


class _Figure(msgspec.Struct):
    value: float
    unit: str = ""
    direction: Direction | None = None
    guardrail: bool = False


def readings(text: str, better: Literal["lower", "higher"]) -> list[Reading]:
    """Each named number.

    Raises:
        ValueError: when the text is neither, or repetitions do not name the same figures.
    """
    stripped = text.strip()
    return _of_json(json.loads(stripped), better) if stripped[:1] in ("{", "[") else _of_csv(stripped, better)


def _of_json(document: Any, better: Literal["lower", "higher"]) -> list[Reading]:
    repetitions = document if isinstance(document, list) else [document]
    figures = [_figures(item) for item in repetitions]
    if not figures or any(item.keys() != figures[0].keys() for item in figures):
        raise ValueError("the repetitions do not have the same names")
    return [
        Reading(
            name=name,
            value=fmean(item[name].value for item in figures),
            unit=first.unit,
            better=_better(first.direction, better),
            guardrail=first.guardrail,
        )
        for name, first in figures[0].items()
    ]


def _figures(item: Any) -> dict[str, _Figure]:
    found: dict[str, _Figure] = {}
    for name, value in msgspec.convert(item, dict[str, Any]).items():
        if isinstance(value, dict):
            found[name] = msgspec.convert(value, _Figure)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[name] = _Figure(value=float(value))
    return found


def _better(direction: Direction | None, otherwise: Literal["lower", "higher"]) -> Literal["lower", "higher"]:
    if direction is None:
        return otherwise
    return "higher" if direction in ("higher", "maximize") else "lower"


def _of_csv(text: str, better: Literal["lower", "higher"]) -> list[Reading]:
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    columns: dict[str, list[float]] = {}
    for name in rows[0] if rows else ():
        try:
            columns[str(name)] = [float(row[name]) for row in rows]
        except (TypeError, ValueError):
            continue
    return [Reading(name=name, value=fmean(values), better=better) for name, values in columns.items() if name]
