"""Exactly what an LLM was sent, or would be: readable before it is sent."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from engine.model import Message
from tui.widgets.answer_view import HEADING, AnswerView


class MessagesScreen(ModalScreen[None]):
    """All messages of one call, one below the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "close", id="messages.close"),
        Binding("y", "copy", "copy", id="messages.copy", tooltip="Copy all messages"),
    ]

    def __init__(self, title: str, messages: Sequence[Message]) -> None:
        super().__init__()
        self._title = title
        self._messages = tuple(messages)

    def compose(self) -> ComposeResult:
        """One scrolling text over the whole screen."""
        with Vertical(classes="dialog", id="messages") as box:
            box.border_title = self._title
            box.border_subtitle = "y copies · esc closes"
            yield AnswerView(id="messages-text")

    def on_mount(self) -> None:
        """Show the messages."""
        lines: list[str] = []
        for message in self._messages:
            lines += [f"{HEADING}{message.role}", *message.content.replace(HEADING, " ").split("\n"), ""]
        self.query_one(AnswerView).show(
            "messages", lines or ["Nothing was sent: the text was written by rules."], tail=False
        )

    def action_copy(self) -> None:
        """y: copy everything."""
        self.app.copy_to_clipboard("\n\n".join(f"{item.role}:\n{item.content}" for item in self._messages))
        self.notify("Copied.", markup=False)
