"""The LLMs as tabs in one line, each with the state of its newest prompt; a click selects."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from engine.model import Prompt, TextState

_MARKS: dict[TextState, tuple[str, str]] = {
    "streaming": ("◐", "$text-warning"),
    "ready": ("✔", "$text-success"),
    "failed": ("✘", "$text-error"),
    "interrupted": ("◌", "$text-warning"),
}


class LlmTabs(Widget):
    """`algorithms ✔ │ loops ◐ │ caching`, the current one highlighted."""

    ALLOW_SELECT = False

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, label: str) -> None:
            super().__init__()
            self.label = label

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs: tuple[tuple[str, TextState | None], ...] = ()
        self._current = ""

    def show(self, newest: Sequence[tuple[str, Prompt | None]], current: str) -> None:
        """Render (label, its newest prompt) for each LLM."""
        tabs = tuple((label, prompt.state if prompt else None) for label, prompt in newest)
        if (tabs, current) != (self._tabs, self._current):
            self._tabs, self._current = tabs, current
            self.refresh()

    def render(self) -> Content:
        """All tabs, from the one before the current on when they do not fit."""
        items = [self._tab(label, state) for label, state in self._tabs]
        place = next((index for index, (label, _) in enumerate(self._tabs) if label == self._current), 0)
        while place > 1 and sum(item.cell_length + 1 for item in items) > self.size.width:
            items.pop(0)
            place -= 1
        return Content("│").join(items)

    def _tab(self, label: str, state: TextState | None) -> Content:
        name = Content.styled(f" {label} ", "bold reverse" if label == self._current else "")
        mark = Content.styled(f" {_MARKS[state][0]} ", _MARKS[state][1]) if state else Content("")
        return Content.assemble(name, mark).stylize(Style.from_meta({"llm": label}))

    def on_click(self, event: events.Click) -> None:
        """Select the tab that was clicked."""
        label = event.style.meta.get("llm")
        if label:
            self.post_message(self.Picked(label))
