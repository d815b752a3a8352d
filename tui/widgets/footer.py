"""The bottom of the screen: the keys that work here, most useful first, or one sentence."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from tui import guide
from tui.state import State
from tui.verbs import VERBS

Severity = Literal["information", "warning", "error"]
_COLOURS: dict[Severity, str] = {"information": "$text-success", "warning": "$text-warning", "error": "$text-error"}
_SIGNS: dict[Severity, str] = {"information": "✔", "warning": "!", "error": "✘"}
LAST = ("help", "leave")
"""Actions that stay visible however narrow the terminal is."""
CANCEL = "cancel_job"


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
        self._busy = False
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
        busy = bool(state.live_jobs)
        if (sentence, following, busy) != (self._sentence, self._next, self._busy):
            self._sentence, self._next, self._busy = sentence, following, busy
            self.refresh(layout=True)
        self._take_bindings()

    def _take_bindings(self) -> None:
        shown = tuple(item.binding for item in self.screen.active_bindings.values() if item.binding.show)
        if shown != self._shown:
            self._shown = shown
            self.refresh(layout=True)

    def render(self) -> Content:
        """The sentence; or the keys, in one line where they fit: else the verbs above the keys of this place."""
        if self._sentence is not None:
            sign = _SIGNS[self._sentence.severity]
            return Content.styled(f" {sign} {self._sentence.text}", _COLOURS[self._sentence.severity])
        verbs = [item for item in self._shown if item.action in VERBS]
        here = [item for item in self._shown if item.action not in (*VERBS, *LAST, CANCEL)]
        here += [item for item in self._shown if item.action == CANCEL and self._busy]
        last = [item for item in self._shown if item.action in LAST]
        verbs.sort(key=lambda item: item.action != self._next)
        width = self.size.width
        first = verbs[:1] if self._next else []
        line = self._line([*first, *here, *(item for item in verbs if item not in first)], last, width)
        if line is not None:
            return line
        return Content("\n").join([self._some(verbs, [], width), self._some(here, last, width)])

    def _line(self, bindings: Iterable[Binding], last: Iterable[Binding], width: int) -> Content | None:
        """All of them in one line, when they fit."""
        line = Content("").join([self._key(item) for item in (*bindings, *last)])
        return line if line.cell_length <= width else None

    def _some(self, bindings: Iterable[Binding], last: Iterable[Binding], width: int) -> Content:
        """As many of `bindings` as fit beside `last`."""
        end = [self._key(item) for item in last]
        room = width - sum(item.cell_length for item in end)
        first: list[Content] = []
        for key in map(self._key, bindings):
            room -= key.cell_length
            if room < 0:
                break
            first.append(key)
        return Content("").join([*first, *end])

    def _key(self, binding: Binding) -> Content:
        display = self.app.get_key_display(binding)
        following = binding.action == self._next
        key = Content.styled(f" {display} ", "bold $footer-key-foreground")
        description = Content.styled(f"{binding.description} ", "bold underline" if following else "")
        return Content.assemble(key, description).stylize(Style.from_meta({"key": binding.key}))

    def on_click(self, event: events.Click) -> None:
        """A click on a key presses it. (A link would do it too, but in the colours of links.)"""
        key = event.style.meta.get("key")
        if key:
            self.app.simulate_key(key)
