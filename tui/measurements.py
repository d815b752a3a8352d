"""Every run of the benchmark as a row of a file: for whoever wants to check the statistics, or do their own."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import EngineError
from engine.model import Evaluation, Measurement
from tui.figures import warm_up_pairs

VERSION = 1
"""Of the JSON format: {"format": "mpco-measurements", "version": 1, "runs": [...]}, one object for each run."""


def rows(evaluations: Iterable[Evaluation], machine: str) -> list[dict[str, Any]]:
    """One row a run, in the order of evaluations; seconds, bytes, and the time the run began as ISO 8601 (UTC).

    Evaluations that raced share baseline runs: those have the same `at`. `left_out` are warm-up runs; `outlier` runs
    count.
    """
    return [
        row
        for evaluation in evaluations
        for row in (_row(evaluation, item, machine) for item in evaluation.measurements)
    ]


def _row(evaluation: Evaluation, item: Measurement, machine: str) -> dict[str, Any]:
    odd = evaluation.estimate.outliers if evaluation.estimate else ()
    run = msgspec.to_builtins(item)
    return {
        "evaluation": evaluation.id,
        "title": evaluation.title,
        "verdict": evaluation.verdict,
        "machine": machine,
        "pair": item.pair,
        "arm": item.arm,
        "at": datetime.fromtimestamp(item.at, UTC).isoformat(),
        **{name: run.get(name, getattr(item, name)) for name in _figures()},
        "left_out": item.pair in warm_up_pairs(evaluation),
        "outlier": (item.pair, item.arm) in odd,
    }


def _figures() -> list[str]:
    return [name for name in Measurement.__struct_fields__ if name not in ("pair", "arm", "at", "warm_up")]


def write(found: list[dict[str, Any]], target: Path) -> None:
    """Write the rows as CSV (RFC 4180) or JSON, by the name of the file.

    Raises:
        EngineError: when the name ends in neither, or the file cannot be written.
    """
    kind = target.suffix.lower()
    if kind not in (".csv", ".json"):
        raise EngineError(f"{target}: name a file that ends in .csv or .json.")
    text = (
        _csv(found)
        if kind == ".csv"
        else json.dumps(
            {"format": "mpco-measurements", "version": VERSION, "runs": found}, indent=1, ensure_ascii=False
        )
    )
    try:
        target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise EngineError(f"{target}: cannot be written: {error.strerror}.") from error


def _csv(found: list[dict[str, Any]]) -> str:
    head = ["evaluation", "title", "verdict", "machine", "pair", "arm", "at", *_figures(), "left_out", "outlier"]
    out = io.StringIO()
    writer = csv.DictWriter(out, head)
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()
