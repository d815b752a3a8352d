"""`mpco serve`: the app in a browser."""

import html
import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from engine import paths
from tui.cli.shell import echo, say


@click.command(short_help="Open the app in a browser on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--no-open", is_flag=True, help="Print the address, and leave it to you to open it.")
@click.pass_context
def serve(ctx: click.Context, port: int, no_open: bool) -> None:
    """Serve the app to browsers on this machine, until ctrl+c.

    The address that is printed has a secret part, new each time; without it nothing is served. Fonts and scripts come
    from here too. Jobs go on in the background when the page is closed, and when the server ends.

    \b
    mpco serve
    mpco serve --no-open --port 8400
    ssh -L 8400:127.0.0.1:8400 HOST      then open the address here, when MPCO runs on HOST
    """
    from tui.browser import BrowserServer

    server = BrowserServer(ctx.obj, port)
    echo(server.address)
    say("ctrl+c ends the server; add ?fontsize=20 to the address for larger letters")
    if no_open or not _has_display():
        server.run()
        return
    with _way_to(server.address, server.port) as page:
        webbrowser.open(page.as_uri())
        server.run()


def _has_display() -> bool:
    """Whether a browser would show up where the person is, rather than take over the terminal or fail."""
    shown = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return shown and "SSH_CONNECTION" not in os.environ


@contextmanager
def _way_to(address: str, port: int) -> Iterator[Path]:
    """A private page that leads to `address`: arguments of programs, as of a browser, can be read by everybody."""
    page = paths.runtime_dir() / f"serve-{port}.html"
    page.unlink(missing_ok=True)
    with open(os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f'<meta http-equiv="refresh" content="0; url={html.escape(address)}">\n')
    try:
        yield page
    finally:
        page.unlink(missing_ok=True)
