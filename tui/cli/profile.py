"""`mpco profile`: the bottlenecks of a project, from a run or from files of any profiler."""

from pathlib import Path
from typing import Any

import click

from engine.errors import EngineError
from engine.model import Job
from engine.protocol import RunProfile
from tui import headless, lines
from tui.cli.shell import as_json, echo, say, wait_for

_FILE = click.Path(path_type=Path)


@click.command(short_help="Print the project's bottlenecks, ranked.")
@click.option("--import", "files", multiple=True, type=_FILE, metavar="FILE", help="Read a profile; again: add up.")
@click.option("--compare", nargs=2, type=_FILE, metavar="BEFORE AFTER", help="What changed between two profiles.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the source code; default: the project's.",
)
@click.option("--unmapped", is_flag=True, help="Also list the time that belongs to no function of the project.")
@as_json
@click.pass_context
def profile(
    ctx: click.Context,
    files: tuple[Path, ...],
    compare: tuple[Path, Path] | None,
    root: Path | None,
    unmapped: bool,
    as_json: bool,
) -> None:
    """Print the project's bottlenecks, ranked: run the profile command, or read what a profiler has written.

    \b
    mpco profile                                     run and rank
    mpco profile --import perf.txt --root src        any folder, no configuration
    mpco profile --import a.json --import b.json     several profiles as one
    mpco profile --compare before.out after.out      what a change has done

    The format is found by the content: pstats, speedscope, collapsed stacks, perf script, callgrind, gprof, pprof,
    scalene, pyinstrument and VTune's CSV.
    """
    if compare and files:
        raise click.UsageError("--import and --compare are two different things; give one.")
    folder = root or ctx.obj
    if compare:
        _compare(*compare, folder, as_json)
        return
    if files:
        from engine.profile.files import import_profiles

        found = import_profiles(files, folder)
    else:
        if root is not None:
            raise click.UsageError("--root is for --import and --compare; `mpco -C DIR profile` runs in a folder.")
        found = _run(ctx.obj)
    if as_json:
        rows = [lines.bottleneck_line(item) for item in found.bottlenecks]
        rows += [lines.unmapped_line(item) for item in found.unmapped] if unmapped else []
        echo(lines.json_lines(rows))
    else:
        echo(lines.bottleneck_table(found.bottlenecks))
    if (unmapped and not as_json) or not found.bottlenecks:
        say(lines.unmapped_table(found.unmapped))
    if not found.bottlenecks:
        where = "is --root the folder with the source code?"
        where = where if files else "check [profile] command and [project] include in mpco.toml."
        say(f"{found.command}: names no function of {folder}; {where}")
    elif not files:
        say(f"profiled by {found.profiler}")


def _run(root: Path) -> Any:
    async def work(session: headless.Session) -> Job:
        return (await session.finish([(await session.perform(RunProfile()))["job"]]))[0]

    async def whole() -> tuple[Job, Any]:
        async with headless.Session(root, say) as session:
            return await work(session), session.state.profile

    job, found = wait_for(whole())
    if job.state != "done" or found is None:
        raise EngineError(job.reason or "The profile run was cancelled.")
    return found


def _compare(before: Path, after: Path, root: Path, as_json: bool) -> None:
    from engine.profile.files import compare_profiles

    found = compare_profiles(before, after, root)
    echo(lines.json_lines(map(lines.difference_line, found)) if as_json else lines.difference_table(found))
