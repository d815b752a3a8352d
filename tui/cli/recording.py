"""`mpco recording`: what was asked and answered in this project's session, as a file."""

from pathlib import Path
from typing import Any

import click

from engine.client import Client
from engine.protocol import Command, ExportRecording, ImportRecording
from tui.cli.shell import echo, wait_for


@click.group(short_help="Recorded LLM calls as a file; never with keys.")
def recording() -> None:
    """Recorded LLM calls as a file, to give to others; never with keys or headers.

    \b
    mpco recording export talk.json
    mpco recording import talk.json
    mpco run --replay talk.json --speed 0
    """


@recording.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def export(ctx: click.Context, file: Path) -> None:
    """Write all calls of this project's session to FILE, for `mpco run --replay FILE`."""
    told = _perform(ctx.obj, ExportRecording(path=str(file.absolute())))
    echo(f"{told['exchanges']} calls written to {file}")


@recording.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Add the calls in FILE to this project's session, for models named replay/NAME."""
    told = _perform(ctx.obj, ImportRecording(path=str(file.absolute())))
    echo(f"{told['exchanges']} calls read from {file}")


def _perform(root: Path, command: Command) -> Any:
    async def whole() -> Any:
        client = await Client.connect(root)
        try:
            return await client.send(command)
        finally:
            await client.close()

    return wait_for(whole())
