"""`mpco prompts`: the strategies' templates."""

from pathlib import Path

import click

from engine.errors import PromptError
from engine.model import Prompt
from engine.protocol import AddPrompt
from tui import headless, lines, prompt_files
from tui.cli.shell import as_json, echo, echo_exactly, say, wait_for


@click.group(short_help="Prompt templates: list, show, new, export, import.")
def prompts() -> None:
    """The templates that prompts are made from, one for each strategy.

    A template is a Markdown file with front matter. The project's own are in .mpco/prompts/, yours in
    ~/.config/mpco/prompts/; both come before those of MPCO.

    \b
    mpco prompts list --json
    mpco prompts show mpco
    mpco prompts new terse --from base
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
        echo(lines.json_lines(dict(zip(head, row, strict=True)) for row in rows))
    else:
        echo(lines.table(head, rows))


@prompts.command()
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """Print the template of the strategy NAME."""
    from engine.prompt.templates import library

    found = library(ctx.obj)
    found.load(name)
    echo_exactly(found.paths()[name].read_text(encoding="utf-8"))


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
    echo(str(path))


@prompts.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def export(ctx: click.Context, folder: Path) -> None:
    """Write the newest version of every prompt of the session into FOLDER, a Markdown file each.

    \b
    mpco prompts export prompts/
    """

    async def whole() -> dict[str, str]:
        async with headless.Session(ctx.obj, say) as session:
            newest: dict[tuple[str, str], Prompt] = {}
            for prompt in session.state.prompts.values():
                if prompt.sendable:
                    newest[prompt.bottleneck, prompt.llm] = prompt
            found = [(item, session.state.bottleneck(item.bottleneck)) for item in newest.values()]
            return {prompt_files.name_of(p, b): prompt_files.render(p, b) for p, b in found if b is not None}

    files = wait_for(whole())
    if not files:
        raise PromptError("The session has no prompt for a bottleneck of its profile; `mpco run` has some written.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            echo(str(folder / name))
    except OSError as error:
        raise PromptError(f"{error.filename}: cannot be written ({error.strerror}).") from error


@prompts.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.pass_context
def import_(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Keep the prompts in FILES (or in the folders among them) as new versions, by file, function and LLM.

    What is the same as the newest version is left alone.

    \b
    mpco prompts import prompts/
    """
    paths = [path for item in files for path in (sorted(item.glob("*.md")) if item.is_dir() else [item])]
    found = [(path, prompt_files.parse(path)) for path in paths]

    async def whole() -> list[str]:
        told = []
        async with headless.Session(ctx.obj, say) as session:
            state = session.state
            places = {(item.file, item.function): item.id for item in state.bottlenecks}
            for path, item in found:
                place = places.get((item.file, item.function))
                if place is None:
                    raise PromptError(
                        f"{path}: the profile has no bottleneck {item.function} in {item.file}; profile first."
                    )
                versions = state.prompt_versions(place, item.llm)
                if versions and versions[-1].text.strip() == item.text:
                    told.append(f"{path}: as v{versions[-1].version} already")
                    continue
                await session.perform(AddPrompt(bottleneck=place, llm=item.llm, text=item.text, strategy=item.strategy))
                told.append(f"{path}: kept as v{versions[-1].version + 1 if versions else 1} for {item.llm}")
        return told

    for line in wait_for(whole()):
        echo(line)
