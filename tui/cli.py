"""The `mpco` command: the app, and the same work without a screen."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from engine import paths
from engine.client import Client
from engine.errors import EngineError, MpcoError
from engine.model import CONTEXT_NAMES, Job
from engine.protocol import RunProfile, Status, Stop
from tui import headless, lines

IMPROVED, ERROR, USAGE, NOT_IMPROVED, BASELINE_FAILS, BUDGET, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
DEMO_FOLDER = "mpco-demo"

T = TypeVar("T")
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, keys as in the README.")


class Command(click.Group):
    """Shows every error of MPCO as its one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; an MpcoError ends with exit code 1."""
        try:
            return super().invoke(ctx)
        except MpcoError as error:
            click.echo(f"mpco: {error}", err=True)
            ctx.exit(ERROR)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


@click.group(cls=Command, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mpco")
@click.option(
    "-C",
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's folder; default: the nearest one upwards with an mpco.toml.",
)
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """Make real code faster with several LLMs, and prove it.

    Without a command, opens the app on the project around this folder.

    \b
    mpco demo               see the whole job on a bundled project; no key, no network
    mpco init               write an mpco.toml for the project in this folder
    mpco                    open the app
    mpco run --json         the same job without a screen

    Exit codes of run, evaluate and demo: 0 improved, 1 error, 2 usage, 3 no proven improvement,
    4 the baseline itself fails to build or pass its tests, 5 budget reached, 130 interrupted.
    """
    ctx.obj = root.resolve() if root else _project_around(Path.cwd())
    if ctx.invoked_subcommand is None:
        _open_app(ctx.obj)


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@as_json
@click.pass_context
def demo(ctx: click.Context, folder: Path | None, as_json: bool) -> None:
    """Copy the bundled demo project into FOLDER (default: a fresh ./mpco-demo) and do the whole job there.

    In a terminal this opens the app; without one it runs headless and prints the result table.
    """
    from engine.demo import copy_demo

    root = copy_demo(folder or _fresh(Path.cwd() / DEMO_FOLDER)).resolve()
    click.echo(f"demo project: {root}", err=True)
    if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        _open_app(root)
    else:
        ctx.exit(_run(root, headless.Plan(), as_json))


@main.command()
@click.option("--bottlenecks", type=click.IntRange(min=1), default=3, show_default=True, help="How many, from the top.")
@click.option("--llm", "llms", multiple=True, help="Label of a target LLM; can be repeated. Default: all.")
@click.option("--strategy", default="mpco", show_default=True, help="How prompts come to be.")
@click.option(
    "--without", multiple=True, type=click.Choice(CONTEXT_NAMES), help="Leave a context out; can be repeated."
)
@click.option("--max-usd", type=click.FloatRange(min=0), help="Spend at most this on LLM calls.")
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
    max_usd: float | None,
    apply: str | None,
    branch: str,
    as_json: bool,
) -> None:
    """Profile, write prompts, ask the LLMs, build, test and benchmark; print a table of verdicts.

    \b
    mpco run --bottlenecks 1 --llm loops
    mpco run --apply best --branch faster-parse
    """
    if branch and not apply:
        raise click.UsageError("--branch goes with --apply best.")
    plan = headless.Plan(bottlenecks, llms, strategy, without, max_usd, bool(apply), branch)
    ctx.exit(_run(ctx.obj, plan, as_json))


@main.command()
@as_json
@click.pass_context
def profile(ctx: click.Context, as_json: bool) -> None:
    """Run the profile command and print the project's bottlenecks, ranked."""

    async def work(session: headless.Session) -> Job:
        return (await session.finish([(await session.perform(RunProfile()))["job"]]))[0]

    async def whole() -> tuple[Job, tuple[Any, ...]]:
        async with headless.Session(ctx.obj, _say) as session:
            return await work(session), session.state.bottlenecks

    job, found = _await(whole())
    if job.state != "done":
        raise EngineError(job.reason or "The profile run was cancelled.")
    shown = lines.json_lines(map(lines.bottleneck_line, found)) if as_json else lines.bottleneck_table(found)
    click.echo(shown)


