"""Every command that the README names can be given so, and what it links to is there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from tui.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^ {4,}(?:- run: )?(mpco(?: .*)?)$", README, re.MULTILINE) + re.findall(r"`(mpco [^`]*)`", README)
COMMANDS = sorted({line.partition("  #")[0].replace("${{ github.base_ref }}", "main").strip() for line in LINES})
FOLDERS = ("some/folder", "src", "prompts", "measurements", ".mpco")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_taken_as_it_is_written(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FOLDERS:
        Path(name).mkdir(parents=True)
    words = [word for word in shlex.split(command)[1:] if word not in ("…", "...")]
    for word in words:
        if Path(word).suffix and not Path(word).exists():
            Path(word).touch()
    group: click.Command = main
    context = main.make_context("mpco", words, resilient_parsing=False)
    while isinstance(group, click.Group) and (rest := [*context._protected_args, *context.args]):
        name, found, rest = group.resolve_command(context, rest)
        assert found is not None
        if not rest and any(item.required for item in found.params):
            break  # named in a sentence, without what it is given
        group, context = found, found.make_context(name, rest, parent=context)


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r'(?:src|srcset)="([^"]+)"|\]\(([^)#]+)\)|`(tests/[\w./]+)`', README)
    names = {name for found in links for name in found if name and not name.startswith("http")}
    assert len(names) > 8 and all((ROOT / name).exists() for name in names)


def test_it_stays_short() -> None:
    assert len(README.splitlines()) < 400
