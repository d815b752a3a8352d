"""The paper's tables from files of its schema."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.report.paper import APPROACHES, average_ranks, cells, read_systems
from tui.cli import main

HEAD = [
    "project_id",
    "project_name",
    "solution_id",
    "optimization_id",
    "solution_status",
    "created_at",
    "construct_id",
    "spec_id",
    "spec_name",
    "prompt_version",
    "code_optimization_llm",
    "num_specs_in_solution",
    "num_runtime_measurements",
    "metric_name",
    "runtime_measurements",
    "metric_count",
]


def write(file: Path, rows: list[dict[str, str]], head: list[str] = HEAD) -> Path:
    with file.open("w", newline="", encoding="utf-8") as text:
        table = csv.DictWriter(text, head, restval="")
        table.writeheader()
        table.writerows(rows)
    return file


def row(approach: str, construct: str, runtimes: str, llm: str = "claude") -> dict[str, str]:
    return {
        "project_name": "engine",
        "construct_id": construct,
        "prompt_version": approach,
        "code_optimization_llm": llm,
        "runtime_measurements": runtimes,
    }


SMALL = [
    row("original", "Original", "10.0,10.0"),
    row("original", "Original", "99"),
    row("mpco", "a", "8.0,8.0"),
    row("mpco", "a", "6.0,6.0", "gpt-4-o"),
    row("mpco", "b", "5.0"),
    row("mpco", "All", "1.0"),
    row("few_shot", "a", "10.0,12.0"),
    row("few_shot", "c", ""),
    {},
]


def test_a_cell_is_the_mean_and_population_sd_of_the_snippets_gains(tmp_path: Path) -> None:
    systems, other = read_systems(write(tmp_path / "m.csv", SMALL))
    found = {cell.approach: cell for cell in cells("rq1", systems)}
    assert other == ()
    # a: (10 - 7) / 10, b: (10 - 5) / 10
    assert (found["mpco"].n, found["mpco"].mean, found["mpco"].sd) == (2, pytest.approx(40), pytest.approx(10))
    assert (found["few_shot"].n, found["few_shot"].mean) == (1, pytest.approx(-10))
    assert (found["chain_of_thought"].n, found["chain_of_thought"].rank) == (0, None)


def test_the_third_table_holds_the_target_llm_fixed(tmp_path: Path) -> None:
    systems, _ = read_systems(write(tmp_path / "m.csv", SMALL))
    found = {cell.approach: cell for cell in cells("rq3", systems)}
    assert found["mpco"].mean == pytest.approx((20 + 50) / 2)


def test_ranks_count_those_that_differ_from_the_best(tmp_path: Path) -> None:
    rows = [row("original", "All", "100")]
    for number in range(8):
        rows += [
            row("mpco", str(number), str(50 + number)),
            row("no_project_context", str(number), str(50.01 + number)),
            row("no_task_context", str(number), str(80 + number)),
            row("no_llm_context", str(number), str(70 + number)),
        ]
    found = cells("rq2", read_systems(write(tmp_path / "m.csv", rows))[0])
    assert {cell.approach: cell.rank for cell in found} == {
        "mpco": 1,
        "no_project_context": 1,
        "no_llm_context": 2,
        "no_task_context": 3,
    }
    assert average_ranks("rq2", found)["no_task_context"] == 3


def test_a_folder_is_read_whole_and_other_csv_files_are_named(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", SMALL)
    write(tmp_path / "b.csv", [{**item, "project_name": "other"} for item in SMALL if item])
    write(tmp_path / "overhead.csv", [{"x": "1"}], ["x"])
    done = CliRunner().invoke(main, ["report", "--import", str(tmp_path), "--table", "rq1", "--json"])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [(line["system"], line["approach"]) for line in found][:2] == [
        ("engine", "mpco"),
        ("engine", APPROACHES["rq1"][1]),
    ]
    assert len(found) == 8
    assert list(found[0]) == ["table", "system", "approach", "n", "mean", "sd", "rank"]
    assert "overhead.csv: left out" in done.stderr


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row("mpco", "a", "1")], "without the original code's runtime"),
        ([row("original", "All", "1;2")], "line 2: runtime_measurements must be numbers"),
    ],
)
def test_what_cannot_be_computed_is_said_in_one_sentence(tmp_path: Path, rows: list[dict[str, str]], said: str) -> None:
    done = CliRunner().invoke(main, ["report", "--import", str(write(tmp_path / "m.csv", rows)), "--table", "rq1"])
    assert done.exit_code == 1
    assert said in done.stderr


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["report", "--import", str(tmp_path / "no.csv")])
    assert (done.exit_code, "no such file" in done.stderr) == (1, True)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (",".join(HEAD) + "\n" + text).encode()))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "any.csv"
    file.write_bytes(data)
    try:
        systems, _ = read_systems(file)
        for table in APPROACHES:
            cells(table, systems)
    except EngineError as error:
        assert str(error)
