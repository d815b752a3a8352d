"""Searching the diff in front: asks for the text, and says where the reader is in what was found."""

from typing import TYPE_CHECKING

from tui.screens.hunk_dialogs import TextDialog
from tui.widgets.diff_view import DiffView

if TYPE_CHECKING:
    from tui.app import MpcoApp


def ask(app: "MpcoApp", view: DiffView) -> None:
    """Ask what to look for, and go to its first place; an empty text ends the search."""

    def look(needle: str | None) -> None:
        if needle is not None:
            view.search(needle)
            _say(app, view)

    app.push_screen(TextDialog("Search the diff", view.found.needle), look)


def go(app: "MpcoApp", view: DiffView, step: int) -> None:
    """The next or previous place."""
    view.go_to_match(step)
    _say(app, view)


def _say(app: "MpcoApp", view: DiffView) -> None:
    found = view.found
    if found.matches:
        app.say(f"{found.needle!r}: line {found.at + 1} of {len(found.matches)}; esc ends the search.")
    elif found.needle:
        app.say(f"{found.needle!r} is in no line of this diff.", "warning")
        view.search("")
