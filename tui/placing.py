"""From the key on a candidate to the place of its first edit that has none: asks, sends it, says what became of it."""

from typing import TYPE_CHECKING, Any

import msgspec

from engine.model import Candidate
from engine.protocol import PlaceEdit, PlaceOffered, ShowPlaces
from tui.screens.place_dialog import PlaceDialog

if TYPE_CHECKING:
    from tui.app import MpcoApp


def place_edit(app: "MpcoApp", candidate: Candidate) -> None:
    """Ask where the first edit without a place goes."""
    if not candidate.placeable:
        app.say("Every edit of this answer has its place, or none that could be chosen.", "warning")
        return
    item = candidate.placeable[0]

    def placed(line: int, left: int) -> None:
        what = f"Placed at {item.file}:{line}" if line else "Left out"
        more = f"; {left} more without a place, P goes on" if left else ""
        app.say(f"{what}{more}; u takes that back.")

    def answer(line: int | None) -> None:
        if line is not None:
            command = PlaceEdit(candidate=candidate.id, edit=item.edit, line=line)
            app.perform(command, lambda told: placed(line, told["left"]))

    def ask(told: Any) -> None:
        offered = msgspec.convert(told, tuple[PlaceOffered, ...])
        app.push_screen(PlaceDialog(item, offered, candidate.files, len(candidate.placeable)), answer)

    app.perform(ShowPlaces(candidate=candidate.id, edit=item.edit), ask)
