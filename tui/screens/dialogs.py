"""Questions that stand over a screen; each answers with a value, and with None on esc."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.model import Candidate, Hunk, Job, Target
from engine.protocol import Apply, EvaluateVariant, Variant
from tui import variants
from tui.hunk_facts import becomes_of
from tui.screens.modal import Modal
from tui.state import State

TARGETS: dict[str, Target] = {"tree": "tree", "branch": "branch", "patch": "patch"}


class Choice(NamedTuple):
    """One answer: its key, its words and its value."""

    key: str
    label: str
    value: str


class ChoiceDialog(Modal[str | None]):
    """A question with a few answers, taken with a key, with enter or with the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", "stay", id="dialog.stay"),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    def __init__(self, title: str, text: str | Content, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = self._title
            yield Static(self._text, markup=False)
            yield OptionList(*(option(choice) for choice in self._choices))

    def on_mount(self) -> None:
        """The first answer is ready to be taken."""
        self.query_one(OptionList).highlighted = 0
        self.query_one(OptionList).focus()

    def on_key(self, event: events.Key) -> None:
        """Each answer has a key of its own."""
        for choice in self._choices:
            if event.key == choice.key:
                event.stop()
                self.dismiss(choice.value or None)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id or None)

    def action_stay(self) -> None:
        """esc: no answer."""
        self.dismiss(None)

    def action_move(self, direction: str) -> None:
        """j and k move like the arrows."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if direction == "down" else options.action_cursor_up()


def option(choice: Choice) -> Option:
    """The row of a choice: its key and its words."""
    return Option(
        Content.assemble((f" {choice.key} ", "bold $footer-key-foreground"), f" {choice.label}"), choice.value
    )


class ConfirmDialog(ChoiceDialog):
    """Yes or no; answers "yes" or None."""

    def __init__(self, title: str, text: str, yes: str = "yes") -> None:
        super().__init__(title, text, [Choice("y", yes, "yes"), Choice("n", "no", "")])


class QuitDialog(ChoiceDialog):
    """What becomes of running jobs; answers "background", "cancel" or None for staying."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        count = f"{len(jobs)} job{'s are' if len(jobs) > 1 else ' is'} running"
        shown = "\n".join(f"  {job.title}  {job.progress}".rstrip() for job in jobs[:5])
        more = f"\n  and {len(jobs) - 5} more" if len(jobs) > 5 else ""
        choices = [
            Choice("b", "leave, and keep them running in the background", "background"),
            Choice("c", "cancel them and leave", "cancel"),
            Choice("s", "stay", ""),
        ]
        super().__init__(count, f"{shown}{more}\n\n`mpco` comes back to them at any time.", choices)


JUMP_KEYS = "asdfghl"


class JumpDialog(ChoiceDialog):
    """Any pane of a screen by one letter; answers with the id of the widget to go to."""

    def __init__(self, panes: Sequence[tuple[str, str]]) -> None:
        choices = [Choice(key, title, id) for key, (id, title) in zip(JUMP_KEYS, panes, strict=False)]
        super().__init__("Jump to", "A letter goes to its pane.", choices)


