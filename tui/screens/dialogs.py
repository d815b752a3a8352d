"""The dialogs: each says exactly what will happen, and esc always means no."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.model import Candidate, Target
from engine.protocol import Apply
from tui.state import State

CLOSE = Binding("escape", "close", "close", id="dialog.close")


class QuitDialog(ModalScreen[str | None]):
    """What becomes of running jobs; the answer is `keep`, `stop` or None."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE]

    def __init__(self, jobs: tuple[str, ...]) -> None:
        super().__init__()
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        """The running jobs and three ways on."""
        names = "\n".join(f"  • {title}" for title in self._jobs[:8])
        with Vertical(classes="dialog"):
            yield Static(f"{len(self._jobs)} running:\n{names}", markup=False)
            yield OptionList(
                Option("Leave; they go on in the background, mpco attaches again", id="keep"),
                Option("Cancel them and stop the engine", id="stop"),
                Option("Stay", id="stay"),
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(None if event.option_id == "stay" else event.option_id)

    def action_close(self) -> None:
        """Stay."""
        self.dismiss(None)


class ApplyDialog(ModalScreen[Apply | None]):
    """Where the accepted hunks of a candidate go."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE]

    def __init__(self, candidate: Candidate, state: State) -> None:
        super().__init__()
        self._candidate = candidate
        self._state = state
        self._target: Target = "tree"

    def compose(self) -> ComposeResult:
        """What is written, whether it is proven, and the three targets."""
        hunks = self._candidate.accepted
        files = ", ".join(sorted({hunk.file for hunk in hunks}))
        with Vertical(classes="dialog"):
            yield Static(
                f"Write {len(hunks)} accepted hunk{'s' * (len(hunks) != 1)} of {self._candidate.llm} to {files}"
            )
            yield Static(proof_of(self._candidate, self._state), markup=False)
            yield OptionList(
                Option("Working tree: changes the file now, can be undone", id="tree"),
                Option("New git branch: one commit, your working tree stays as it is", id="branch"),
                Option("Patch file: for git apply", id="patch"),
            )
            yield Input(placeholder="", id="where", classes="-hidden")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Write to the tree at once; ask for a name otherwise."""
        if event.option_id == "tree":
            self._answer("tree", "")
            return
        self._target = "branch" if event.option_id == "branch" else "patch"
        where = self.query_one("#where", Input)
        where.value = f"mpco/{self._candidate.llm}" if self._target == "branch" else f"{self._candidate.llm}.patch"
        where.border_title = "name of the new branch" if self._target == "branch" else "patch file"
        where.remove_class("-hidden")
        where.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write to the branch or file that was named."""
        if event.value.strip():
            self._answer(self._target, event.value.strip())

    def action_close(self) -> None:
        """Write nothing."""
        self.dismiss(None)

    def _answer(self, target: Target, where: str) -> None:
        self.dismiss(Apply(candidates=(self._candidate.id,), target=target, where=where))


def proof_of(candidate: Candidate, state: State) -> str:
    """What is known about exactly the accepted hunks of a candidate, in one sentence."""
    accepted = {hunk.id for hunk in candidate.accepted}
    exact = [item for item in state.evaluations.values() if set(item.hunks) == accepted and item.verdict]
    if exact and exact[-1].verdict == "faster" and exact[-1].estimate:
        return f"Proven: at least {exact[-1].estimate.guaranteed:.1f}% faster (95%), tests pass."
    if exact:
        return f"Evaluated: {exact[-1].verdict}. {exact[-1].reason}"
    if any(item.candidate == candidate.id for item in state.evaluations.values()):
        return "Not proven: the selection has changed since it was evaluated; esc, then b evaluates it."
    return "Not proven: this selection was never built, tested or measured; esc, then b evaluates it."
