"""A short tour over the real screens: five cards, one for each stage, left at any time."""

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import Static

from tui import personal
from tui.screens.modal import Modal
from tui.screens.stage import StageScreen

if TYPE_CHECKING:
    from tui.app import MpcoApp


class Step(NamedTuple):
    """What one stage is for."""

    stage: int
    title: str
    text: str


STEPS = (
    Step(
        1,
        "p  profile",
        "runs the benchmark under a profiler and ranks the functions of the project by the time they take. space "
        "marks those to work on.",
    ),
    Step(
        2,
        "m  meta-prompt",
        "has one prompt written for each bottleneck and LLM, from what is known about project, task and LLM. All of "
        "it is shown; e edits.",
    ),
    Step(
        3,
        "o  optimise",
        "asks the LLMs. Their answers stream in as diffs: a accepts a hunk, r rejects it, u undoes. Nothing touches "
        "your files yet.",
    ),
    Step(
        4,
        "b  benchmark",
        "builds, tests and measures against the baseline in a sandbox, until a verdict is safe: faster, slower or "
        "equivalent.",
    ),
    Step(
        5,
        "w  write",
        "takes the accepted hunks into your files, a branch or a patch. This screen compares the LLMs. ? lists the "
        "keys of a pane, ctrl+p every command.",
    ),
)


VERBS = [item for item in StageScreen.BINDINGS if isinstance(item, Binding) and (item.id or "").startswith("verb.")]


class TourCard(Modal[str | None]):
    """One step; answers "next", "back", the verb that the person wants done at once, or None for the end."""

    CSS_PATH = "../styles/tour.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,right,l", "dismiss('next')", "next", id="tour.next"),
        Binding("left,h,backspace", "dismiss('back')", "back", id="tour.back"),
        Binding("escape,q", "dismiss(None)", "skip", id="tour.skip"),
        # The card names these keys and the footer below shows them: whoever presses one has seen enough.
        *(Binding(verb.key, f"dismiss('{verb.action}')", id=f"tour.{verb.action}") for verb in VERBS),
    ]

    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step = step

    def compose(self) -> ComposeResult:
        """A card at the bottom, so that the stage shows above it."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = f"Tour {self._step.stage} of {len(STEPS)}"
            box.border_subtitle = "enter next · ← back · esc skips"
            yield Static(Content.assemble((self._step.title, "bold $primary"), "  ", self._step.text))

    def on_click(self) -> None:
        """A click goes on."""
        self.dismiss("next")


async def tour(app: "MpcoApp") -> None:
    """Walk through the stages, then go back to the first; it is not shown again by itself."""
    at, verb = 0, ""
    while 0 <= at < len(STEPS):
        step = STEPS[at]
        app.action_stage(step.stage)
        answer = await app.push_screen_wait(TourCard(step))
        if answer is None:
            break
        if answer not in ("next", "back"):
            verb = answer
            break
        at = at + 1 if answer == "next" else max(0, at - 1)
    personal.remember(msgspec.structs.replace(personal.recall(), toured=True))
    if verb:
        await app.run_action(verb, default_namespace=app.screen)
    else:
        app.action_stage(1)
