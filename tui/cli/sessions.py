"""`mpco sessions`: what was done in this project before, beside what is done now."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from engine.client import Client
from engine.protocol import NewSession
from engine.report.sessions import CURRENT
from tui import lines
from tui.cli.shell import as_json, echo, say, wait_for
from tui.session_rows import HEAD, TREND_HEAD, row, size, tables_text, trend_rows


@click.group(invoke_without_command=True, short_help="Sessions that were kept: list, compare, trends, clean up.")
@as_json
@click.pass_context
def sessions(ctx: click.Context, as_json: bool) -> None:
    """List the sessions of this project with their sizes and best results: the current one, and those that were kept.

    \b
    mpco sessions new before-merge           keep what there is under that name, and begin an empty session
    mpco sessions compare before-merge current
    mpco sessions trend parse_line           one function in all profiles, commit by commit
    mpco sessions clean                      what takes room and is of no use, asking first
    """
    if ctx.invoked_subcommand is not None:
        return
    from engine import history

    found = history.sessions(ctx.obj)
    if as_json:
        echo(lines.json_lines(msgspec.to_builtins(item) for item in found))
    elif found:
        echo(lines.table(HEAD, map(row, found)))
    else:
        echo("no session yet; `mpco run` or the app begins one")


@sessions.command()
@click.argument("name", default="")
@click.pass_context
def new(ctx: click.Context, name: str) -> None:
    """Keep the session under NAME (default: the time) and begin an empty one.

    Your files stay as they are; what was written by a session can be taken back only while it is the current one.
    """

    async def whole() -> Any:
        client = await Client.connect(ctx.obj)
        try:
            return await client.send(NewSession(name=name))
        finally:
            await client.close()

    told = wait_for(whole())
    echo(f"kept as {told['name']} ({size(told['bytes'])}); the current session is empty now")


@sessions.command()
@click.argument("one")
@click.argument("other", default=CURRENT)
@as_json
@click.pass_context
def compare(ctx: click.Context, one: str, other: str, as_json: bool) -> None:
    """Compare session ONE with session OTHER (default: the current one), bottleneck by bottleneck."""
    from engine import history

    tables = history.compare(ctx.obj, one, other)
    if as_json:
        rows = (dict(zip(table.head, cells, strict=True)) for table in tables for cells in table.rows)
        named = (table.title for table in tables for _ in table.rows)
        echo(lines.json_lines({"table": title, **cells} for title, cells in zip(named, rows, strict=True)))
        return
    echo(tables_text(tables))


@sessions.command()
@click.argument("function", default="")
@as_json
@click.pass_context
def trend(ctx: click.Context, function: str, as_json: bool) -> None:
    """Show FUNCTION (default: the first bottleneck) in every profile of every session, with the commit of each.

    A + after a commit tells of tracked files that had changed since. A profile is one run: its seconds vary with what
    else the machine does, its shares less so, and `mpco evaluate --against REVISION` proves a change.
    """
    from engine import history

    points = history.trend(ctx.obj, function)
    if as_json:
        echo(lines.json_lines(msgspec.to_builtins(point) for point in points))
        return
    echo(points[0].function)
    echo(lines.table(TREND_HEAD, trend_rows(points)))


@sessions.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, names: tuple[str, ...], yes: bool) -> None:
    """Remove sessions that were kept, for good; asks first.

    \b
    mpco sessions remove before-merge
    """
    from engine import history

    known = {item.name: item.bytes for item in history.sessions(ctx.obj)}
    files = [(history.archived_file(ctx.obj, name), known.get(name, 0)) for name in dict.fromkeys(names)]
    _remove(files, yes)


@sessions.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def clean(ctx: click.Context, yes: bool) -> None:
    """Remove what no session needs: damaged databases that were set aside, unfinished copies, the log; asks first."""
    from engine import history

    files = history.leftovers(ctx.obj)
    if not files:
        echo("nothing to clean up")
        return
    _remove(files, yes)


def _remove(files: list[tuple[Path, int]], yes: bool) -> None:
    from engine import history

    echo(lines.table(("size", "file"), [(size(count), str(path)) for path, count in files]))
    whole = size(sum(count for _, count in files))
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody is here to ask; --yes removes them.")
        if not click.confirm(f"Remove {whole} for good?", default=False, err=True):
            return
    history.remove(path for path, _ in files)
    say(f"{whole} removed")
