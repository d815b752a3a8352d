"""What is asked about prompts: a remark, other LLMs, a version to compare with; and the comparison itself."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalGroup
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from engine.model import BaselineFile, Prompt
from tui.screens.dialogs import Choice, ChoiceDialog
from tui.screens.modal import Modal
from tui.state import State
from tui.text_hunks import text_hunks
from tui.widgets.diff_view import DiffView
from tui.widgets.tick_list import Tick, TickList

VERSION_KEYS = "123456789abcdefghi"


class RemarkDialog(Modal[str | None]):
    """What should be better, in the person's own words; answers None when they leave."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "cancel", id="remark.leave")]

    def __init__(self, title: str, results: str, example: str) -> None:
        super().__init__()
        self._title = title
        self._results = results
        self._example = example

    def compose(self) -> ComposeResult:
        """What is told anyway, above the remark."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = "enter sends · esc does not"
            yield Static(self._results, markup=False)
            yield Input(placeholder=self._example)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """esc: nothing is sent."""
        self.dismiss(None)


class FieldDialog(Modal[str | None]):
    """A field of a context in full; answers with what the next prompts are to be told."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave as it was", id="field.out"),
        Binding("ctrl+s", "keep", "keep", id="field.keep", tooltip="Tell the next prompts this"),
    ]

    def __init__(self, title: str, value: str) -> None:
        super().__init__()
        self._title = title
        self._value = value

    def compose(self) -> ComposeResult:
        """One editor."""
        with Vertical(classes="dialog", id="field") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "ctrl+s keeps · esc leaves it as it was"
            yield TextArea(self._value, compact=True, soft_wrap=True, tab_behavior="focus", show_line_numbers=False)

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(TextArea).focus()

    def action_keep(self) -> None:
        """ctrl+s: keep the text."""
        self.dismiss(self.query_one(TextArea).text)


class LlmsDialog(Modal[tuple[str, ...] | None]):
    """Some of the LLMs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", id="llms.leave"),
        Binding("enter", "take", "take these", id="llms.take", priority=True),
    ]

    def __init__(self, title: str, labels: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._labels = labels

    def compose(self) -> ComposeResult:
        """All of them are marked to begin with."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = "space marks · enter takes them · esc leaves"
            yield TickList(
                [Tick("LLMs", label, label) for label in self._labels], [("LLMs", label) for label in self._labels]
            )

    def on_mount(self) -> None:
        """Ready for keys."""
        self.query_one(TickList).focus()

    def action_take(self) -> None:
        """enter: the marked ones."""
        self.dismiss(self.query_one(TickList).chosen("LLMs"))

    def action_leave(self) -> None:
        """esc: none."""
        self.dismiss(None)


class CompareDialog(ChoiceDialog):
    """Which prompt to compare with: an earlier version, or another LLM's; answers with its id."""

    def __init__(self, state: State, shown: Prompt) -> None:
        own = [item for item in reversed(state.prompt_versions(shown.bottleneck, shown.llm)) if item.id != shown.id]
        others = {p.llm: p for p in state.prompts.values() if p.bottleneck == shown.bottleneck and p.llm != shown.llm}
        named = [(f"v{item.version} ({_words(item)})", item) for item in own]
        named += [(f"{label} v{item.version} ({_words(item)})", item) for label, item in others.items()]
        choices = [Choice(key, name, item.id) for key, (name, item) in zip(VERSION_KEYS, named, strict=False)]
        self.empty = not choices
        super().__init__(
            f"Compare v{shown.version} for {shown.llm} with", "Its own versions, then other LLMs'.", choices
        )


def _words(prompt: Prompt) -> str:
    original = ", the original" if prompt.version == 1 else ", as generated" if prompt.author == "meta" else ""
    return f"{prompt.author}{original}"


class PromptDiff(Modal[None]):
    """Two prompts as a diff."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", id="prompt_diff.close"),
        Binding("n", "hunk(1)", "next", id="prompt_diff.next"),
        Binding("N", "hunk(-1)", show=False, id="prompt_diff.previous"),
    ]

    def __init__(self, old: Prompt, new: Prompt) -> None:
        super().__init__()
        self._old = old
        self._new = new

    def compose(self) -> ComposeResult:
        """The diff over the whole screen."""
        with Vertical(classes="dialog", id="messages") as box:
            box.border_title = f"{_name(self._old)} → {_name(self._new)}"
            box.border_subtitle = "n next change · esc closes"
            yield DiffView()
            yield Static("The two texts are the same.", id="prompt-same")

    def on_mount(self) -> None:
        """Show it, or say that there is none."""
        hunks = text_hunks("prompt.md", self._old.text, self._new.text)
        view = self.query_one(DiffView)
        view.display, self.query_one("#prompt-same").display = bool(hunks), not hunks
        file = BaselineFile(path="prompt.md", text=self._old.text, digest="")
        view.show("prompts", (file,), hunks)
        view.focus()

    def action_hunk(self, step: int) -> None:
        """n and N go through the changes."""
        view = self.query_one(DiffView)
        view.go_to(view.current + step)


def _name(prompt: Prompt) -> str:
    return f"{prompt.llm} v{prompt.version} ({prompt.author})"
