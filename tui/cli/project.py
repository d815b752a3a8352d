"""`mpco doctor` and `mpco init`: getting a project ready."""

import shutil
import sys
from pathlib import Path

import click

from tui import lines
from tui.cli.run import copy_of_demo
from tui.cli.shell import ERROR, IMPROVED, as_json, echo
from tui.first_steps import FirstSteps, Found, Survey


@click.command()
@as_json
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what is missing for this project and how to get it.

    \b
    mpco doctor
    mpco doctor --json
    """
    from engine.setup import diagnose

    found = diagnose(ctx.obj)
    if as_json:
        keys = ("name", "ok", "found", "fix")
        echo(lines.json_lines({key: getattr(item, key) for key in keys} for item in found))
    else:
        rows = [(item.ok, item.name, item.found, "" if item.ok else item.fix) for item in found]
        echo(lines.findings(rows, shutil.get_terminal_size((100, 24)).columns))
    ctx.exit(IMPROVED if all(item.ok for item in found) else ERROR)


@click.command(short_help="Write a small mpco.toml for the project in this folder.")
@click.option("--force", is_flag=True, help="Replace an mpco.toml that is there.")
@click.pass_context
def init(ctx: click.Context, force: bool) -> None:
    """Detect language, tests and benchmark, and write a small mpco.toml into this folder.

    \b
    mpco init
    mpco -C some/folder init --force
    """
    from engine.setup import detect, render_config, write_config

    root: Path = ctx.find_root().params.get("root") or Path.cwd()
    text = render_config(detect(root))
    target = root / "mpco.toml"
    if target.exists() and not force and sys.stdin.isatty():
        force = click.confirm(f"{target} is there already; replace it?")
    write_config(root, text, overwrite=force)
    echo(text, nl=False)
    echo(f"wrote {target}; `mpco doctor` says what is missing, `mpco` opens the app", err=True)


def first_steps() -> FirstSteps:
    """`init` as the app offers it in a project without mpco.toml."""
    from engine.setup import detect, render_config, write_config

    def survey(root: Path) -> Survey:
        detected = detect(root)
        languages = ", ".join(detected.languages)
        commands = (
            Found(name, getattr(detected, name).command, getattr(detected, name).evidence)
            for name in ("build", "test", "benchmark")
            if name != "build" or detected.build.command
        )
        known = Found("languages", languages, "" if languages else "No source file of a known language was found.")
        return Survey((known, *commands), render_config(detected))

    return FirstSteps(survey, write_config, copy_of_demo)
