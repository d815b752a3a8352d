"""The whole job in a terminal, as a person: keys typed, the screen read."""

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import MPCO, Person, git, shrunk
from tests.end_to_end.terminal import Terminal

TESTS = (sys.executable, "-m", "unittest", "discover", "-q", "-s", "tests", "-t", ".")


def test_the_demo_by_keys(person: Person, tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    person.roots.append(demo)
    with Terminal([str(MPCO), "demo", str(demo)], cwd=tmp_path, env=person.env) as terminal:
        terminal.wait_for("Tour 1 of 5", "engine ●")
        terminal.press("enter")
        terminal.wait_for("Tour 2 of 5")
        terminal.press("esc")
        terminal.wait_for("press p to run", gone=["Tour"])
        shrunk(demo)
        terminal.press("p")
        terminal.wait_for("Bottlenecks (cProfile", "visitors", "m meta-prompt")
        terminal.press("m")
        terminal.wait_for("written from", "algorithms  ✔", "loops  ✔", "caching  ✔")
        terminal.press("o")
        terminal.wait_for("algorithms v1", "loops v1", "caching v1", "none accepted yet", gone=["streaming"])
        terminal.press("A")
        terminal.wait_for("3 of 3 hunks accepted", " b benchmark  p profile")
        terminal.press("b")
        terminal.press("4")
        terminal.wait_for("at least", "best guess", "✔ algorithms v1", " w write  p profile", seconds=240)
        terminal.press("w")
        terminal.wait_for("Write accepted hunks", "Proven")
        terminal.press("t")
        terminal.wait_for("Written to")
        terminal.press("5")
        terminal.wait_for("by LLM and strategy", "faster")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert git(demo, "diff", "--name-only").split() == ["logreport/stats.py"]
    subprocess.run(TESTS, cwd=demo, check=True, capture_output=True)


def test_closing_the_terminal_stops_nothing(person: Person, tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    person.roots.append(demo)
    with Terminal([str(MPCO), "demo", str(demo)], cwd=tmp_path, env=person.env, columns=80, lines=24) as terminal:
        terminal.wait_for("Tour 1 of 5", "engine ●")
        terminal.press("esc")
        terminal.wait_for("press p", gone=["Tour"])
        shrunk(demo)
        terminal.press("p")
        terminal.wait_for("Profiling")
        terminal.hang_up()
    with Terminal([str(MPCO)], cwd=demo, env=person.env, columns=80, lines=24) as terminal:
        terminal.wait_for("visitors")
        terminal.press("q")
        assert terminal.wait_exit() == 0
