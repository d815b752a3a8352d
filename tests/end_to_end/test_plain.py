"""`mpco --plain` through a pipe: the whole job by typed lines, told in sentences."""

import re
import subprocess
from pathlib import Path

from tests.end_to_end.conftest import MPCO, Person, git, small_demo


def talk(person: Person, folder: Path, *lines: str) -> str:
    """What is told when these lines are typed."""
    person.roots.append(folder)
    typed = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        [MPCO, "--plain"], cwd=folder, env=person.env, input=typed, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout)
    return done.stdout


def test_the_job_is_done_line_by_line(person: Person, tmp_path: Path) -> None:
    demo = small_demo(tmp_path / "demo")
    told = talk(
        person, demo, "d 1", "bogus", "p", "m 1", "r 1", "r 9", "o", "d 1", "a", "r", "", "b 1", "w", "branch f", "q"
    )
    for text in (
        "There is no profile yet",
        "There is no candidate 1; there is none yet.",
        "'bogus' is no command",
        "1. visitors in logreport/stats.py, line 17: ",
        "1. algorithms for visitors, version 1.",
        "The prompt of algorithms for visitors, version 1.\nYou are",
        "There is no prompt 9; numbers go from 1 to 3.",
        "1. algorithms for visitors: 3 hunks, none decided. Not measured yet.",
        "2. loops for visitors: changes nothing. ",
        "Hunk 1 of 3, logreport/stats.py, undecided.\nBefore line 20 comes:\n    seen_set: set[tuple[str, str]] = set()\n",
        "Accepted.\nHunk 2 of 3, logreport/stats.py, undecided.\nLine 22 goes:\n        if visitor not in seen:\nInstead comes:\n",
        "Rejected.\nHunk 3 of 3",
        "That was the last hunk",
        "1. algorithms for visitors: 3 hunks, 1 accepted, 1 rejected.",
        "1 accepted hunk in logreport/stats.py.",
        "Written to f.",
    ):
        assert text in told, told
    assert "+    seen_set: set[tuple[str, str]] = set()\n" in git(demo, "show", "f")
    assert git(demo, "status", "--porcelain") == ""


def test_a_project_without_a_configuration_is_offered_one(person: Person, tmp_path: Path) -> None:
    told = talk(person, tmp_path, "")
    assert "has no mpco.toml yet" in told and "benchmark: none. No benchmark was found." in told
    assert not (tmp_path / "mpco.toml").exists()
    told = talk(person, tmp_path, "yes", "p")
    assert "There is nothing to profile" in told and (tmp_path / "mpco.toml").exists()
