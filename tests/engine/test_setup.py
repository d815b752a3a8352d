"""What `mpco init` concludes from a project's files, and what `mpco doctor` says about it."""

import os
import subprocess
from pathlib import Path

import pytest

from engine.config import load
from engine.errors import MpcoError
from engine.setup import Finding, detect, diagnose, render_config, write_config
from tui.lines import findings


def fill(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return root


CTEST = "enable_testing()\nadd_executable(my_bench bench.c)\nadd_test(NAME a COMMAND b)\n"
MAKE = "CFLAGS := -O2\n.PHONY: all check bench\nall: app\ncheck: app\n\t./app\nbench:\n\ttime ./app\n"
LINKS = ".PHONY: all run-bench\nall: app\nbench: bench.o\n\t$(CC) $^ -o $@\ntest: t.o\n\tcc -o test t.o\n"
CMAKE_BUILD = "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build"


@pytest.mark.parametrize(
    ("files", "build", "test", "benchmark"),
    [
        (
            {"a.py": "", "pyproject.toml": "[tool.pytest.ini_options]\n", "bench.py": "main()\n"},
            "",
            "python3 -m pytest -q",
            "python3 bench.py",
        ),
        (
            {".venv/bin/python": "", "a.py": "", "tests/test_a.py": "def test_a(): pass\n", "benchmarks/run.py": ""},
            "",
            ".venv/bin/python -m pytest -q",
            ".venv/bin/python benchmarks/run.py",
        ),
        (
            {
                "a.py": "",
                "tests/__init__.py": "",
                "tests/test_a.py": "import unittest\nclass A(TestCase): 0\n",
            },
            "",
            "python3 -m unittest discover -s tests -t .",
            "",
        ),
        (
            {"a.py": "", "Makefile": "test bench:\n\tpython a.py\n"},
            "",
            "make test",
            "make bench",
        ),
        (
            {"setup.py": "setup(ext_modules=[])\n", "a.py": "", "bench_a.py": "def test_speed(benchmark): pass\n"},
            "python3 setup.py build_ext --inplace",
            "",
            "python3 -m pytest -q bench_a.py",
        ),
        ({"a.c": "", "b.h": "", "Makefile": MAKE}, "make", "make check", "make bench"),
        (
            {"a.c": "", "Makefile": LINKS},
            "make && make test && make bench",
            "./test",
            "./bench",
        ),
        (
            {"a.cpp": "", "CMakeLists.txt": CTEST},
            CMAKE_BUILD,
            "ctest --test-dir build --output-on-failure",
            "build/my_bench",
        ),
        ({"README.md": ""}, "", "", ""),
    ],
)
def test_commands_are_detected_and_make_a_valid_file(
    tmp_path: Path, files: dict[str, str], build: str, test: str, benchmark: str
) -> None:
    found = detect(fill(tmp_path, files))
    assert (found.build.command, found.test.command, found.benchmark.command) == (build, test, benchmark)
    for guess in (found.build, found.test, found.benchmark, found.interpreter):
        assert guess.evidence.endswith(".")
    text = render_config(found)
    write_config(tmp_path, text)
    config = load(tmp_path)
    assert (config.build.command, config.test.command, config.benchmark.command) == (build, test, benchmark)
    assert config.project.name == tmp_path.name


def test_only_files_that_git_would_keep_count(tmp_path: Path) -> None:
    fill(tmp_path, {"a.c": "", "gen/x.py": "", "gen/y.py": "", ".gitignore": "gen/\n"})
    assert set(detect(tmp_path).languages) == {"Python", "C"}
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert detect(tmp_path).languages == ("C",)


def test_names_that_need_quotes_survive(tmp_path: Path) -> None:
    root = fill(tmp_path / 'a "quoted" näme', {"bench it's ${HOME}.py": "print()\n"})
    write_config(root, render_config(detect(root)))
    config = load(root)
    assert config.project.name == root.name
    assert subprocess.run(config.benchmark.command, shell=True, cwd=root, check=True, capture_output=True).stdout


def test_a_file_that_is_there_is_only_replaced_when_asked(tmp_path: Path) -> None:
    write_config(tmp_path, "# mine\n")
    with pytest.raises(MpcoError, match="there already"):
        write_config(tmp_path, "# other\n")
    assert (tmp_path / "mpco.toml").read_text() == "# mine\n"
    write_config(tmp_path, "# other\n", overwrite=True)
    assert (tmp_path / "mpco.toml").read_text() == "# other\n"
    assert os.listdir(tmp_path) == ["mpco.toml"]


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MpcoError, match="cannot be written"):
        write_config(tmp_path / "absent", "")


def by_name(root: Path) -> dict[str, Finding]:
    return {finding.name: finding for finding in diagnose(root)}


def test_doctor_names_what_is_missing_and_the_next_step(tmp_path: Path) -> None:
    found = by_name(tmp_path)
    assert found["Python"].ok
    assert (found["git"].ok, found["mpco.toml"].ok) == (False, False)
    assert "mpco init" in found["mpco.toml"].fix
    assert found["perf"].ok
    assert all(bool(item.fix) != item.ok for item in found.values())


def test_doctor_reads_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    models = "".join(f'[[llm]]\nmodel = "{name}"\n' for name in ("gpt-5", "anthropic/claude", "offline/loops"))
    commands = '[test]\ncommand = "A=1 no-such-program -q"\n[benchmark]\ncommand = "sh bench.sh"\n'
    (tmp_path / "mpco.toml").write_text(commands + models)
    found = by_name(tmp_path)
    assert found["git"].ok
    assert found["mpco.toml"].ok
    assert not found["test command"].ok
    assert "no-such-program" in found["test command"].found
    assert found["benchmark command"].ok
    assert found["model gpt-5"].found == "key in OPENAI_API_KEY"
    assert not found["model anthropic/claude"].ok
    assert "ANTHROPIC_API_KEY" in found["model anthropic/claude"].fix
    assert found["model offline/loops"].ok
    assert "never-shown" not in repr(found)


def test_doctor_says_what_is_wrong_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "mpco.toml").write_text("[tset]\ncommand = 1\n[test]\ntimeout = -1\n")
    settings = by_name(tmp_path)["mpco.toml"]
    assert not settings.ok
    one, other = sorted(settings.found.splitlines())
    assert "test.timeout" in one and "tset" in other
    shown = findings([(item.ok, item.name, item.found, item.fix) for item in diagnose(tmp_path)], 60).splitlines()
    assert max(map(len, shown)) <= 60 and any(line.lstrip().startswith("→ correct") for line in shown)


def test_program_in_the_project_must_be_executable(tmp_path: Path) -> None:
    (tmp_path / "mpco.toml").write_text('[test]\ncommand = "./check it"\n[benchmark]\ncommand = "cd x && ./bench"\n')
    (tmp_path / "check").write_text("#!/bin/sh\n")
    assert not by_name(tmp_path)["test command"].ok
    (tmp_path / "check").chmod(0o755)
    assert by_name(tmp_path)["test command"].ok
    assert by_name(tmp_path)["benchmark command"].ok


def test_a_program_that_the_build_makes_need_not_be_there(tmp_path: Path) -> None:
    commands = '[test]\ncommand = "build/check"\n[benchmark]\ncommand = "build/bench"\n'
    (tmp_path / "mpco.toml").write_text(commands)
    assert not by_name(tmp_path)["benchmark command"].ok
    (tmp_path / "mpco.toml").write_text('[build]\ncommand = "make"\n' + commands)
    assert by_name(tmp_path)["benchmark command"].ok
