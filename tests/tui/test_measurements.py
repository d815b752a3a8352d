"""The export of raw runs."""

import csv
import json
from pathlib import Path

import pytest

from engine.errors import EngineError
from tests.tui import samples
from tui.measurements import rows, write


def test_every_run_is_a_row_of_csv_and_of_json(tmp_path: Path) -> None:
    evaluations = samples.full(tmp_path).evaluations
    found = rows(evaluations, "a-machine")
    assert len(found) == sum(len(item.measurements) for item in evaluations) > 0
    write(found, tmp_path / "runs.csv")
    write(found, tmp_path / "runs.json")
    with (tmp_path / "runs.csv").open(newline="") as file:
        first = next(csv.DictReader(file))
    runs = json.loads((tmp_path / "runs.json").read_text())["runs"]
    assert len(runs) == len(found)
    for row in (first, runs[0]):
        assert {key: str(row[key]) for key in ("machine", "pair", "arm", "load", "wall", "left_out")} == {
            "machine": "a-machine",
            "pair": "1",
            "arm": "baseline",
            "load": "0.4",
            "wall": "0.445",
            "left_out": "False",
        }
        assert row["at"] == "1970-01-01T00:00:01+00:00"


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"ends in \.csv or \.json"):
        write([], tmp_path / "runs.xlsx")
