"""What is a person's own: keys, themes, notices, and where they left off."""

import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from engine.protocol import JobChanged, RunProfile
from tests.tui import samples
from tests.tui.conftest import OpenApp
from tui.cli import main
from tui.desktop import notice


def write(folder: Path, text: str) -> None:
    (folder / "config.toml").write_text(text)


async def test_a_key_of_ones_own_replaces_the_default(open_app: OpenApp, personal_folders: Path) -> None:
    write(personal_folders, '[keymap]\n"verb.profile" = "f5"\n')
    async with open_app() as person:
        await person.press("f5")
        await person.engine.received(RunProfile)
        await person.sees("f5 profile")


async def test_wrong_names_and_clashes_are_told(open_app: OpenApp, personal_folders: Path) -> None:
    write(personal_folders, '[keymap]\n"verb.profil" = "f5"\n"verb.profile" = "m"\n')
    async with open_app(size=(160, 50)) as person:
        await person.until(lambda: len(person.app._notifications) >= 2)
        told = " ".join(item.message for item in person.app._notifications)
        assert "keymap.verb.profil: there is no such command; did you mean 'verb.profile'?" in told
        assert "the key m stands for verb.meta_prompt and verb.profile; give one of them another" in told


async def test_a_broken_file_costs_a_sentence_only(open_app: OpenApp, personal_folders: Path) -> None:
    write(personal_folders, "[app]\ntheme = 7\n")
    async with open_app() as person:
        await person.until(lambda: any("config.toml is not used" in n.message for n in person.app._notifications))
        await person.sees("Profile")


async def test_a_theme_of_ones_own_is_previewed_and_remembered(open_app: OpenApp, personal_folders: Path) -> None:
    (personal_folders / "themes").mkdir()
    (personal_folders / "themes" / "aaa-mine.toml").write_text('primary = "#336699"\ndark = true\n')
    async with open_app() as person:
        person.app.action_change_theme()
        await person.sees("enter keeps it")
        await person.press("home")
        await person.until(lambda: person.app.theme == "aaa-mine")
        await person.press("escape")
        await person.until(lambda: person.app.theme == "mpco-dark")
        person.app.action_change_theme()
        await person.sees("enter keeps it")
        await person.press("home", "enter")
        await person.until(lambda: person.app.theme == "aaa-mine")
    async with open_app() as person:
        assert person.app.theme == "aaa-mine"


async def test_a_project_opens_where_it_was_left(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("j", "2")
        await person.sees("unique_visitors · 2 of 3")
    async with open_app() as person:
        await person.sees("▸ Prompts", "unique_visitors · 2 of 3")


async def test_the_end_of_a_long_job_rings(open_app: OpenApp, root: Path) -> None:
    job = samples.full(root).jobs[0]
    async with open_app() as person:
        rung: list[bool] = []
        person.app.bell = lambda: rung.append(True)  # type: ignore[method-assign]
        person.engine.push(JobChanged(job=msgspec.structs.replace(job, state="running", at=time.time() - 3600)))
        person.engine.push(JobChanged(job=msgspec.structs.replace(job, state="done", at=time.time() - 3600)))
        await person.until(lambda: bool(rung))


def test_words_in_a_notice_cannot_drive_the_terminal() -> None:
    sent = notice("job\x1b]0;evil\x07", "a;b\nc")
    assert sent.count("\x1b") == 4 and "\x07" not in sent and "\n" not in sent
    assert "job ]0,evil : a,b c" in sent


def test_every_command_is_listed_by_the_name_to_bind_it_with() -> None:
    done = CliRunner().invoke(main, ["keys"])
    assert done.exit_code == 0
    assert "verb.write" in done.output and "diffs.accept" in done.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_MPCO_COMPLETE" in done.output
