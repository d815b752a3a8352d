"""`mpco demo` and `mpco run`: the whole job."""

import sys
from pathlib import Path
from typing import Any, Literal

import click

from engine.model import CONTEXT_NAMES
from tui import headless
from tui.cli.results import print_candidates
from tui.cli.shell import as_json, echo, exit_code, open_app, say, wait_for
from tui.lines import BEYOND_OFFLINE

DEMO_FOLDER = "mpco-demo"


@click.command(short_help="See the whole job on the bundled project.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@as_json
@click.pass_context
def demo(ctx: click.Context, folder: Path | None, as_json: bool) -> None:
    """Copy the bundled demo project into FOLDER (default: a fresh ./mpco-demo) and do the whole job there.

    In a terminal this opens the app; without one it runs headless and prints the result table.

    \b
    mpco demo
    mpco demo try-it --json
    """
    root = copy_of_demo(folder)
    echo(f"demo project: {root}", err=True)
    if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        open_app(root, tour=True)
    else:
        ctx.exit(run_headless(root, headless.Plan(), as_json))


@click.command(short_help="Do the whole job without a screen.")
@click.option("--bottlenecks", type=click.IntRange(min=1), default=3, show_default=True, help="How many, from the top.")
@click.option("--llm", "llms", multiple=True, help="Label of a target LLM; can be repeated. Default: all.")
@click.option("--strategy", default="mpco", show_default=True, help="How prompts come to be.")
@click.option(
    "--without", multiple=True, type=click.Choice(CONTEXT_NAMES), help="Leave a context out; can be repeated."
)
@click.option(
    "--scope",
    type=click.Choice(["bottleneck", "project"]),
    help="One prompt for each bottleneck, or one for all. Default: [meta_prompter] scope.",
)
@click.option("--meta-prompter", default="", help="Another model, or label of an LLM, to write the prompts.")
@click.option("--max-usd", type=click.FloatRange(min=0), help="Spend at most this on LLM calls.")
@click.option("--replay", default="", metavar="SESSION", help="Answer from a recording: a session.db, project or file.")
@click.option("--speed", type=click.FloatRange(min=0), default=1.0, help="Of the replay; 1 as recorded, 0 at once.")
@click.option("--worth", is_flag=True, help="Measure what each hunk of the winners is worth.")
@click.option("--combine", is_flag=True, help="Search for the best combination of all hunks, and measure it afresh.")
@click.option("--apply", "apply", type=click.Choice(["best"]), help="Write the best proven candidate.")
@click.option("--branch", default="", help="With --apply: to this new git branch instead of the working tree.")
@as_json
@click.pass_context
def run(
    ctx: click.Context,
    bottlenecks: int,
    llms: tuple[str, ...],
    strategy: str,
    without: tuple[Any, ...],
    scope: Literal["bottleneck", "project"] | None,
    meta_prompter: str,
    max_usd: float | None,
    replay: str,
    speed: float,
    worth: bool,
    combine: bool,
    apply: str | None,
    branch: str,
    as_json: bool,
) -> None:
    """Profile, write prompts, ask the LLMs, build, test and benchmark; print a table of verdicts.

    \b
    mpco run --bottlenecks 1 --llm loops
    mpco run --combine --worth
    mpco run --apply best --branch faster-parse
    """
    if branch and not apply:
        raise click.UsageError("--branch goes with --apply best.")
    source = str(Path(replay).absolute()) if replay else ""
    plan = headless.Plan(
        bottlenecks=bottlenecks,
        llms=llms,
        strategy=strategy,
        without=without,
        max_usd=max_usd,
        replay=source,
        speed=speed,
        worth=worth,
        combine=combine,
        apply_best=bool(apply),
        branch=branch,
        scope=scope or "",
        meta_prompter=meta_prompter,
    )
    ctx.exit(run_headless(ctx.obj, plan, as_json))


def run_headless(root: Path, plan: headless.Plan, as_json: bool) -> int:
    async def whole() -> tuple[headless.Outcome, Any]:
        async with headless.Session(root, say) as session:
            if wrong := await headless.mistake(session, plan.llms, [plan.strategy]):
                raise click.UsageError(wrong)
            return await headless.run(session, plan), session.state

    outcome, state = wait_for(whole())
    if outcome.results or not outcome.failed:
        print_candidates(state, outcome.results, as_json, outcome.combined)
    for job in outcome.failed:
        say(f"{job.title}: {job.state}: {job.reason}")
    if outcome.results and all(c.state == "empty" and c.model.startswith("offline/") for c, _ in outcome.results):
        say(BEYOND_OFFLINE)
    if outcome.applied:
        say(f"applied to {outcome.applied}")
    return exit_code(outcome.failed, outcome.best is not None)


def copy_of_demo(folder: Path | None = None) -> Path:
    from engine.demo import copy_demo

    return copy_demo(folder or _fresh(Path.cwd() / DEMO_FOLDER)).resolve()


def _fresh(folder: Path) -> Path:
    number, place = 1, folder
    while place.exists():
        number += 1
        place = folder.with_name(f"{folder.name}-{number}")
    return place
