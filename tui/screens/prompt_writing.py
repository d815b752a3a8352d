"""How the next prompts come to be: the strategy, the scope, and the LLMs that write them."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import OptionList, Static

from engine.model import Project
from engine.protocol import Strategy
from tui.screens.modal import Modal
from tui.verbs import Scope, WriteChoice
from tui.widgets.tick_list import Tick, TickList

_STRATEGY, _SCOPE, _META = "Strategy", "Scope", "Written by, several can be compared"
_SCOPES: tuple[tuple[Scope, str], ...] = (
    ("bottleneck", "one per bottleneck and LLM, with its evidence"),
    ("project", "one per LLM for the project, no code, reused"),
)


class WriteDialog(Modal[WriteChoice | None]):
    """One strategy, one scope and any number of meta-prompters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "cancel", id="write.out"),
        Binding("m,enter", "take", "write", id="write.take", priority=True, tooltip="Have the prompts written so"),
    ]

    def __init__(self, choice: WriteChoice, strategies: Sequence[Strategy], project: Project) -> None:
        super().__init__()
        self._choice = choice
        self._scope = project.prompt_scope
        self._strategies = {item.name: item for item in strategies}
        self._rows = tuple(_rows(strategies, project))

    def compose(self) -> ComposeResult:
        """All choices in one list, and what is chosen in a sentence."""
        choice = self._choice
        ticked = [(_STRATEGY, choice.strategy), (_SCOPE, choice.scope or self._scope)]
        ticked += [(_META, name) for name in choice.meta_prompters or ("",)]
        with VerticalGroup(classes="dialog", id="write-dialog") as box:
            box.border_title = "How prompts are written"
            box.border_subtitle = "space chooses · m or enter writes · esc leaves"
            yield TickList(self._rows, ticked, idle=self._idle(choice.strategy))
            yield Static(markup=False, id="write-words")

    def on_mount(self) -> None:
        """Ready for keys."""
        self.query_one(TickList).focus()
        self._tell()

    @on(OptionList.OptionSelected)
    def _ticked(self) -> None:
        ticks = self.query_one(TickList)
        ticks.set_idle(self._idle(*ticks.chosen(_STRATEGY)))
        self._tell()

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        self._tell()

    def _idle(self, strategy: str) -> tuple[str, ...]:
        """A baseline is a fixed text: no LLM writes it."""
        known = self._strategies.get(strategy)
        return (_META,) if known is not None and not known.meta else ()

    def _tell(self) -> None:
        """Of the strategy under the cursor, else of the one that is chosen."""
        ticks = self.query_one(TickList)
        chosen, row = ticks.chosen(_STRATEGY)[0], ticks.current
        strategy = row.value if row is not None and row.heading == _STRATEGY else chosen
        known = self._strategies.get(strategy)
        about = known.about if known is not None and known.about else "no words about it in its template"
        wrong = known.problem if known is not None else ""
        end = self._writers(strategy) if strategy == chosen else " space chooses it."
        self.query_one("#write-words", Static).update(wrong or f"{strategy}: {about}.{end}")

    def _writers(self, strategy: str) -> str:
        writers = len(self.query_one(TickList).chosen(_META))
        if self._idle(strategy):
            return " No LLM is asked to write it."
        if not writers:
            return " Choose at least one LLM to write it."
        return f" {writers} LLMs write a version each." if writers > 1 else ""

    def action_take(self) -> None:
        """m: write with what is chosen; not with a broken template, nor without an LLM to write it."""
        ticks = self.query_one(TickList)
        strategy = ticks.chosen(_STRATEGY)[0]
        metas = () if self._idle(strategy) else ticks.chosen(_META)
        known = self._strategies.get(strategy)
        if (known is not None and known.problem) or not (metas or self._idle(strategy)):
            return  # the sentence below the list says why
        scope = cast(Scope, ticks.chosen(_SCOPE)[0])
        scope = "" if scope == self._scope else scope  # follows mpco.toml when that is edited
        self.dismiss(WriteChoice(strategy, scope, () if metas == ("",) else metas))


def _rows(strategies: Sequence[Strategy], project: Project) -> Iterator[Tick]:
    for strategy in strategies:
        broken = " (broken)" if strategy.problem else ""
        yield Tick(_STRATEGY, strategy.name, f"{strategy.name}{broken}", single=True)
    for scope, words in _SCOPES:
        ours = " (mpco.toml)" if scope == project.prompt_scope else ""
        yield Tick(_SCOPE, scope, f"{words}{ours}", single=True)
    yield Tick(_META, "", f"{project.meta_prompter} (mpco.toml)")
    for llm in project.llms:
        if llm.model != project.meta_prompter:
            yield Tick(_META, llm.label, f"{llm.label} ({llm.model})")
