"""The contexts of the prompts screen: what the first prompt would be told, and a person's own words in place of it."""

from typing import TYPE_CHECKING, Any

import msgspec

from engine.model import ContextEdit, ContextField
from engine.protocol import EditContext, Preview, PreviewPrompt
from tui.screens.prompt_dialogs import FieldDialog

if TYPE_CHECKING:
    from tui.screens.stage import StageScreen

Place = tuple[str, str]
"""(id of a bottleneck, label of an LLM)."""


class PromptContexts:
    """Asks and tells the engine for one screen."""

    def __init__(self, screen: "StageScreen") -> None:
        self._screen = screen
        self._fields: tuple[ContextField, ...] = ()
        self._asked: tuple[object, ...] = ()

    def edits(self, place: Place) -> tuple[ContextEdit, ...]:
        """What a person wants the next prompts of a place to be told."""
        return tuple(item for item in self._screen.mpco.state.context_edits.values() if item.about(*place))

    def collected(self, place: Place) -> tuple[ContextField, ...]:
        """The fields that a place's first prompt would be written from; empty until the engine has told."""
        mpco = self._screen.mpco
        asked = (place, mpco.without, self.edits(place))
        if asked != self._asked:
            self._asked, self._fields = asked, ()

            def take(result: Any) -> None:
                if asked == self._asked:
                    self._fields = msgspec.convert(result, Preview).fields
                    self._screen.render_state(mpco.state)

            mpco.perform(PreviewPrompt(bottleneck=place[0], llm=place[1], without=mpco.without), take)
        return self._fields

    def edit(self, place: Place, field: ContextField | None) -> None:
        """Show a field in full, and keep what a person makes of it."""
        mpco = self._screen.mpco
        if field is None or not all(place):
            mpco.say("Only contexts and their fields can be edited; mpco.toml says the rest.", "warning")
            return

        def keep(value: str | None) -> None:
            if value is not None and value.strip() != field.value.strip():
                self._send(place, field, value.strip())

        title = f"{field.context}: {field.name}, for the next prompts (empty: left out)"
        mpco.push_screen(FieldDialog(title, field.value), keep)

    def restore(self, place: Place, field: ContextField | None) -> None:
        """Let what is collected count again."""
        if field and any((item.context, item.name) == (field.context, field.name) for item in self.edits(place)):
            self._send(place, field, None)
        else:
            self._screen.mpco.say("You have not edited this field; there is nothing to take back.", "warning")

    def _send(self, place: Place, field: ContextField, value: str | None) -> None:
        mpco = self._screen.mpco
        told = "as collected again" if value is None else "told so" if value else "left out"
        command = EditContext(context=field.context, name=field.name, value=value, bottleneck=place[0], llm=place[1])
        mpco.perform(command, lambda _: mpco.say(f"{field.name}: {told}, from the next m on."))
