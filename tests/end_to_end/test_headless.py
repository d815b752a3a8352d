"""The whole job through the `mpco` command, without a terminal."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Person, git, shrunk, small_demo


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_demo_is_made_faster_and_the_best_written_to_a_branch(person: Person, tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    with person.begins("demo", str(demo), cwd=tmp_path) as whole:
        assert whole.stderr is not None
        while "profile" not in (line := whole.stderr.readline()):
            assert line, "it has ended"
        whole.send_signal(signal.SIGINT)
        assert whole.wait(60) == 130
    assert git(demo, "status", "--porcelain") == ""
    options = ("--bottlenecks", "1", "--apply", "best", "--branch", "faster", "--json")
    done = person.types("run", *options, cwd=shrunk(demo))
    assert done.returncode == 0, done.stderr
    results = objects(done.stdout)
    assert {row["llm"] for row in results} == {"algorithms", "loops", "caching"}
    best = max(results, key=lambda row: row["guaranteed"] or 0.0)
    assert best["verdict"] == "faster" and best["guaranteed"] > 0, results
    assert best["interval"][0] <= best["percent_improvement"] <= best["interval"][1]
    assert git(demo, "status", "--porcelain") == ""

    (tmp_path / "best.patch").write_text(best["patch"])
    git(demo, "apply", "--check", str(tmp_path / "best.patch"))
    reported = person.types("report", "--json", cwd=demo)
    assert objects(reported.stdout) == results
    table = person.types("report", cwd=demo).stdout
    assert "faster" in table and "at least" in table

    assert "faster" in git(demo, "log", "-1", "--format=%B", "faster")
    git(demo, "checkout", "-q", "faster")
    tests = [sys.executable, "-m", "unittest", "discover", "-q", "-s", "tests", "-t", "."]
    subprocess.run(tests, cwd=demo, check=True, capture_output=True)


def test_a_patch_that_breaks_the_tests_and_one_that_does_not_fit(person: Person, tmp_path: Path) -> None:
    demo = small_demo(tmp_path / "demo")
    target = demo / "logreport" / "stats.py"
    original = target.read_text()
    target.write_text("raise RuntimeError('broken on purpose')\n" + original)
    (tmp_path / "wrong.patch").write_text(git(demo, "diff"))
    target.write_text(original)
    (tmp_path / "misfit.patch").write_text(
        "--- a/logreport/stats.py\n+++ b/logreport/stats.py\n@@ -1,2 +1,2 @@\n no such line\n-nor this\n+that\n"
    )
    (demo / "bench.py").write_text("pass\n")
    (tmp_path / "cheat.patch").write_text(git(demo, "diff"))
    git(demo, "checkout", "-q", ".")
    patches = [str(tmp_path / f"{name}.patch") for name in ("wrong", "misfit", "cheat")]
    done = person.types("evaluate", *patches, "--json", cwd=demo)
    wrong, misfit, cheat = objects(done.stdout)
    assert done.returncode == 3, done.stderr
    assert wrong["verdict"] == "tests failed" and "tests failed" in wrong["reason"]
    assert misfit["verdict"] == "unappliable" and "logreport/stats.py" in misfit["reason"]
    assert cheat["verdict"] == "unappliable" and "bench.py is protected" in cheat["reason"]
    assert target.read_text() == original


def test_a_baseline_that_fails_its_own_tests_is_told_apart(person: Person, tmp_path: Path) -> None:
    (tmp_path / "bench.py").write_text("print(sum(range(1000)))\n")
    (tmp_path / "mpco.toml").write_text(
        '[test]\ncommand = "python3 -c \'assert 1 == 2\'"\n[benchmark]\ncommand = "python3 bench.py"\n'
    )
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "p.patch").write_text("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n")
    done = person.types("evaluate", "p.patch", cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "baseline fails" in done.stdout and "cancelled" not in done.stdout
    assert "The project itself fails, before any change: The tests failed" in done.stderr
    for option, typed, meant in (("--llm", "loop", "loops"), ("--strategy", "bose", "base")):
        mistyped = person.types("run", option, typed, cwd=tmp_path)
        assert mistyped.returncode == 2 and f'did you mean "{meant}"?' in mistyped.stderr
        assert "running" not in mistyped.stderr
    template = Path(person.types("prompts", "new", "own", "--from", "base", cwd=tmp_path).stdout.strip())
    template.write_text(template.read_text() + "{{ nosuch }}\n")
    broken = person.types("run", "--strategy", "own", cwd=tmp_path)
    assert broken.returncode == 2 and "own.md:" in broken.stderr and "nosuch" in broken.stderr
    assert "running" not in broken.stderr


def test_mistakes_in_the_configuration_come_all_at_once(person: Person, tmp_path: Path) -> None:
    (tmp_path / "mpco.toml").write_text('[test]\ncomand = "x"\ntimeout = "long"\n[[llm]]\nmodel = 3\n')
    done = person.types("profile", cwd=tmp_path)
    assert done.returncode == 1
    for part in ("test.comand", '"command"', "test.timeout", "llm"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_configuration_the_way_out_is_named(person: Person, tmp_path: Path) -> None:
    done = person.types("profile", cwd=tmp_path)
    assert done.returncode == 1 and "mpco init" in done.stderr


def test_prompts_go_to_files_and_come_back(person: Person, tmp_path: Path) -> None:
    demo = small_demo(tmp_path / "demo")
    ran = person.types("run", "--bottlenecks", "2", "--llm", "caching", "--scope", "project", cwd=demo)
    assert ran.returncode in (0, 3), ran.stderr  # which functions are the top two is the machine's to say
    files = [Path(line) for line in person.types("prompts", "export", "out", cwd=demo).stdout.splitlines()]
    texts = [(demo / file).read_text() for file in files]
    assert len(files) == 2 and len({text.partition("\n---\n")[2] for text in texts}) == 1
    (demo / files[0]).write_text(texts[0] + "\nMind the allocations.\n")
    told = person.types("prompts", "import", "out", cwd=demo)
    assert told.returncode == 0, told.stderr
    assert "kept as v2 for caching" in told.stdout and "as v1 already" in told.stdout
    base = person.types("run", "--bottlenecks", "1", "--llm", "caching", "--strategy", "base", cwd=demo)
    assert base.returncode in (0, 3), base.stderr


def test_an_answer_is_a_diff_on_any_folder_and_nothing_is_written_by_halves(person: Person, tmp_path: Path) -> None:
    folder = tmp_path / "anything"
    folder.mkdir()
    (folder / "x.py").write_bytes(b"def f(a):\r\n    return a + a\r\n")
    (tmp_path / "good.md").write_text("```python\ndef f(a):\n    return 2 * a\n```\n")
    (tmp_path / "bad.md").write_text("x.py\n```\n<<<<<<< SEARCH\nnot there\n=======\nx\n>>>>>>> REPLACE\n```\n")
    bad = person.types("answer", str(tmp_path / "bad.md"), "--root", str(folder), "--apply", "--json", cwd=tmp_path)
    found = json.loads(bad.stdout)
    assert (bad.returncode, found["status"], found["diff"]) == (3, "unappliable", "")
    assert found["files"][0]["path"] == "x.py" and "not there" in found["files"][0]["reason"]
    shown = person.types("answer", str(tmp_path / "good.md"), "--root", str(folder), cwd=tmp_path)
    assert shown.returncode == 0 and "+    return 2 * a" in shown.stdout
    assert b"a + a" in (folder / "x.py").read_bytes()
    done = person.types("answer", str(tmp_path / "good.md"), "--root", str(folder), "--apply", "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "applied"
    assert (folder / "x.py").read_bytes() == b"def f(a):\r\n    return 2 * a\r\n"
