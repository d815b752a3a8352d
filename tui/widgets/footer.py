"""The line at the bottom: the keys that work here, most useful first, or one sentence."""

from typing import Literal, NamedTuple

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from tui import guide
from tui.state import State

Severity = Literal["information", "warning", "error"]
_COLOURS: dict[Severity, str] = {"information": "$text-success", "warning": "$text-warning", "error": "$text-error"}
_SIGNS: dict[Severity, str] = {"information": "✔", "warning": "!", "error": "✘"}
LAST = ("help", "leave")
"""Actions that stay visible however narrow the terminal is."""


class Sentence(NamedTuple):
    """One sentence for the person, and how bad the news is."""

    text: str
    severity: Severity = "information"


class Footer(Widget):
    """Keys as `key description`, clickable; the verb that comes next stands out."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._sentence: Sentence | None = None
        self._next = ""
        self._shown: tuple[Binding, ...] = ()

    def on_mount(self) -> None:
        """Follow the focus: other panes have other keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self._take_bindings()

    def on_resize(self, event: events.Resize) -> None:
        """More or fewer keys fit."""
        self.refresh(layout=True)

    def show(self, state: State, sentence: Sentence | None) -> None:
        """Render the next step of `state`, and the sentence when there is one."""
        following = guide.next_verb(state) or ""
        if (sentence, following) != (self._sentence, self._next):
            resized = bool(sentence) or bool(self._sentence)
            self._sentence, self._next = sentence, following
            self.refresh(layout=resized)
        self._take_bindings()

    def _take_bindings(self) -> None:
        shown = tuple(item.binding for item in self.screen.active_bindings.values() if item.binding.show)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        """The sentence, or as many keys as fit."""
        if self._sentence is not None:
            sign = _SIGNS[self._sentence.severity]
            return Content.styled(f" {sign} {self._sentence.text}", _COLOURS[self._sentence.severity])
        last = [self._key(item) for item in self._shown if item.action in LAST]
        room = self.size.width - sum(item.cell_length for item in last)
        first: list[Content] = []
        for binding in sorted(
            (item for item in self._shown if item.action not in LAST), key=lambda item: item.action != self._next
        ):
            key = self._key(binding)
            if key.cell_length > room:
                break
            room -= key.cell_length
            first.append(key)
        return Content("").join([*first, *last])

    def _key(self, binding: Binding) -> Content:
        display = self.app.get_key_display(binding)
        following = binding.action == self._next
        key = Content.styled(f" {display} ", "bold $footer-key-foreground")
        description = Content.styled(f"{binding.description} ", "bold underline" if following else "")
        action = f"app.simulate_key('{binding.key}')"
        return Content.assemble(key, description).stylize(Style.from_meta({"@click": action}))
