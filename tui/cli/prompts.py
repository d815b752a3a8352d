"""`mpco prompts`: the strategies' templates."""

from pathlib import Path

import click

from engine.errors import PromptError
from tui import lines
from tui.cli.shell import as_json


@click.group()
def prompts() -> None:
    """The templates that prompts are made from, one for each strategy.

    A template is a Markdown file with front matter. The project's own are in .mpco/prompts/, yours in
    ~/.config/mpco/prompts/; both come before those of MPCO.
    """


@prompts.command("list")
@as_json
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the strategies, what each is for, and where its template is."""
    from engine.prompt.templates import library

    found = library(ctx.obj)
    rows = []
    for name, path in sorted(found.paths().items()):
        try:
            template = found.load(name)
            rows.append((name, template.meta["kind"], template.meta.get("about", ""), str(path)))
        except PromptError as error:
            rows.append((name, "broken", str(error), str(path)))
    head = ("name", "kind", "about", "file")
    if as_json:
        click.echo(lines.json_lines(dict(zip(head, row, strict=True)) for row in rows))
    else:
        click.echo(lines.table(head, rows))


@prompts.command()
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """Print the template of the strategy NAME."""
    from engine.prompt.templates import library

    found = library(ctx.obj)
    found.load(name)
    click.echo(found.paths()[name].read_text(encoding="utf-8"), nl=False)


@prompts.command()
@click.argument("name")
@click.option("--from", "source", default="mpco", show_default=True, help="The strategy to begin with.")
@click.option("--mine", is_flag=True, help="For all your projects, instead of this one.")
@click.pass_context
def new(ctx: click.Context, name: str, source: str, mine: bool) -> None:
    """Make a strategy NAME of your own; `mpco run --strategy NAME` uses it.

    \b
    mpco prompts new terse --from base
    mpco prompts new mpco             your own version of mpco, for this project
    """
    from engine.prompt.templates import library, person_folder, project_folder

    root: Path = ctx.obj
    path = library(root).copy(source, name, person_folder() if mine else project_folder(root))
    click.echo(str(path))
