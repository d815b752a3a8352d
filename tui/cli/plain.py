"""`mpco --plain`: lines in, lines out."""

import asyncio
import os
from pathlib import Path

import click

from tui.cli.shell import echo, wait_for
from tui.first_steps import CONFIG, FirstSteps
from tui.headless import Session
from tui.plain import Dialogue, seldom

STDIN = 0


class Lines:
    """The lines of standard input, without keeping the engine's events waiting."""

    def __init__(self) -> None:
        self._kept = b""
        self._ended = False

    async def ask(self, question: str) -> str | None:
        """Print the question and wait for its line; None at the end of the input."""
        echo(question)
        while b"\n" not in self._kept and not self._ended:
            data = await self._read()
            self._kept, self._ended = self._kept + data, not data
        line, _, rest = self._kept.partition(b"\n")
        ended, self._kept = not self._kept, rest
        return None if ended else line.decode(errors="replace")

    async def _read(self) -> bytes:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        try:
            loop.add_reader(STDIN, ready.set)
        except PermissionError:  # a regular file, which is always ready
            return os.read(STDIN, 65536)
        try:
            await ready.wait()
            return os.read(STDIN, 65536)
        finally:
            loop.remove_reader(STDIN)


def run_plain(root: Path, steps: FirstSteps) -> None:
    """The dialogue on the project in `root`; where it has no mpco.toml, one is offered first."""

    async def whole() -> None:
        lines, folder = Lines(), root
        if not (root / CONFIG).exists():
            folder = await _first(lines, root, steps)
        async with Session(folder, seldom(echo)) as session:
            await Dialogue(session, lines.ask, echo).run()

    wait_for(whole())


async def _first(lines: Lines, root: Path, steps: FirstSteps) -> Path:
    """What `mpco init` would write, and the demo."""
    survey = steps.survey(root)
    echo(f"{root} has no mpco.toml yet. This is what its files say.")
    for item in survey.found:
        echo(f"{item.name}: {item.value or 'none'}. {item.evidence}".rstrip())
    answer = (
        await lines.ask("Type yes to write mpco.toml, demo to try a copy of the demo project, Enter to leave.")
    ) or ""
    match answer.strip().lower():
        case "yes":
            steps.write(root, survey.config)
            echo(f"Written to {root / CONFIG}; edit it at any time.")
            return root
        case "demo":
            demo = steps.demo()
            echo(f"The demo project is in {demo}.")
            return demo
        case _:
            raise click.exceptions.Exit(0)
