"""What the command palette offers: every key of the screen in front by its name, and what has no key."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.screen import Screen

from engine.protocol import Cancel, WriteReceipt
from tui.experimenting import begin
from tui.screens.budget import ask_budget

if TYPE_CHECKING:
    from tui.app import MpcoApp

HIDDEN = ("command_palette", "help_quit", "app.measure_noise")


def system_commands(app: "MpcoApp", screen: Screen[Any]) -> Iterable[SystemCommand]:
    """The commands for `screen`, named as in its help, each with its key."""
    seen = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or binding.id in seen or binding.action in HIDDEN:
            continue
        seen.add(binding.id)
        title = f"{binding.tooltip or binding.description}  [{app.get_key_display(binding)}]"

        def run(action: str = binding.action, node: Any = active.node) -> None:
            app.run_worker(app.run_action(action, node), exit_on_error=False)

        yield SystemCommand(title.replace("[", "\\["), binding.description, run)
    yield SystemCommand(
        "Undo the last write to the working tree", "refused when the files changed since", app.action_undo_apply
    )
    yield SystemCommand(
        "Write a receipt",
        "of what was proven and written last; `mpco verify` checks it",
        lambda: _receipt(app),
    )
    yield SystemCommand(
        "Sessions", "those that were kept: compare, trends over commits, a new one", lambda: _sessions(app)
    )
    yield SystemCommand("Experiment", "the grid that mpco.toml names, or what is left of it", lambda: begin(app))
    yield SystemCommand("Budget", "set another cap, or stop the calls that wait for money", lambda: ask_budget(app))
    yield SystemCommand(
        "Find out what gains this machine can see", "compares the project with itself", app.action_measure_noise
    )
    yield SystemCommand("Cancel all jobs", "what they have made so far is kept", lambda: _cancel_all(app))
    yield SystemCommand("Start the engine again", "after it was stopped or could not start", app.action_reconnect)
    yield SystemCommand(
        "Theme", "dark, light, high contrast, colour-blind or your terminal's colours", app.action_change_theme
    )
    yield SystemCommand("Tour", "the five stages in five cards", app.action_tour)
    yield SystemCommand("Screenshot", "saves the screen as SVG", lambda: _screenshot(app))


def _screenshot(app: "MpcoApp") -> None:
    """Into .mpco, which git ignores, else home: Textual's choice, a folder for downloads, is on no server."""
    own = app.root / ".mpco"
    folder = own if own.is_dir() else Path.home()
    app.set_timer(0.1, lambda: app.deliver_screenshot(path=str(folder)))


def _receipt(app: "MpcoApp") -> None:
    app.perform(WriteReceipt(), lambda told: app.say(f"Receipt: {told['path']}"))


def _sessions(app: "MpcoApp") -> None:
    from tui.screens.sessions import SessionsScreen

    app.push_screen(SessionsScreen())


def _cancel_all(app: "MpcoApp") -> None:
    for job in app.state.live_jobs:
        app.perform(Cancel(job=job.id))
