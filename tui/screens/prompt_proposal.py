"""An improved prompt as a diff against what it would replace: taken or rejected, as a whole or change by change."""

from collections.abc import Callable
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.model import BaselineFile, Decision, Prompt
from tui.screens.modal import Modal
from tui.text_hunks import accepted_text, text_hunks
from tui.widgets.diff_view import DiffView

NAME = "prompt.md"


class ProposalDiff(Modal[str | None]):
    """Answers with the text that was taken, "" when nothing was, and None while it is not decided."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "decide later", id="proposal.out"),
        Binding("a", "decide('accepted')", "accept", id="proposal.accept", tooltip="Accept the change, go to the next"),
        Binding("r", "decide('rejected')", "reject", id="proposal.reject", tooltip="Reject the change, go to the next"),
        Binding("A", "decide_all('accepted')", "accept all", id="proposal.accept_all", tooltip="Take all that is left"),
        Binding("R", "decide_all('rejected')", "reject all", id="proposal.reject_all", tooltip="Reject what is left"),
        Binding("u", "undo", "undo", id="proposal.undo", tooltip="Take back the last decision"),
        Binding("n", "hunk(1)", "next", id="proposal.next", tooltip="Next change"),
        Binding("N", "hunk(-1)", "previous", show=False, id="proposal.previous", tooltip="Previous change"),
    ]

    def __init__(self, old: Prompt, new: Prompt) -> None:
        super().__init__()
        self._old, self._new = old, new
        self._hunks = list(text_hunks(NAME, old.text, new.text))
        self._decided: list[int] = []

    def compose(self) -> ComposeResult:
        """The diff over the whole screen; what was asked for above it."""
        with Vertical(classes="dialog", id="messages") as box:
            box.border_title = Content(f"{self._new.llm}: v{self._old.version} → v{self._new.version}, a proposal")
            box.border_subtitle = "a r this change · A R all that is left · u undo · n next · esc later"
            yield Static(self._new.remark or "Written again from what came of it.", id="prompt-remark", markup=False)
            yield DiffView()
            yield Static("It says the same as before: A takes it, R does not.", id="prompt-same")

    def on_mount(self) -> None:
        """Show the changes."""
        view = self.query_one(DiffView)
        view.display, self.query_one("#prompt-same").display = bool(self._hunks), not self._hunks
        self._show()
        view.focus()

    def _show(self) -> None:
        file = BaselineFile(path=NAME, text=self._old.text, digest="")
        self.query_one(DiffView).show(self._new.id, (file,), self._hunks)

    def action_decide(self, decision: Decision) -> None:
        """a and r: the change under the cursor; the last one that is decided ends it."""
        view = self.query_one(DiffView)
        if self._hunks:
            self._set(max(0, view.current), decision)
            self._end_or(view.go_to_undecided)
        else:
            self.action_decide_all(decision)

    def action_decide_all(self, decision: Decision) -> None:
        """A and R: all that is not decided yet."""
        for index, hunk in enumerate(self._hunks):
            if hunk.decision == "pending":
                self._set(index, decision)
        if not self._hunks:
            self.dismiss(self._new.text if decision == "accepted" else "")
        self._end_or(lambda: True)

    def _set(self, index: int, decision: Decision) -> None:
        self._hunks[index] = msgspec.structs.replace(self._hunks[index], decision=decision)
        self._decided.append(index)

    def _end_or(self, go_on: Callable[[], object]) -> None:
        if self._hunks and all(hunk.decision != "pending" for hunk in self._hunks):
            taken = [hunk for hunk in self._hunks if hunk.decision == "accepted"]
            self.dismiss(accepted_text(self._old.text, taken) if taken else "")
        elif self._hunks:
            self._show()
            go_on()

    def action_undo(self) -> None:
        """u: the last decision is open again."""
        if self._decided:
            index = self._decided.pop()
            self._hunks[index] = msgspec.structs.replace(self._hunks[index], decision="pending")
            self._show()
            self.query_one(DiffView).go_to(index)

    def action_hunk(self, step: int) -> None:
        """n and N go through the changes."""
        self.query_one(DiffView).go_by(step)
