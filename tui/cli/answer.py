"""`mpco answer`: the answer of any chat, as a diff or written to the files."""

import sys
from pathlib import Path

import click
import msgspec

from tui.cli.shell import IMPROVED, NOT_IMPROVED


@click.command()
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
@click.pass_context
def answer(
    ctx: click.Context, answer: str, root: Path | None, write: bool, as_json: bool, file: str, function: str
) -> None:
    """Turn an LLM's answer in FILE (- for standard input) into a diff, whatever its format.

    Whole functions, whole files, search/replace blocks and diffs are understood. Nothing is guessed: when one edit has
    no place, or more than one, nothing is written and the exit code is 3.
    """
    from engine import answering

    root = (root or ctx.obj).resolve()
    data = sys.stdin.buffer.read() if answer == "-" else Path(answer).read_bytes()
    reading = answering.read(root, answering.read_text(data), file, function)
    if write and reading.status == "ready":
        reading = answering.write(root, reading)
    diff = reading.diff
    if as_json:
        files = [{"path": item.path, "state": item.state, "reason": item.reason} for item in reading.files]
        shown = {"status": reading.status, "reason": reading.reason, "files": files, "diff": diff}
        sys.stdout.buffer.write(msgspec.json.encode(shown) + b"\n")
    else:
        sys.stdout.buffer.write(diff.encode("utf-8", "surrogateescape"))
        for item in reading.files:
            click.echo(f"{item.state}: {item.path}" + (f" ({item.reason})" if item.reason else ""), err=True)
        if reading.reason:
            click.echo(reading.reason, err=True)
    ctx.exit(IMPROVED if diff else NOT_IMPROVED)
