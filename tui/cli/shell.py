"""What the subcommands share: exit codes, waiting for the engine, and the app itself."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import EngineError

if TYPE_CHECKING:
    from tui.first_steps import FirstSteps

IMPROVED, ERROR, USAGE, NOT_IMPROVED, BASELINE_FAILS, BUDGET, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

T = TypeVar("T")
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, keys as in the README.")


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; an interrupt cancels it, so that it can end its jobs, before it is passed on."""
    return asyncio.run(work)


def say(text: str) -> None:
    click.echo(text, err=True)


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
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EngineError("There is no terminal for the app; `mpco run` does the same job without one.")
    from tui.app import MpcoApp

    MpcoApp(root, first_steps=first_steps, tour=tour).run()
