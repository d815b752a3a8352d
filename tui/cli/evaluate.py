"""`mpco evaluate`: verdicts on patches from anywhere."""

import sys
from pathlib import Path

import click

from engine.model import Evaluation, Job
from engine.protocol import Stop
from tui import headless, lines
from tui.cli.shell import as_json, echo, exit_code, say, wait_for

Result = tuple[str, Evaluation, Job]
NO_HARM = {"faster", "equivalent", "inconclusive"}


@click.command(short_help="Build, test and benchmark patches, or the working tree.")
@click.argument("patches", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--against", "ref", metavar="REVISION", help="Evaluate the working tree against this git revision.")
@click.option(
    "--fail-if",
    type=click.Choice(["unproven", "slower"]),
    default="unproven",
    show_default=True,
    help="When to exit with 3: when no gain is proven, or only when something is slower or fails.",
)
@as_json
@click.pass_context
def evaluate(ctx: click.Context, patches: tuple[str, ...], ref: str | None, fail_if: str, as_json: bool) -> None:
    """Build, test and benchmark each PATCH (a git-style patch file, or -) against the working tree.

    The working tree is not touched: everything happens in a sandboxed copy. With --against, what is evaluated is the
    working tree itself, by the tests and the benchmark of that revision.

    \b
    mpco evaluate a.patch b.patch --json
    mpco evaluate --against main --fail-if slower        for continuous integration
    """
    if bool(patches) == bool(ref):
        raise click.UsageError("Give patch files, or --against with a git revision.")
    results = _against(ctx.obj, ref) if ref else wait_for(_proven(ctx.obj, [(name, _read(name)) for name in patches]))
    rows = [(name, evaluation) for name, evaluation, _ in results]
    echo(lines.json_lines(lines.evaluation_line(*row) for row in rows) if as_json else lines.evaluation_table(rows))
    for reason in dict.fromkeys(job.reason for _, _, job in results if job.failure):
        say(reason)
    verdicts = {evaluation.verdict for _, evaluation in rows}
    fine = verdicts <= NO_HARM if fail_if == "slower" else "faster" in verdicts
    ctx.exit(exit_code([job for _, _, job in results], fine))


async def _proven(root: Path, texts: list[tuple[str, str]], *, last: bool = False) -> list[Result]:
    """Evaluate the patches; with `last`, the engine ends with it."""
    async with headless.Session(root, say) as session:
        try:
            return await headless.evaluate(session, texts)
        finally:
            if last:
                await session.perform(Stop())


def _against(root: Path, ref: str) -> list[Result]:
    from engine.against import revision

    with revision(root, ref) as against:
        if against.kept:
            say(f"as at {ref} on both sides, being protected: {', '.join(against.kept)}")
        if not against.patch:
            say(f"Nothing that may change differs from {ref}.")
            return []
        return wait_for(_proven(against.root, [(f"{ref}..working tree", against.patch)], last=True))


def _read(name: str) -> str:
    """The patch with its carriage returns: reading it as text would drop them."""
    from engine import answering

    return answering.read_text(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
