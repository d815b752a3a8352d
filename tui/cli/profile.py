"""`mpco profile`: the bottlenecks of a project."""

from typing import Any

import click

from engine.errors import EngineError
from engine.model import Job
from engine.protocol import RunProfile
from tui import headless, lines
from tui.cli.shell import as_json, say, wait_for


@click.command()
@as_json
@click.pass_context
def profile(ctx: click.Context, as_json: bool) -> None:
    """Run the profile command and print the project's bottlenecks, ranked."""

    async def work(session: headless.Session) -> Job:
        return (await session.finish([(await session.perform(RunProfile()))["job"]]))[0]

    async def whole() -> tuple[Job, tuple[Any, ...]]:
        async with headless.Session(ctx.obj, say) as session:
            return await work(session), session.state.bottlenecks

    job, found = wait_for(whole())
    if job.state != "done":
        raise EngineError(job.reason or "The profile run was cancelled.")
    shown = lines.json_lines(map(lines.bottleneck_line, found)) if as_json else lines.bottleneck_table(found)
    click.echo(shown)
