"""`mpco receipt` and `mpco verify`: a result as a file, and whether it holds on another machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.model import Evaluation, Job
from engine.protocol import WriteReceipt
from tui import headless, lines
from tui.cli.shell import as_json, echo, exit_code, say, wait_for

if TYPE_CHECKING:
    from engine.report.receipt import Receipt


@click.command(short_help="Write the receipt of a proven result.")
@click.argument("evaluation", default="")
@click.option("-o", "target", type=click.Path(dir_okay=False, path_type=Path), help="Default: in .mpco/receipts/.")
@click.option("--pull-request", is_flag=True, help="Print a pull request's text with the evidence as well.")
@click.pass_context
def receipt(ctx: click.Context, evaluation: str, target: Path | None, pull_request: bool) -> None:
    """Write the receipt of EVALUATION (default: what was written last and proven, else the best that is proven).

    It has the patch, the prompts and LLMs, every run, the machine and the verdict; `mpco verify` checks it elsewhere.

    \b
    mpco run --apply best --branch faster
    mpco receipt -o faster.json --pull-request > text.md
    """

    async def whole() -> Any:
        async with headless.Session(ctx.obj, say) as session:
            path = str(target.absolute()) if target else ""
            return await session.perform(WriteReceipt(evaluation=evaluation, path=path))

    path = Path(wait_for(whole())["path"])
    if pull_request:
        from engine.report.receipt import pull_request as text
        from engine.report.receipt import read

        echo(text(read(path), str(target or path)), nl=False)
    say(f"receipt: {path}")


@click.command(short_help="Check on this machine whether receipts hold.")
@click.argument("receipts", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@click.pass_context
def verify(ctx: click.Context, receipts: tuple[Path, ...], as_json: bool) -> None:
    """Build, test and benchmark what each RECEIPT claims, here, and say whether it holds.

    The tests and the benchmark are those of this project's mpco.toml. Exit codes: 0 all hold, 3 one does not, and
    those of `mpco evaluate`.

    \b
    mpco verify faster.json --json
    """
    from engine.report.receipt import deviations, holds, read

    claims = [(path, read(path)) for path in receipts]
    for path, claim in claims:
        for sentence in deviations(claim, ctx.obj):
            say(f"{path}: {sentence}")

    async def whole() -> list[tuple[str, Evaluation, Job]]:
        async with headless.Session(ctx.obj, say) as session:
            return await headless.evaluate(session, [(str(path), claim.evaluation.patch) for path, claim in claims])

    results = wait_for(whole())
    held = []
    for (path, claim), (_, evaluation, _) in zip(claims, results, strict=True):
        one, sentence = holds(claim, evaluation)
        held.append(one)
        echo(_line(path, claim, evaluation, one) if as_json else f"{path}: {sentence}")
    ctx.exit(exit_code([job for _, _, job in results], all(held)))


def _line(path: Path, claim: "Receipt", evaluation: Evaluation, held: bool) -> str:
    claimed = claim.evaluation.estimate
    line = lines.evaluation_line(str(path), evaluation)
    kept = {name: line[name] for name in ("verdict", "percent_improvement", "interval", "guaranteed", "runs", "reason")}
    claims = {"verdict": claim.evaluation.verdict, "guaranteed": claimed.guaranteed if claimed else None}
    return lines.json_lines([{"receipt": str(path), "holds": held, "claimed": claims, **kept}])