class ApplyDialog(Modal[Apply | EvaluateVariant | None]):
    """Where hunks go, after saying exactly what will be written and whether exactly that is proven.

    What was never proven can be evaluated first, which is the first choice then, or written all the same.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "step_out", "cancel", id="apply.out"),
        Binding("e", "evaluate", "evaluate first", id="apply.evaluate"),
        Binding("t", "target('tree')", "working tree", id="apply.tree"),
        Binding("g", "target('branch')", "git branch", id="apply.branch"),
        Binding("f", "target('patch')", "patch file", id="apply.patch"),
    ]

    def __init__(self, state: State, choice: variants.Choice, variant: Variant) -> None:
        super().__init__()
        self._hunks = tuple(hunk for _, hunk in choice)
        self._candidates = tuple(dict.fromkeys(candidate.id for candidate, _ in choice))
        self._proof = variants.proof(state, variant)
        self._known = variants.known_of(state, choice, variant)
        self._target: Target = "tree"
        self._branch = f"mpco/{_slug([candidate for candidate, _ in choice], state)}"

    def compose(self) -> ComposeResult:
        """What is written, the proof, and the three places it can go."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = "Write accepted hunks"
            yield Static(_files(self._hunks), id="apply-files")
            yield Static(self._proof_text(), id="apply-proof")
            anyway = "" if self._proof else " all the same"
            measure = Choice("e", "evaluate first: build, test and measure it", "evaluate")
            yield OptionList(
                *([] if self._proof else [option(measure)]),
                option(Choice("t", f"to the working tree{anyway} (5, then u takes it back)", "tree")),
                option(Choice("g", f"to a new git branch{anyway}, as one commit", "branch")),
                option(Choice("f", f"to a patch file for `git apply`{anyway}", "patch")),
            )
            yield Input(id="apply-where")

    def on_mount(self) -> None:
        """The first choice is ready: to evaluate what is not proven, else the working tree."""
        self.query_one(Input).display = False
        self.query_one(OptionList).highlighted = 0
        self.query_one(OptionList).focus()

    def _proof_text(self) -> Content:
        proof = self._proof
        if proof is None or proof.estimate is None:
            text = "! Exactly this selection was never proven faster: "
            return Content.assemble((text, "$text-warning"), (self._known.text, self._known.style), ".")
        text = f"✔ Proven: at least {proof.estimate.guaranteed:.1f}% faster, tests passed."
        return Content.styled(text, "$text-success")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_id == "evaluate":
            self.action_evaluate()
        else:
            self.action_target(event.option_id or "tree")

    def action_evaluate(self) -> None:
        """e: measure exactly this first."""
        if self._proof is None:
            self.dismiss(EvaluateVariant(hunks=self._ids))

    def action_target(self, target: str) -> None:
        """Take the target; a branch and a patch file want a name first."""
        self._target = TARGETS[target]
        if target == "tree":
            self.dismiss(self._command(""))
            return
        field = self.query_one(Input)
        field.display = True
        field.border_title = "name of the branch" if target == "branch" else "path of the patch file"
        field.border_subtitle = "enter writes · esc goes back"
        field.value = self._branch if target == "branch" else "mpco.patch"
        field.focus()

    @on(Input.Submitted)
    def _named_where(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(self._command(event.value.strip()))

    def action_step_out(self) -> None:
        """esc: back to the choice, then out."""
        field = self.query_one(Input)
        if field.display:
            field.display = False
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)

    @property
    def _ids(self) -> tuple[str, ...]:
        return tuple(hunk.id for hunk in self._hunks)

    def _command(self, where: str) -> Apply:
        """Exactly what is shown; what is called proven is written only if the engine finds it so."""
        return Apply(
            candidates=self._candidates,
            target=self._target,
            where=where,
            hunks=self._ids,
            proven=self._proof is not None,
        )


def _files(hunks: Sequence[Hunk]) -> Content:
    lines = []
    for file in dict.fromkeys(hunk.file for hunk in hunks):
        mine = [hunk for hunk in hunks if hunk.file == file]
        added, removed = sum(len(h.new_lines) for h in mine), sum(len(h.old_lines) for h in mine)
        count = f"{len(mine)} hunk{'s' if len(mine) > 1 else ''}"
        counts = (f"+{added}", "$text-success"), " ", (f"-{removed}", "$text-error")
        lines.append(
            Content.assemble((file, "bold"), f"  {count}  ", *counts, (f"  {becomes_of(mine[0])}", "$text-warning"))
        )
    return Content("\n").join(lines) if lines else Content("No hunk is accepted.")


def _slug(candidates: Sequence[Candidate], state: State) -> str:
    first = state.bottleneck(candidates[0].bottleneck) if candidates else None
    name = first.function.rsplit(".", 1)[-1] if first else "faster"
    return f"faster-{name.strip('<>_').replace('_', '-') or 'code'}"
