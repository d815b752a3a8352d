"""`mpco engine`: the background process."""

import json
from typing import Any

import click

from engine import paths
from engine.client import Client
from engine.errors import EngineError
from engine.protocol import Status, Stop
from tui.cli.shell import as_json, echo, wait_for


@click.group()
def engine() -> None:
    """The background engine of this project.

    \b
    mpco engine status --json
    mpco engine log -n 20
    mpco engine stop
    """


@engine.command()
@as_json
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say whether the engine runs, and what it does."""

    async def whole() -> dict[str, Any]:
        client = await Client.connect(ctx.obj, start=False)
        try:
            return dict(await client.send(Status()))
        finally:
            await client.close()

    found = wait_for(whole())
    if as_json:
        echo(json.dumps(found))
        return
    counts = f"{_count(found['jobs'], 'job')}, {_count(found['clients'], 'client')}"
    echo("running, pid {pid}, {counts}, version {version}, project {root}".format(counts=counts, **found))


@engine.command()
@click.pass_context
def stop(ctx: click.Context) -> None:
    """End the engine; running evaluations go on at its next start with the measurements they have."""

    async def whole() -> None:
        client = await Client.connect(ctx.obj, start=False)
        try:
            await client.send(Stop())
            await client.closed()
        finally:
            await client.close()

    wait_for(whole())
    echo("stopped")


@engine.command()
@click.option("-n", "count", default=50, show_default=True, help="How many lines, from the end.")
@click.pass_context
def log(ctx: click.Context, count: int) -> None:
    """Print the end of the engine's log."""
    file = paths.log_file(ctx.obj)
    if not file.exists():
        raise EngineError(f"{file}: there is no log yet; the engine has not run for this project.")
    echo("\n".join(file.read_text(errors="replace").splitlines()[-count:]))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