@main.command()
@click.argument("patches", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@as_json
@click.pass_context
def evaluate(ctx: click.Context, patches: tuple[str, ...], as_json: bool) -> None:
    """Build, test and benchmark each PATCH (a git-style patch file, or -) against the working tree.

    The working tree is not touched: everything happens in a sandboxed copy.
    """

    async def whole() -> list[Any]:
        texts = [(name, _read(name)) for name in patches]
        async with headless.Session(ctx.obj, _say) as session:
            return await headless.evaluate(session, texts)

    results = _await(whole())
    rows = [(name, evaluation) for name, evaluation, _ in results]
    click.echo(
        lines.json_lines(lines.evaluation_line(*row) for row in rows) if as_json else lines.evaluation_table(rows)
    )
    ctx.exit(_exit_code([job for _, _, job in results], any(item.verdict == "faster" for _, item in rows)))


@main.command()
@as_json
@click.pass_context
def report(ctx: click.Context, as_json: bool) -> None:
    """Print what the session knows: every candidate with its verdict."""

    async def whole() -> Any:
        async with headless.Session(ctx.obj, _say) as session:
            return session.state

    state = _await(whole())
    _print_candidates(state, [(item, state.latest_evaluation(item.id)) for item in state.candidates.values()], as_json)


@main.command()
@as_json
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what is missing for this project and how to get it."""
    from engine.setup import diagnose

    found = diagnose(ctx.obj)
    if as_json:
        keys = ("name", "ok", "found", "fix")
        click.echo(lines.json_lines({key: getattr(item, key) for key in keys} for item in found))
    else:
        rows = [("✔" if item.ok else "✘", item.name, item.found, "" if item.ok else item.fix) for item in found]
        click.echo(lines.table(("", "what", "found", "how to get it"), rows))
    ctx.exit(IMPROVED if all(item.ok for item in found) else ERROR)


@main.command()
@click.option("--force", is_flag=True, help="Replace an mpco.toml that is there.")
@click.pass_context
def init(ctx: click.Context, force: bool) -> None:
    """Detect language, tests and benchmark, and write a small mpco.toml into this folder."""
    from engine.setup import detect, render_config, write_config

    root: Path = ctx.find_root().params.get("root") or Path.cwd()
    text = render_config(detect(root))
    target = root / "mpco.toml"
    if target.exists() and not force and sys.stdin.isatty():
        force = click.confirm(f"{target} is there already; replace it?")
    write_config(root, text, overwrite=force)
    click.echo(text, nl=False)
    click.echo(f"wrote {target}; `mpco doctor` says what is missing, `mpco` opens the app", err=True)


@main.group()
def engine() -> None:
    """The background engine of this project."""


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

    found = _await(whole())
    plain = "running, pid {pid}, {jobs} jobs, {clients} clients, version {version}, project {root}"
    click.echo(json.dumps(found) if as_json else plain.format(**found))


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

    _await(whole())
    click.echo("stopped")


@engine.command()
@click.option("-n", "count", default=50, show_default=True, help="How many lines, from the end.")
@click.pass_context
def log(ctx: click.Context, count: int) -> None:
    """Print the end of the engine's log."""
    file = paths.log_file(ctx.obj)
    if not file.exists():
        raise EngineError(f"{file}: there is no log yet; the engine has not run for this project.")
    click.echo("\n".join(file.read_text(errors="replace").splitlines()[-count:]))


# ------------------------------------------------------------------------------------------------- inside


def _run(root: Path, plan: headless.Plan, as_json: bool) -> int:
    async def whole() -> tuple[headless.Outcome, Any]:
        async with headless.Session(root, _say) as session:
            return await headless.run(session, plan), session.state

    outcome, state = _await(whole())
    _print_candidates(state, outcome.results, as_json)
    for job in outcome.failed:
        _say(f"{job.title}: {job.state}: {job.reason}")
    if outcome.applied:
        _say(f"applied to {outcome.applied}")
    return _exit_code(outcome.failed, outcome.best is not None)


def _print_candidates(state: Any, results: Any, as_json: bool) -> None:
    def function(id: str) -> str:
        found = state.bottleneck(id)
        return found.function if found else "?"

    rows = [(function(candidate.bottleneck), candidate, evaluation) for candidate, evaluation in results]
    if as_json:
        text = lines.json_lines(lines.candidate_line(c, e, name) for name, c, e in rows)
    else:
        text = lines.candidate_table(rows) if rows else "no candidates yet; `mpco run` makes some"
    if text:
        click.echo(text)


def _exit_code(jobs: Any, improved: bool) -> int:
    failures = {job.failure for job in jobs}
    if "baseline" in failures:
        return BASELINE_FAILS
    if "budget" in failures:
        return BUDGET
    if improved:
        return IMPROVED
    return ERROR if failures - {""} else NOT_IMPROVED


def _await(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; an interrupt cancels it, so that it can end its jobs, before it is passed on."""
    return asyncio.run(work)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _open_app(root: Path) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EngineError("There is no terminal for the app; `mpco run` does the same job without one.")
    from tui.app import MpcoApp

    MpcoApp(root).run()


def _project_around(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        if (place / "mpco.toml").is_file():
            return place
    return folder


def _fresh(folder: Path) -> Path:
    number, place = 1, folder
    while place.exists():
        number += 1
        place = folder.with_name(f"{folder.name}-{number}")
    return place


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(errors="surrogateescape")
