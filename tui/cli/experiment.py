"""`mpco experiment`: LLMs, strategies and meta-prompters against each other on the same bottlenecks."""

import sys
from typing import Any

import click

from engine.errors import EngineError
from engine.protocol import RunExperiment
from tui import headless, lines
from tui.cli.shell import as_json, echo, exit_code, say, wait_for
from tui.experiment_rows import estimate, grid, json_rows, results


@click.command(short_help="Compare LLMs, strategies and meta-prompters on a grid.")
@click.option("--strategy", "strategies", multiple=True, help="Can be repeated. Default: [experiment] strategies.")
@click.option("--llm", "llms", multiple=True, help="Label of a target LLM; can be repeated.")
@click.option("--meta-prompter", "metas", multiple=True, help="A model, or label of an LLM; can be repeated.")
@click.option("--repetitions", type=click.IntRange(min=1), default=None, help="How often each cell is asked for.")
@click.option("--cross", is_flag=True, help="Give each LLM also the prompts that were written for the others.")
@click.option("--go-on", is_flag=True, help="Go on with the last experiment; cells that failed are asked for again.")
@click.option("--yes", is_flag=True, help="Do not ask before it begins; without a terminal nobody is asked.")
@click.option("--show", is_flag=True, help="Print the last experiment as far as it is; nothing is run.")
@as_json
@click.pass_context
def experiment(
    ctx: click.Context,
    strategies: tuple[str, ...],
    llms: tuple[str, ...],
    metas: tuple[str, ...],
    repetitions: int | None,
    cross: bool,
    go_on: bool,
    yes: bool,
    show: bool,
    as_json: bool,
) -> None:
    """Work through a grid: top bottlenecks, strategies, LLMs, meta-prompters and repetitions; print its verdicts.

    What is not named is what [experiment] in mpco.toml says. It runs in the background engine: when it is cut off, the
    next start of the engine goes on with it. ctrl+c cancels it, and keeps what it has come to.

    \b
    mpco experiment --strategy mpco --strategy base --repetitions 3
    mpco experiment --cross                              is a prompt better for the LLM that it was written for?
    mpco experiment --go-on
    mpco report --format markdown                        ranks of the approaches by the paper's procedure
    """
    if show and go_on:
        raise click.UsageError("Give --show or --go-on.")

    begun = False

    async def whole() -> Any:
        nonlocal begun
        async with headless.Session(ctx.obj, say) as session:
            last = max(session.state.experiments.values(), key=lambda item: item.at, default=None)
            if (show or go_on) and last is None:
                raise EngineError("There is no experiment in this session yet; `mpco experiment` begins one.")
            if show:
                return session.state, last, None
            command = RunExperiment(
                experiment=last.id if go_on and last else "",
                strategies=strategies,
                llms=llms,
                meta_prompters=metas,
                repetitions=repetitions or 0,
                cross=cross,
            )
            if wrong := await headless.mistake(session, llms, strategies):
                raise click.UsageError(wrong)
            plan = await headless.plan_experiment(session, command)
            say(estimate(plan))
            if sys.stdin.isatty() and not yes and not click.confirm("Begin?", default=True, err=True):
                return session.state, plan.experiment, None
            begun = True
            job = await headless.experiment(session, command)
            return session.state, session.state.experiments[job.subject], job

    try:
        state, found, job = wait_for(whole())
    except KeyboardInterrupt:
        if begun:
            say("The experiment is cancelled; what it has come to is kept. `mpco experiment --go-on` goes on with it.")
        raise
    cells = results(state, found)
    echo(lines.json_lines(json_rows(found, cells)) if as_json else grid(cells))
    if job is not None and job.failure:
        say(job.reason)
    proven = any(cell.evaluation is not None and cell.evaluation.verdict == "faster" for cell in cells)
    ctx.exit(exit_code([job] if job else [], proven))
