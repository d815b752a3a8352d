"""What the subcommands share: exit codes, waiting for the engine, and the app itself."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.plain_line import plain_text
from tui.terminal import check_terminal, end_with_terminal

if TYPE_CHECKING:
    from tui.first_steps import FirstSteps

IMPROVED, ERROR, USAGE, NOT_IMPROVED, BASELINE_FAILS, BUDGET, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

T = TypeVar("T")
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, keys as in the README.")


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; an interrupt cancels it, so that it can end its jobs, before it is passed on."""
    return asyncio.run(work)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print for a person: what is in `text` comes from anywhere, and must not drive the terminal."""
    click.echo(plain_text(text), err=err, nl=nl)


def echo_exactly(text: str) -> None:
    """Print what another program may read, byte for byte, unless a terminal would."""
    shown = plain_text(text) if sys.stdout.isatty() else text
    sys.stdout.buffer.write(shown.encode("utf-8", "surrogateescape"))
    sys.stdout.flush()


def say(text: str) -> None:
    """Print for a person, beside the result."""
    echo(text, err=True)


def exit_code(jobs: Any, improved: bool) -> int:
    failures = {job.failure for job in jobs}
    if "baseline" in failures:
        return BASELINE_FAILS
    if "budget" in failures:
        return BUDGET
    if improved:
        return IMPROVED
    return ERROR if failures - {""} else NOT_IMPROVED


def open_app(root: Path, *, first_steps: "FirstSteps | None" = None, tour: bool = False) -> None:
    check_terminal()
    from tui.app import MpcoApp
    from tui.collecting import collect_seldom

    collect_seldom()
    end_with_terminal()
    MpcoApp(root, first_steps=first_steps, tour=tour).run()
