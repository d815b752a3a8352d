"""Every command that the README and --help name can be given so; what the README links to is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tui.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^ {4,}(?:- run: )?(mpco(?: .*)?)$", README, re.MULTILINE) + re.findall(r"`(mpco [^`]*)`", README)
HELP = re.compile(r"^ *(mpco(?: [^ \n]+)*)(?:  .*)?$", re.MULTILINE)


def documented(group: click.Group, name: str) -> Iterator[tuple[str, str]]:
    """(command, help) of every command, and of what is below it."""
    for word, command in group.commands.items():
        yield f"{name} {word}", command.help or ""
        if isinstance(command, click.Group):
            yield from documented(command, f"{name} {word}")


TOLD = dict(documented(main, "mpco"))
LINES += [found for text in TOLD.values() for found in HELP.findall(text)]
COMMANDS = sorted({re.split("  #| >", line)[0].replace("${{ github.base_ref }}", "main").strip() for line in LINES})
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


def test_the_help_of_every_command_has_an_example() -> None:
    parents = {name: name.rpartition(" ")[0] for name in TOLD}
    silent = {name for name, text in TOLD.items() if name not in text and name not in TOLD.get(parents[name], "")}
    assert not silent - {"mpco completion"}


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r'(?:src|srcset)="([^"]+)"|\]\(([^)#]+)\)|`(tests/[\w./]+)`', README)
    names = {name for found in links for name in found if name and not name.startswith("http")}
    assert len(names) > 8 and all((ROOT / name).exists() for name in names)


def test_it_stays_short() -> None:
    assert len(README.splitlines()) < 400
