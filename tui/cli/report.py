"""`mpco report`: what the session knows."""

from typing import Any

import click

from tui import headless
from tui.cli.results import print_candidates
from tui.cli.shell import as_json, say, wait_for


@click.command()
@as_json
@click.pass_context
def report(ctx: click.Context, as_json: bool) -> None:
    """Print what the session knows: every candidate with its verdict."""

    async def whole() -> Any:
        async with headless.Session(ctx.obj, say) as session:
            return session.state

    state = wait_for(whole())
    print_candidates(state, [(item, state.latest_evaluation(item.id)) for item in state.candidates.values()], as_json)
