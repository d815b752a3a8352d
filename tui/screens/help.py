"""The keys that work in the pane in front, from the bindings themselves: the help cannot lie."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.modal import Modal
from tui.verbs import VERBS

Group = tuple[str, list[tuple[str, str]]]
MOVES = ("cursor_", "scroll_", "page_", "page(", "half_page(", "first", "last", "focus_next", "focus_previous")
"""How the names of actions begin that only move: a person who asks for keys rarely asks for these."""


def key_groups(screen: Screen[Any]) -> list[Group]:
    """(heading, [(keys, what they do)]) for the pane that has the focus in `screen`, its screen and the app."""
    groups: dict[str, dict[str, tuple[list[str], str]]] = {
        heading: {} for heading in ("The job, in order", "This pane", "This screen", "Everywhere", "Moving")
    }
    for active in screen.active_bindings.values():
        binding = active.binding
        text = binding.tooltip or binding.description
        if not text or binding.system:
            continue
        group = groups[_heading(active, screen)]
        keys, known = group.get(binding.action, ([], text))
        group[binding.action] = (keys, text if known.istitle() else known)  # Textual's own words are in title case
        keys.append(screen.app.get_key_display(binding))
    return [(heading, [(" ".join(keys), text) for keys, text in rows.values()]) for heading, rows in groups.items()]


def _heading(active: ActiveBinding, screen: Screen[Any]) -> str:
    if active.binding.action in VERBS:
        return "The job, in order"
    if active.binding.action.removeprefix("app.").startswith(MOVES):
        return "Moving"
    if active.node is screen:
        return "This screen"
    return "This pane" if isinstance(active.node, Widget) else "Everywhere"


class HelpScreen(Modal[None]):
    """The keys, grouped; they were collected before the help came in front."""

    CSS_PATH = "../styles/help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "close", id="help.close"),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
        Binding("g", "scroll('home')", show=False),
        Binding("G", "scroll('end')", show=False),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._title = about.title or "MPCO"
        self._groups = key_groups(about)

    def compose(self) -> ComposeResult:
        """One scrolling box."""
        with VerticalScroll(classes="dialog", id="help") as box:
            box.border_title = f"Keys: {self._title}"
            box.border_subtitle = "esc closes"
            yield Static(Content("\n").join(_lines(self._groups)))

    def action_scroll(self, direction: str) -> None:
        """The letters move like the arrows."""
        box = self.query_one(VerticalScroll)
        {"up": box.scroll_up, "down": box.scroll_down, "home": box.scroll_home, "end": box.scroll_end}[direction]()


def _lines(groups: Iterable[Group]) -> Iterable[Content]:
    for heading, rows in groups:
        if rows:
            yield Content.styled(heading, "bold $primary")
            for keys, text in rows:
                yield Content.assemble((f"  {keys:<11} ", "bold $footer-key-foreground"), text)
            yield Content("")
