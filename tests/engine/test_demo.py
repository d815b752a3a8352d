"""The demo project is real: it is copied whole, under git, and its tests and benchmark work."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine import config
from engine.demo import copy_demo
from engine.errors import MpcoError


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_copy_is_a_clean_repository_of_one_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    root = copy_demo(tmp_path / "new" / "demo")
    monkeypatch.delenv("GIT_DIR")
    assert run(root, "git", "status", "--porcelain") == ""
    assert run(root, "git", "rev-list", "--count", "HEAD") == "1"
    assert {"README.md", ".gitignore", "bench.py", "mpco.toml", "logreport/stats.py"} <= set(
        run(root, "git", "ls-files").split()
    )
    assert config.load(root).project.name == "logreport"


def test_its_tests_pass_and_its_benchmark_always_prints_the_same(tmp_path: Path) -> None:
    root = copy_demo(tmp_path / "demo")
    run(root, sys.executable, "-m", "unittest", "discover", "-q", "-s", "tests", "-t", ".")
    assert run(root, sys.executable, "bench.py") == run(root, sys.executable, "-I", "-c", BENCH)
    assert run(root, "git", "status", "--porcelain") == ""


BENCH = "import sys, runpy; sys.path.insert(0, '.'); runpy.run_path('bench.py', run_name='__main__')"


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(MpcoError, match="not an empty folder"):
            copy_demo(place)
    assert [item.name for item in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert (copy_demo(tmp_path) / "bench.py").is_file()
