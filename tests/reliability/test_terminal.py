"""What becomes of the app when its terminal goes, changes its size, is put aside, or never was one."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.conftest import MPCO, Person
from tests.end_to_end.terminal import Terminal
from tui.terminal import HUNG_UP


def opened(person: Person, project: Path, columns: int = 80, lines: int = 24) -> Terminal:
    person.roots.append(project)
    return Terminal([str(MPCO)], cwd=project, env=person.env, columns=columns, lines=lines)


def test_a_terminal_that_vanishes_without_a_signal_takes_the_app_with_it(person: Person, project: Path) -> None:
    with opened(person, project) as terminal:
        terminal.wait_for("press p", "engine ●")
        terminal.press("p")
        terminal.wait_for("Profiling")
        terminal.vanish()
        assert terminal.process.wait(timeout=60) == HUNG_UP
    with opened(person, project) as terminal:  # the engine went on
        terminal.wait_for("distinct")
        assert terminal.process.poll() is None


def test_a_storm_of_sizes_ends_in_the_right_picture(person: Person, project: Path) -> None:
    with opened(person, project) as terminal:
        terminal.wait_for("press p", "engine ●")
        sizes = [(20 + 7 * n % 181, 5 + 3 * n % 56) for n in range(200)]
        for columns, lines in sizes:
            terminal.resize(columns, lines)
        terminal.resize(20, 5)
        terminal.wait_for("p profile", "q quit")
        terminal.resize(80, 24)
        terminal.wait_for("press p", "engine ●")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    print(f"{len(sizes)} sizes, then 20x5 and 80x24")


def test_put_aside_and_brought_back(person: Person, project: Path) -> None:
    with opened(person, project) as terminal:
        terminal.wait_for("press p", "engine ●")
        os.kill(terminal.process.pid, signal.SIGTSTP)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        assert psutil.Process(terminal.process.pid).status() == psutil.STATUS_STOPPED
        terminal.drain()
        terminal.screen.reset()
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.wait_for("press p", "engine ●")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_two_screens_show_one_session(person: Person, project: Path) -> None:
    with opened(person, project) as first, opened(person, project, 120, 40) as second:
        first.wait_for("press p", "engine ●")
        second.wait_for("press p", "engine ●")
        first.press("p")
        second.wait_for("distinct", "m meta-prompt")
        second.press("q")
        assert second.wait_exit() == 0
        first.wait_for("distinct")


@pytest.mark.parametrize("name", ["", "dumb"])
def test_a_terminal_that_cannot_show_the_app_gets_a_sentence(person: Person, project: Path, name: str) -> None:
    env = {key: value for key, value in person.env.items() if key != "TERM"} | ({"TERM": name} if name else {})
    with Terminal([str(MPCO)], cwd=project, env=env) as terminal:
        assert terminal.wait_exit() == 1
        terminal.drain()
        told = terminal.text.replace("\n", "")
        assert "TERM=xterm-256color" in told and "mpco --plain" in told
