"""How the next prompts come to be: the strategy, the scope, and the LLMs that write them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import SelectionList

from engine.model import Project
from engine.protocol import Strategy
from tui.screens.modal import Modal
from tui.verbs import Scope, WriteChoice

_SCOPES: tuple[tuple[Scope, str], ...] = (
    ("", "scope: as mpco.toml says"),
    ("bottleneck", "scope: one for each bottleneck and LLM, with the profile's evidence"),
    ("project", "scope: one for each LLM and the whole project, without code; reused"),
)


class Row(NamedTuple):
    """One thing to choose: `kind` is strategy, scope or meta."""

    kind: str
    value: str
    label: str


class WriteDialog(Modal[WriteChoice | None]):
    """One strategy, one scope and any number of meta-prompters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "cancel", id="write.out"),
        Binding("m,enter", "take", "write", id="write.take", priority=True, tooltip="Have the prompts written so"),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    def __init__(self, choice: WriteChoice, strategies: Sequence[Strategy], project: Project) -> None:
        super().__init__()
        self._choice = choice
        self._rows = tuple(_rows(strategies, project))

    def compose(self) -> ComposeResult:
        """All choices in one list."""
        with VerticalGroup(classes="dialog", id="write-dialog") as box:
            box.border_title = "How prompts are written"
            box.border_subtitle = "space chooses · m or enter writes · esc leaves"
            known = set(self._values(self._choice))
            yield SelectionList[Row](*((Content(row.label), row, (row.kind, row.value) in known) for row in self._rows))

    def on_mount(self) -> None:
        """Ready for keys."""
        self.query_one(SelectionList).focus()

    def _values(self, choice: WriteChoice) -> Iterator[tuple[str, str]]:
        yield "strategy", choice.strategy
        yield "scope", choice.scope
        for meta in choice.meta_prompters or ("",):
            yield "meta", meta

    @on(SelectionList.SelectionToggled)
    def _toggled(self, event: SelectionList.SelectionToggled[Row]) -> None:
        """Of strategies and scopes there is always exactly one."""
        row = event.selection.value
        options = event.selection_list
        if row.kind != "meta":
            for other in self._of(row.kind, self._rows):
                options.select(other) if other == row else options.deselect(other)

    def _of(self, kind: str, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row.kind == kind]

    def action_take(self) -> None:
        """m: write with what is chosen."""
        chosen: list[Row] = self.query_one(SelectionList).selected
        scope = next(name for name, _ in _SCOPES if any((row.kind, row.value) == ("scope", name) for row in chosen))
        metas = tuple(row.value for row in self._of("meta", chosen))
        choice = WriteChoice(
            strategy=self._of("strategy", chosen)[0].value, scope=scope, meta_prompters=() if metas == ("",) else metas
        )
        self.dismiss(choice)

    def action_move(self, direction: str) -> None:
        """j and k move like the arrows."""
        options = self.query_one(SelectionList)
        options.action_cursor_down() if direction == "down" else options.action_cursor_up()


def _rows(strategies: Sequence[Strategy], project: Project) -> Iterator[Row]:
    for strategy in strategies:
        about = f": {strategy.about}" if strategy.about else ""
        yield Row("strategy", strategy.name, f"strategy {strategy.name}{about}")
    for scope, words in _SCOPES:
        yield Row("scope", scope, words)
    yield Row("meta", "", f"written by {project.meta_prompter}")
    for llm in project.llms:
        if llm.model != project.meta_prompter:
            yield Row("meta", llm.label, f"written by {llm.label} ({llm.model})")
