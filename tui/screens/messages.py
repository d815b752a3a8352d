"""Exactly what an LLM was sent, or would be: readable before it is sent."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from engine.model import Message
from engine.protocol import Outgoing
from tui.screens.modal import Modal
from tui.widgets.answer_view import HEADING, AnswerView


class MessagesScreen(Modal[None]):
    """Messages, one below the other."""

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
            box.border_subtitle = "/ finds · y copies · esc closes"
            yield AnswerView(id="messages-text")

    def on_mount(self) -> None:
        """Show the messages."""
        self.query_one(AnswerView).show("messages", self.lines(), tail=False)

    @on(AnswerView.Found)
    def _found(self, event: AnswerView.Found) -> None:
        self.query_one("#messages").border_subtitle = Content(event.sentence)

    def lines(self) -> list[str]:
        """What is shown, line by line."""
        return _lines(self._messages) or ["Nothing was sent: the text was written by rules."]

    def action_copy(self) -> None:
        """y: copy everything."""
        self.app.copy_to_clipboard("\n\n".join(f"{item.role}:\n{item.content}" for item in self._messages))
        self.notify("Copied.", markup=False)


class SendingScreen(MessagesScreen):
    """All that would be sent for one bottleneck: to whom, how long, how dear, and every word of it."""

    def __init__(self, outgoing: Sequence[Outgoing]) -> None:
        super().__init__("What would be sent", [message for item in outgoing for message in item.messages])
        self._outgoing = outgoing

    def lines(self) -> list[str]:
        """A summary of all requests, then each of them in full."""
        about = {"prompt": "m, to have the prompt written", "optimise": "o, prompt and code"}
        heads = [f"{item.llm}: {about.get(item.purpose, item.purpose)}" for item in self._outgoing]
        lines = [f"{HEADING}In short", *(line for item, head in zip(self._outgoing, heads, strict=True)
                 for line in (f"{head} → {item.model}, {item.destination}", f"    {_size(item)}"))]  # fmt: skip
        for item, head in zip(self._outgoing, heads, strict=True):
            lines += ["", f"{HEADING}── {head} ──", "", *_lines(item.messages)]
        return lines if self._outgoing else ["Nothing: the strategy needs no meta-prompter and no prompt is ready yet."]


def _lines(messages: Sequence[Message]) -> list[str]:
    lines: list[str] = []
    for message in messages:
        lines += [f"{HEADING}{message.role}", *message.content.replace(HEADING, " ").split("\n"), ""]
    return lines


def _size(item: Outgoing) -> str:
    if item.refused:
        return f"✘ {item.refused}"
    fit = f"fits {item.window:,}" if item.window else "context window unknown"
    price = "price unknown" if item.max_usd is None else f"at most ${item.max_usd:.4f}" if item.max_usd else "free"
    masked = f", {item.masked} likely secrets masked" if item.masked else ""
    stays = "" if item.leaves else ", stays on this machine"
    return f"{item.tokens:,} tokens, {fit}, {price}{masked}{stays}"
