"""`mpco evaluate`: verdicts on patches from anywhere."""

import sys
from pathlib import Path
from typing import Any

import click

from tui import headless, lines
from tui.cli.shell import as_json, echo, exit_code, say, wait_for


@click.command()
@click.argument("patches", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@as_json
@click.pass_context
def evaluate(ctx: click.Context, patches: tuple[str, ...], as_json: bool) -> None:
    """Build, test and benchmark each PATCH (a git-style patch file, or -) against the working tree.

    The working tree is not touched: everything happens in a sandboxed copy.
    """

    async def whole() -> list[Any]:
        texts = [(name, _read(name)) for name in patches]
        async with headless.Session(ctx.obj, say) as session:
            return await headless.evaluate(session, texts)

    results = wait_for(whole())
    rows = [(name, evaluation) for name, evaluation, _ in results]
    echo(lines.json_lines(lines.evaluation_line(*row) for row in rows) if as_json else lines.evaluation_table(rows))
    for reason in dict.fromkeys(job.reason for _, _, job in results if job.failure):
        say(reason)
    ctx.exit(exit_code([job for _, _, job in results], any(item.verdict == "faster" for _, item in rows)))


def _read(name: str) -> str:
    """The patch with its carriage returns: reading it as text would drop them."""
    from engine import answering

    return answering.read_text(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
