"""The question that a reached budget asks: raise the cap, or give up the calls that wait."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import Input, OptionList, Static

from engine.protocol import SetBudget, StopSpending
from tui.screens.dialogs import Choice, option
from tui.screens.modal import Modal
from tui.state import State

if TYPE_CHECKING:
    from tui.app import MpcoApp

SMALLEST_CAP = 1.0


class BudgetDialog(Modal[SetBudget | StopSpending | None]):
    """Says what waits for money and takes a new cap; esc leaves it waiting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "step_out", "decide later", id="budget.out"),
        Binding("r", "choose('raise')", "raise the cap", id="budget.raise"),
        Binding("s", "choose('stop')", "stop these calls", id="budget.stop"),
    ]

    def __init__(self, state: State) -> None:
        super().__init__()
        self._question = state.question
        cap = state.project.max_usd if state.project else None
        self._cap = max(SMALLEST_CAP, 2 * (cap or state.spent_usd))
        self._waiting = bool(state.question)

    def compose(self) -> ComposeResult:
        """What waits, the answers, and the field for the new cap."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = "The budget is reached" if self._waiting else "Budget of this session"
            yield Static(self._question or "No call waits for money.", markup=False)
            yield OptionList(
                option(Choice("r", "set another cap and go on", "raise")),
                option(Choice("s", "stop the calls that wait", "stop")),
            )
            yield Input(f"{self._cap:.2f}", type="number", id="budget-cap")

    def on_mount(self) -> None:
        """Raising comes first."""
        self.query_one(Input).display = False
        self.query_one(OptionList).highlighted = 0
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.action_choose(event.option_id or "raise")

    def action_choose(self, answer: str) -> None:
        """Stop at once; a new cap wants a figure first."""
        if answer == "stop":
            self.dismiss(StopSpending())
            return
        field = self.query_one(Input)
        field.display = True
        field.border_title = "US dollars for the whole session"
        field.border_subtitle = "enter sets it · esc goes back"
        field.focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.validation_result is None or event.validation_result.is_valid:
            self.dismiss(SetBudget(max_usd=max(0.0, float(event.value or 0))))

    def action_step_out(self) -> None:
        """esc: back to the choice, then out."""
        field = self.query_one(Input)
        if field.display:
            field.display = False
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)


def ask_budget(app: "MpcoApp") -> None:
    """Ask for another cap, unless that is being asked already."""

    def decided(command: SetBudget | StopSpending | None) -> None:
        if command is not None:
            app.perform(command)

    if not isinstance(app.screen, BudgetDialog):
        app.push_screen(BudgetDialog(app.state), decided)
