"""`mpco keys` and `mpco completion`: help for hands."""

import click
from click.shell_completion import get_completion_class

from tui import lines
from tui.cli.shell import as_json, echo


@click.command(short_help="List the app's commands that have a key, by name.")
@as_json
def keys(as_json: bool) -> None:
    """List every command of the app that has a key, by the name to use under [keymap].

    \b
    In ~/.config/mpco/config.toml:
      [keymap]
      "verb.write" = "W,f5"

    \b
    mpco keys --json
    """
    from tui.keymap import commands

    rows = [(name, item.key, item.tooltip or item.description) for name, item in sorted(commands().items())]
    if as_json:
        echo(lines.json_lines({"name": name, "keys": keys, "about": about} for name, keys, about in rows))
    else:
        echo(lines.table(("name", "keys", "what it does"), rows))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  eval "$(mpco completion bash)"     in ~/.bashrc
    zsh:   eval "$(mpco completion zsh)"      in ~/.zshrc
    fish:  mpco completion fish > ~/.config/fish/completions/mpco.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click.Choice lets only its own shells through
    click.echo(kind(ctx.find_root().command, {}, "mpco", "_MPCO_COMPLETE").source())
