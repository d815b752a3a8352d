"""The sessions of a project in the app and as commands: listed, compared, followed over commits, begun anew, removed."""

import json
from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from engine import paths
from engine.protocol import NewSession, Snapshot
from engine.store_archive import archive
from tests.engine.test_history import profile, session
from tests.tui import samples
from tests.tui.conftest import OpenApp, Person
from tui.cli import main


def keep(root: Path) -> None:
    """A current session and one that was kept."""
    session(root / "other.db", 5.0, profile("p1", 1e9, 0.5, "aaa"))
    (root / ".mpco").mkdir()
    archive(root / "other.db", paths.archived(root) / "before.db")
    session(paths.database(root), 9.0, profile("p2", 1e9 + 60, 0.25, "bbb+"))


async def open_sessions(person: Person) -> None:
    await person.press("ctrl+p")
    await person.press(*"sessions", "enter")


async def test_sessions_are_listed_compared_and_removed(open_app: OpenApp, root: Path) -> None:
    keep(root)
    async with open_app(size=(120, 40)) as person:
        await open_sessions(person)
        await person.sees("Sessions", "current", "before", "9.0% (parse: loops)", "n new")
        await person.press("enter")
        await person.sees("This is the current session")
        await person.press("j", "enter")
        await person.sees("By bottleneck", "at least 5.0% (loops)", "at least 9.0% (loops)")
        await person.press("t")
        await person.sees("No profile of any session has a function 'Parser.parse_line'")
        await person.press("D")
        await person.sees("Remove a session", "cannot be brought back")
        await person.press("n")
        await person.sees("before")
        await person.press("D", "y")
        await person.until(lambda: not (paths.archived(root) / "before.db").exists())
        await person.misses("before")
        await person.press("D")
        await person.sees("The current session is in use")
        await person.press("escape")
        await person.misses("Sessions")


async def test_a_new_session_empties_every_screen(open_app: OpenApp, root: Path) -> None:
    async with open_app(size=(80, 24)) as person:
        for number in "12345":  # each has shown the old session
            await person.press(number)
        await open_sessions(person)
        await person.sees("There is no session yet")
        person.engine.answers[NewSession] = "Jobs are running in this session."
        await person.press("n")
        await person.sees("New session")
        await person.press(*"old", "enter")
        await person.sees("Jobs are running in this session.")
        person.engine.answers[NewSession] = {"name": "old", "path": "old.db", "bytes": 1}
        await person.press("n")
        await person.sees("New session")
        await person.press(*"old", "enter")
        assert (await person.engine.received(NewSession, 2)).name == "old"
        await person.sees("Kept as old, 1 B")
        await person.press("escape")
        person.engine.push(Snapshot(project=samples.project(root)))
        for number in "12345":
            await person.press(number)
            await person.misses("Parser.parse_line", "algorithms v1", "loops v1")
        person.engine.push(msgspec.structs.replace(samples.full(root), jobs=()))
        await person.press("5")
        await person.sees("algorithms v1")


def test_sessions_by_commands(root: Path) -> None:
    def types(*words: str) -> Result:
        return CliRunner().invoke(main, ["-C", str(root), "sessions", *words])

    assert "no session yet" in types().stdout
    keep(root)
    current, before = (json.loads(line) for line in types("--json").stdout.splitlines())
    assert (current["name"], before["name"], before["best"]) == ("current", "before", 5.0)
    assert "5.0% (parse: loops)" in types().stdout
    assert "at least 5.0% (loops)  at least 9.0% (loops)" in types("compare", "before").stdout
    (own, *_) = (json.loads(line) for line in types("compare", "before", "--json").stdout.splitlines())
    assert own["table"] == "Two sessions"
    trend = types("trend").stdout
    assert "aaa" in trend and "-50% time" in trend
    assert [json.loads(line)["commit"] for line in types("trend", "parse", "--json").stdout.splitlines()] == [
        "aaa",
        "bbb+",
    ]
    unknown = types("compare", "bfore")
    assert unknown.exit_code == 1 and "there are: current, before" in unknown.stderr
    assert "nothing to clean up" in types("clean").stdout
    (root / ".mpco" / "engine.log").write_text("x" * 2000)
    asked = types("clean")
    assert asked.exit_code == 2 and "2 kB" in asked.stdout and (root / ".mpco" / "engine.log").exists()
    assert types("clean", "--yes").exit_code == 0 and not (root / ".mpco" / "engine.log").exists()
    assert types("remove", "current", "--yes").exit_code == 1
    assert types("remove", "before", "--yes").exit_code == 0 and not list(paths.archived(root).iterdir())
