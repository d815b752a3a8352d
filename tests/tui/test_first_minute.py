"""The first minute: a project without mpco.toml, one with mistakes in it, and the tour."""

from pathlib import Path

import pytest

from engine.client import Client
from engine.protocol import RunProfile, Stop
from tests.tui.conftest import OpenApp, Person
from tui import personal
from tui.app import MpcoApp
from tui.cli.project import first_steps


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A project with tests and a benchmark, and no mpco.toml."""
    root = tmp_path / "bare"
    root.mkdir()
    (root / "test_sums.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n")
    (root / "bench.py").write_text("print(sum(range(10)))\n")
    return root


async def test_a_project_without_configuration_is_shown_what_would_be_written(bare: Path) -> None:
    app = MpcoApp(bare, first_steps=first_steps())
    async with app.run_test(size=(80, 24)) as pilot:
        person = Person(app, pilot)
        await person.sees("mpco.toml yet.", "python3 -m pytest -q", "python3 bench.py", "There is a bench.py.")
        await person.sees("What will run", "What will be sent", "Nothing leaves this machine", "d open the demo")
        assert not (bare / "mpco.toml").exists()
        (bare / "mpco.toml").write_text("# somebody was faster\n")
        await person.press("enter")
        await person.sees("is there already and was left as it is")


async def test_enter_writes_it_and_a_mistake_made_later_is_told_until_it_is_mended(bare: Path) -> None:
    app = MpcoApp(bare, first_steps=first_steps())
    async with app.run_test(size=(120, 30)) as pilot:
        person = Person(app, pilot)
        await person.sees("What enter writes")
        await person.press("enter")
        await person.sees("engine ●", "press p to run")
    assert "python3 bench.py" in (bare / "mpco.toml").read_text()

    client = await Client.connect(bare, start=False)
    await client.send(Stop())
    await client.closed()
    good = (bare / "mpco.toml").read_text()
    (bare / "mpco.toml").write_text("[benchmrk]\n")
    broken = MpcoApp(bare)
    async with broken.run_test(size=(120, 30)) as pilot:
        person = Person(broken, pilot)
        await person.sees("benchmrk", "is read again")
        (bare / "mpco.toml").write_text(good)
        await person.sees("engine ●", "press p to run")
        await broken._client.send(Stop())


async def test_the_tour_walks_over_the_stages_and_is_shown_once(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        person.app.action_tour()
        await person.sees("Tour 1 of 5", "▸ Profile", "p  profile")
        await person.press("enter")
        await person.sees("Tour 2 of 5", "▸ Prompts")
        await person.press("left")
        await person.sees("Tour 1 of 5")
        for _ in range(5):
            await person.press("enter")
        await person.misses("Tour")
        await person.sees("▸ Profile")
        assert personal.recall().toured


async def test_a_verb_that_a_card_of_the_tour_names_is_done_at_once(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        person.app.action_tour()
        await person.sees("Tour 1 of 5", "p  profile")
        await person.press("p")
        await person.engine.received(RunProfile)
        await person.misses("Tour")
        assert personal.recall().toured
