"""Where the driver is put into a shell line, and which lines are left to the sitecustomize."""

import ast
import sys
from pathlib import Path

import pytest

from engine.profile.command import driver_files, names_machine_code, recorded

DRIVER = '"$MPCO_IO"/mpco_driver.py'


def line(command: str, root: Path | str = "/") -> str:
    return recorded(command, str(root)).split("\n", 2)[2].replace(DRIVER, "@")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python bench.py", "python @ bench.py"),
        (
            ".venv/bin/python3.11 -O -W error -Xdev bench.py -m x",
            ".venv/bin/python3.11 -O -W error -Xdev @ bench.py -m x",
        ),
        ("A=1 B='x y' python -m pkg", "A=1 B='x y' python @ -m pkg"),
        ("env A=1 pypy3 x.py", "env A=1 pypy3 @ x.py"),
        ("python a.py && cd b; python c.py | tee d", "python @ a.py && cd b; python @ c.py | tee d"),
        ('"/my path/python" x.py "$N"', '"/my path/python" @ x.py "$N"'),
        ("python x.py $(python y.py)", "python @ x.py $(python y.py)"),
    ],
)
def test_python_in_the_line_runs_the_driver(command: str, expected: str) -> None:
    assert line(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "make bench",
        "pytest -q",
        "echo python x.py",
        "python < x.py",
        "python -",
        "python",
        "(python x.py)",
        "",
        "A=1",
        "'",
    ],
)
def test_anything_else_stays_as_it_is(command: str) -> None:
    assert line(command) == command


def test_a_script_by_its_path_runs_with_the_python_of_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "bench").write_text(f"#!{Path(sys.executable).parent}/python3\nprint()\n")
    (tmp_path / "tool").write_text("#!/usr/bin/env python3\n")
    (tmp_path / "other").write_text("#!/bin/sh\n")
    assert line("./bench -x", tmp_path) == f"{Path(sys.executable).parent}/python3 @ ./bench -x"
    assert line("./tool", tmp_path) == "/usr/bin/env python3 @ ./tool"
    assert line("./other ./bench", tmp_path) == "./other ./bench"
    assert line("./absent", tmp_path) == "./absent"
    (tmp_path / "made").write_bytes(b"\x7fELF\x02")
    told = ("SIZE=1 ./made -x", "cd . && ./made", "./tool", "made", "./absent")
    assert [names_machine_code(text, str(tmp_path)) for text in told] == [True, True, False, False, False]


@pytest.mark.parametrize("name", ["mpco_driver.py", "sitecustomize.py"])
def test_what_runs_in_the_project_is_python_3_8(name: str) -> None:
    tree = ast.parse(driver_files()[name], feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {module.split(".")[0] for module in imported} <= {*sys.stdlib_module_names, "mpco_driver"}
