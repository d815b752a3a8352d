"""`mpco preview`: what would leave this machine."""

from typing import Any

import click
import msgspec

from engine.errors import EngineError
from engine.protocol import Outgoing, PreviewSending
from tui import headless, lines
from tui.cli.shell import as_json, echo, say, wait_for


@click.command(short_help="Print every message that would be sent, and to whom.")
@click.option("--bottlenecks", type=click.IntRange(min=1), default=3, show_default=True, help="How many, from the top.")
@click.option("--llm", "llms", multiple=True, help="Label of a target LLM; can be repeated. Default: all.")
@as_json
@click.pass_context
def preview(ctx: click.Context, bottlenecks: int, llms: tuple[str, ...], as_json: bool) -> None:
    """Print every message that would be sent to an LLM, and to whom; nothing is sent.

    Likely secrets are masked already. The code goes out with a prompt, so it shows for LLMs that have one.

    \b
    mpco preview
    mpco preview --bottlenecks 1 --llm sonnet --json
    """

    async def whole() -> Any:
        async with headless.Session(ctx.obj, say) as session:
            found = tuple(item.id for item in session.state.bottlenecks[:bottlenecks])
            if not found:
                raise EngineError("There is no profile yet, so nothing would be sent; `mpco profile` makes one.")
            return await session.perform(PreviewSending(bottlenecks=found, llms=llms))

    for item in msgspec.convert(wait_for(whole()), list[Outgoing]):
        echo(lines.json_lines([msgspec.to_builtins(item)]) if as_json else _plain(item))


def _plain(item: Outgoing) -> str:
    price = "price unknown" if item.max_usd is None else f"at most ${item.max_usd:.4f}"
    head = f"── {item.purpose} for {item.llm}: {item.bottleneck} → {item.model}, {item.destination}"
    window = f" of {item.window}" if item.window else ""
    about = f"   {item.tokens} tokens{window}, {price}" + (f", {item.masked} masked secrets" if item.masked else "")
    refused = [f"   refused: {item.refused}"] if item.refused else []
    said = [f"[{message.role}]\n{message.content}" for message in item.messages]
    return "\n".join([head, about, *refused, *said, ""])
