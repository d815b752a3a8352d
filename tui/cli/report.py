"""`mpco report`: what the session knows, and the paper's tables."""

import platform
from pathlib import Path
from typing import Any

import click

from engine.errors import EngineError
from tui import headless, lines
from tui.cli.results import print_candidates
from tui.cli.shell import as_json, echo, say, wait_for
from tui.measurements import rows, write
from tui.report_rows import combined, nouns, session_report
from tui.state import State

TABLES = ("rq1", "rq2", "rq3")
FORMATS = {".md": "markdown", ".tex": "latex", ".csv": "csv", ".json": "json", ".html": "html"}


@click.command(short_help="Print what the session knows, and the paper's tables.")
@click.option(
    "--import",
    "source",
    type=click.Path(path_type=Path),
    help="Read published measurement files (a CSV file, or a folder of them) instead of the session.",
)
@click.option("--table", type=click.Choice(TABLES), help="With --import: which of the paper's tables; default: all.")
@click.option(
    "--measurements",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every benchmark run, with machine, load and time, to this file: .csv or .json.",
)
@click.option("--format", "kind", type=click.Choice(tuple(FORMATS.values())), help="Write the whole report so.")
@click.option(
    "-o",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write it to; its ending (.md, .tex, .csv, .json, .html) stands for a format.",
)
@as_json
@click.pass_context
def report(
    ctx: click.Context,
    source: Path | None,
    table: str | None,
    measurements: Path | None,
    kind: Any,
    target: Path | None,
    as_json: bool,
) -> None:
    """Print what the session knows: every candidate with its verdict.

    \b
    mpco report --format markdown                       everything that screen 5 shows, and the paper's ranks
    mpco report -o report.html                          the same as one page with plots, to send to a colleague
    mpco report --measurements runs.csv                 every run that was measured
    mpco report --import measurements/ --table rq1      the tables of the MPCO paper, from its files
    """
    if source is not None:
        _print_paper(source, (table,) if table else TABLES, as_json)
        return
    if table is not None:
        raise click.UsageError("--table goes with --import.")

    if target is not None and kind is None:
        kind = FORMATS.get(target.suffix.lower())
        if kind is None:
            raise click.UsageError(f"{target}: name its format with --format.")

    async def whole() -> Any:
        async with headless.Session(ctx.obj, say) as session:
            return session.state

    state = wait_for(whole())
    if measurements is not None:
        found = rows(state.evaluations.values(), platform.node())
        write(found, measurements)
        say(f"{measurements}: {len(found)} runs of {len(state.evaluations)} evaluations")
        return
    if kind is not None:
        _write_report(state, kind, target)
        return
    candidates = [(item, state.latest_evaluation(item.id)) for item in state.candidates.values()]
    print_candidates(state, candidates, as_json, combined(state))


def _write_report(state: State, kind: Any, target: Path | None) -> None:
    from engine.report.formats import render
    from engine.report.procedure import session_cells

    name = state.project.name if state.project else "project"
    text = render(session_report(state), session_cells(nouns(state), name), kind, f"MPCO report: {name}")
    if target is None:
        click.echo(text, nl=False)
        return
    try:
        target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise EngineError(f"{target}: cannot be written: {error.strerror}.") from error
    say(f"{target}: {kind} report of {len(state.candidates)} candidates")


def _print_paper(source: Path, tables: tuple[str, ...], as_json: bool) -> None:
    from engine.report.paper import average_ranks, cells, read_systems

    systems, other = read_systems(source)
    for name in other:
        say(f"{source / name}: left out, its columns are not those of a measurement file")
    for table in tables:
        found = cells(table, systems)
        if as_json:
            echo(lines.json_lines(lines.paper_line(cell) for cell in found))
        else:
            echo(f"{table.upper()}: mean %PI (SD) rank, n snippets")
            echo(lines.paper_table(found, average_ranks(table, found)) + "\n")
