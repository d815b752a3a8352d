"""`mpco answer`: the answer of any chat, as a diff or written to the files."""

import sys
from pathlib import Path
from typing import Any

import click

from engine.protocol import AddAnswer
from tui import headless, lines
from tui.cli.shell import IMPROVED, NOT_IMPROVED, echo, echo_exactly, say, wait_for


@click.command(short_help="Turn an LLM's answer into a diff, or apply it.")
@click.argument("answer", type=click.Path(exists=True, dir_okay=False, allow_dash=True), metavar="FILE")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder whose files are meant; default: the project's.",
)
@click.option("--apply", "write", is_flag=True, help="Write the changes, all of them or none.")
@click.option("--json", "as_json", is_flag=True, help="One object: status, reason, files, diff.")
@click.option("--file", "file", default="", help="The file that code without a file's name is about.")
@click.option("--function", "function", default="", help="The function it is about, as in Class.method.")
@click.option("--bottleneck", default="", help="Make it a candidate of the session, for this function or id.")
@click.option("--llm", default="pasted", help="With --bottleneck: who gave it.")
@click.pass_context
def answer(
    ctx: click.Context,
    answer: str,
    root: Path | None,
    write: bool,
    as_json: bool,
    file: str,
    function: str,
    bottleneck: str,
    llm: str,
) -> None:
    """Turn an LLM's answer in FILE (- for standard input) into a diff, whatever its format.

    Whole functions, whole files, search/replace blocks and diffs are understood. Nothing is guessed: when one edit has
    no place, or more than one, nothing is written and the exit code is 3.

    \b
    mpco answer reply.md --root some/folder --apply
    mpco answer - --file src/parse.py         an answer without a file's name, from standard input
    mpco answer reply.md --bottleneck parse_line
    """
    from engine import answering

    root = (root or ctx.obj).resolve()
    data = sys.stdin.buffer.read() if answer == "-" else Path(answer).read_bytes()
    text = answering.read_text(data)
    if bottleneck:
        if write or file or function:
            raise click.UsageError("--bottleneck makes a candidate; --apply, --file and --function are for folders.")
        ctx.exit(_as_candidate(root, AddAnswer(bottleneck=bottleneck, answer=text, llm=llm), as_json))
    reading = answering.read(root, text, file, function)
    if write and reading.status == "ready":
        reading = answering.write(root, reading)
    diff = reading.diff
    if as_json:
        files = [{"path": item.path, "state": item.state, "reason": item.reason} for item in reading.files]
        shown = {"status": reading.status, "reason": reading.reason, "files": files, "diff": diff}
        echo(lines.json_lines([shown]))
    else:
        echo_exactly(diff)
        for item in reading.files:
            echo(f"{item.state}: {item.path}" + (f" ({item.reason})" if item.reason else ""), err=True)
        if reading.reason:
            echo(reading.reason, err=True)
    ctx.exit(IMPROVED if diff else NOT_IMPROVED)


def _as_candidate(root: Path, command: AddAnswer, as_json: bool) -> int:
    """Hand the answer to the project's engine; the exit code says whether there is something to evaluate."""

    async def whole() -> tuple[Any, str]:
        async with headless.Session(root, say) as session:
            made = await session.candidate((await session.perform(command))["candidate"])
            found = session.state.bottleneck(made.bottleneck)
            return made, found.function if found else "?"

    made, function = wait_for(whole())
    if as_json:
        echo(lines.json_lines([lines.candidate_line(made, None, function)]))
    else:
        echo(lines.candidate_table([(function, made, None)]))
    return IMPROVED if made.kept else NOT_IMPROVED
