"""What the five stage screens have in common: header, stage bar, footer, and the one grammar of keys."""

from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from engine.model import ContextName
from engine.protocol import Cancel
from tui import verbs, writing
from tui.screens.modal import Modal
from tui.state import State
from tui.widgets.answer_view import AnswerView
from tui.widgets.footer import Footer
from tui.widgets.header import AppHeader
from tui.widgets.stage_bar import StageBar

if TYPE_CHECKING:
    from tui.app import MpcoApp

StageNumber = Literal[1, 2, 3, 4, 5]


class StageScreen(Screen[None]):
    """One stage. A subclass gives STAGE and TITLE, `compose_stage` and `render_state`.

    The verbs act on what is marked, else on what the cursor is on; a stage that knows better overrides
    `action_profile`, `action_meta_prompt`, `action_optimise`, `action_benchmark` or `action_write`.
    """

    STAGE: ClassVar[StageNumber] = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "profile", "profile", id="verb.profile", tooltip="Run the profile command and rank bottlenecks"),
        Binding("m", "meta_prompt", "meta-prompt", id="verb.meta_prompt", tooltip="Have a prompt written for each LLM"),
        Binding("o", "optimise", "optimise", id="verb.optimise", tooltip="Send the prompts and the code to the LLMs"),
        Binding("b", "benchmark", "benchmark", id="verb.benchmark", tooltip="Build, test and measure candidates"),
        Binding("w", "write", "write", id="verb.write", tooltip="Write accepted hunks to tree, branch or patch file"),
        Binding("T", "tray", "tray", show=False, id="app.tray", tooltip="The tray: what is accepted of all candidates"),
        Binding("x", "cancel_job", "cancel", id="job.cancel", tooltip="Cancel the running job and its processes"),
        Binding("z", "toggle_zoom", "zoom", show=False, id="pane.zoom", tooltip="Let the pane fill the screen, or not"),
        Binding("ctrl+o", "jump", "jump", show=False, id="pane.jump", tooltip="Jump to any pane"),
        Binding("escape", "step_out", "back", show=False, id="pane.out", tooltip="Step out one layer"),
    ]

    @property
    def mpco(self) -> "MpcoApp":
        """The app, by its own type."""
        return cast("MpcoApp", self.app)

    def show_text(self, id: str, text: Content | str) -> None:
        """Write a `Static` of the screen only when its text or a colour has changed: that lays the whole screen out."""
        static = self.query_one(f"#{id}", Static)
        shown, content = static.content, Content(text) if isinstance(text, str) else text
        if not isinstance(shown, Content) or not shown.is_same(content):
            static.update(content)

    def compose(self) -> ComposeResult:
        """The frame, with the stage's own widgets inside."""
        yield AppHeader()
        yield StageBar(self.STAGE)
        with Container(id="stage"):
            yield from self.compose_stage()
        yield Footer()

    def compose_stage(self) -> ComposeResult:
        """The widgets of the stage; overridden."""
        raise NotImplementedError

    def render_state(self, state: State) -> None:
        """Bring the stage's widgets in step with `state`; overridden. Called at most 30 times a second."""
        raise NotImplementedError

    def show(self, state: State) -> None:
        """Render frame and stage."""
        self.query_one(AppHeader).show(state, self.title or "", self.mpco.engine)
        self.query_one(StageBar).show(state, self.mpco.news)
        self.render_state(state)
        self.query_one(Footer).show(state, self.mpco.sentence)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Catch up with what happened while another screen was in front."""
        self.mpco.news.discard(self.STAGE)
        self.show(self.mpco.state)

    # -------------------------------------------------------------------------------------------- verbs

    def excluded_contexts(self) -> tuple[ContextName, ...]:
        """The contexts to leave out of the next prompts."""
        return self.mpco.without

    def action_profile(self) -> None:
        """p: profile, or try to reach the engine again when it is not there."""
        if self.mpco.engine in ("failed", "stopped"):
            self.mpco.action_reconnect()
            return
        command = verbs.profile(self.mpco.state)
        if isinstance(command, str):
            self.mpco.say(command, "warning")
        else:
            self.mpco.perform(command)
            self.mpco.action_stage(1)

    def action_meta_prompt(self) -> None:
        """m: have the prompts written, and look on."""
        command = verbs.write_prompts(self.mpco.state, self.mpco.current_bottleneck, self.excluded_contexts())
        if isinstance(command, str):
            self.mpco.say(command, "warning")
        else:
            for one in self.mpco.write_choice.commands(command):
                self.mpco.perform(one)
            self.mpco.action_stage(2)

    def action_optimise(self) -> None:
        """o: ask the LLMs, and look on."""
        mpco = self.mpco
        command = verbs.optimise(mpco.state, mpco.current_bottleneck, mpco.chosen_prompts)
        if isinstance(command, str):
            mpco.say(command, "warning")
        else:
            mpco.perform(command)
            mpco.action_stage(3)

    def action_benchmark(self) -> None:
        """b: build, test and measure the newest candidates, and look on."""
        candidates = verbs.newest_candidates(self.mpco.state, self.mpco.current_bottleneck)
        command = verbs.evaluate(self.mpco.state, candidates)
        if isinstance(command, str):
            self.mpco.say(command, "warning")
        else:
            self.mpco.perform(command)
            self.mpco.action_stage(4)

    def action_write(self) -> None:
        """w: write accepted hunks of the newest candidates."""
        found = verbs.writable(verbs.newest_candidates(self.mpco.state, self.mpco.current_bottleneck))
        if isinstance(found, str):
            self.mpco.say(found, "warning")
        else:
            writing.write_candidates(self.mpco, found)

    def action_tray(self) -> None:
        """T: what is accepted of all candidates, as one variant."""
        from tui.screens.tray import TrayScreen

        self.app.push_screen(TrayScreen())

    def job_under_cursor(self) -> str:
        """Id of the job that `x` cancels; overridden where jobs are listed. Default: the newest live one."""
        live = self.mpco.state.live_jobs
        return live[-1].id if live else ""

    def action_cancel_job(self) -> None:
        """x: cancel a job."""
        id = self.job_under_cursor()
        job = self.mpco.state.jobs.get(id)
        if job is None or not job.live:
            self.mpco.say("No job is running here; there is nothing to cancel.", "warning")
        else:
            self.mpco.perform(Cancel(job=id), lambda _: self.mpco.say(f"Cancelled: {job.title}."))

    # ------------------------------------------------------------------------------------------- moving

    def action_toggle_zoom(self) -> None:
        """z: let the focused pane fill the screen, or take that back."""
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)

    def action_jump(self) -> None:
        """ctrl+o: to any pane by one letter."""
        from tui.screens.dialogs import JumpDialog

        panes = [(widget.id, pane_title(widget)) for widget in self.focus_chain if isinstance(widget, Widget)]
        named = [(id, title) for id, title in panes if id and title]
        if not named:
            self.mpco.say("There is no pane to go to yet.", "warning")
            return

        def go(id: str | None) -> None:
            if id:
                self.query_one(f"#{id}").focus()

        self.app.push_screen(JumpDialog(named), go)

    @on(AnswerView.Found)
    def _found(self, event: AnswerView.Found) -> None:
        self.mpco.say(event.sentence, "information" if event.lines else "warning")

    def action_step_out(self) -> None:
        """esc: step out one layer; a stage with layers of its own overrides it."""
        if self.maximized is not None:
            self.minimize()


class LiveScreen(Modal[None]):
    """A screen over a stage that is kept in step with the state as the stage is."""

    @property
    def mpco(self) -> "MpcoApp":
        """The app, by its own type."""
        return cast("MpcoApp", self.app)

    def show(self, state: State) -> None:
        """Render the state; overridden. Called at most 30 times a second."""
        raise NotImplementedError


def pane_title(widget: Widget) -> str:
    """What the border around a widget says, in plain text; its id where there is no border."""
    for node in widget.ancestors_with_self:
        if isinstance(node, Widget) and node.border_title:
            return Content.from_markup(str(node.border_title)).plain
    return (widget.id or "").replace("-", " ")
