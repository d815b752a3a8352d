"""The `mpco` command: the app, and the same work without a screen."""

from pathlib import Path
from typing import Any

import click

from engine.errors import MpcoError
from tui.cli.answer import answer
from tui.cli.engine import engine
from tui.cli.evaluate import evaluate
from tui.cli.experiment import experiment
from tui.cli.keys import completion, keys
from tui.cli.plain import run_plain
from tui.cli.preview import preview
from tui.cli.profile import profile
from tui.cli.project import doctor, first_steps, init
from tui.cli.prompts import prompts
from tui.cli.receipt import receipt, verify
from tui.cli.recording import recording
from tui.cli.report import report
from tui.cli.run import demo, run
from tui.cli.serve import serve
from tui.cli.sessions import sessions
from tui.cli.shell import ERROR, INTERRUPTED, echo, open_app
from tui.first_steps import CONFIG


class Command(click.Group):
    """Shows every error of MPCO as its one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; an MpcoError ends with exit code 1."""
        try:
            return super().invoke(ctx)
        except MpcoError as error:
            echo(f"mpco: {error}", err=True)
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
@click.option("--plain", is_flag=True, help="A dialogue of lines instead of the app, as for screen readers.")
@click.pass_context
def main(ctx: click.Context, root: Path | None, plain: bool) -> None:
    """Make real code faster with several LLMs, and prove it.

    Without a command, opens the app on the project around this folder.

    \b
    mpco demo               see the whole job on a bundled project; no key, no network
    mpco init               write an mpco.toml for the project in this folder
    mpco                    open the app
    mpco --plain            the same job as a dialogue of lines, for screen readers
    mpco run --json         the same job without a screen
    mpco serve              the app in a browser
    mpco answer FILE        an answer from any chat as a diff; works on any folder

    Exit codes of run, evaluate and demo: 0 improved, 1 error, 2 usage, 3 no proven improvement,
    4 the baseline itself fails to build or pass its tests, 5 budget reached, 130 interrupted.
    """
    ctx.obj = root.resolve() if root else project_around(Path.cwd())
    if plain and ctx.invoked_subcommand is not None:
        raise click.UsageError("--plain takes no command; `mpco run` and all other commands print plain lines anyway.")
    if plain:
        run_plain(ctx.obj, first_steps())
    elif ctx.invoked_subcommand is None:
        open_app(ctx.obj, first_steps=None if (ctx.obj / CONFIG).exists() else first_steps())


COMMANDS = (
    demo,
    run,
    profile,
    evaluate,
    experiment,
    answer,
    report,
    doctor,
    init,
    engine,
    keys,
    completion,
    prompts,
    preview,
    recording,
    receipt,
    verify,
    serve,
    sessions,
)
for command in COMMANDS:
    main.add_command(command)


def project_around(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        if (place / CONFIG).is_file():
            return place
    return folder
