"""The app: connects to the engine, keeps the read model, and lets one screen for each stage render it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.reactive import var
from textual.screen import Screen
from textual.timer import Timer

import themes
from engine.client import Client
from engine.errors import EngineError
from engine.model import ContextName, Job
from engine.protocol import (
    CandidateStreamed,
    Change,
    Command,
    Event,
    JobChanged,
    Measured,
    MeasureNoise,
    Notice,
    PromptStreamed,
    Snapshot,
    UndoApply,
)
from tui import personal, variants, verbs
from tui.desktop import tell
from tui.first_steps import FirstSteps, retry_when_mended
from tui.frames import Frames
from tui.keymap import check_keymap
from tui.screens import screen_of
from tui.screens.stage import LiveScreen, StageScreen
from tui.state import State, reduce
from tui.widgets.footer import Sentence, Severity
from tui.widgets.header import EngineLink
from tui.widgets.inert_text import InertText
from tui.widgets.stage_bar import STAGE_OF_JOB, STAGE_TITLES

SENTENCE_SECONDS = 10
DEFAULT_THEME = "mpco-dark"
GROWTH = CandidateStreamed | PromptStreamed | Measured
"""What comes many times a second while a job runs."""


STAGE_MODES = ("profile", "prompts", "diffs", "benchmarks", "report")


class MpcoApp(App[None]):
    """One project on screen. Everything it shows is in `state`; everything it does is a command to the engine."""

    TITLE = "MPCO"
    CSS_PATH = "styles/app.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {mode: screen_of(mode) for mode in STAGE_MODES}
    DEFAULT_MODE = "profile"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"stage({n})", title, show=False, id=f"stage.{n}", tooltip=f"Go to {n} {title}")
            for n, title in enumerate(STAGE_TITLES, start=1)
        ),
        Binding("question_mark", "help", "help", key_display="?", id="app.help", tooltip="The keys of this pane"),
        Binding("ctrl+p,colon", "command_palette", "commands", show=False, id="app.by_name", tooltip="Every command"),
        Binding("q", "leave", "quit", id="app.quit", tooltip="Leave; asks what becomes of running jobs"),
    ]

    current_bottleneck: var[str] = var("")
    """The bottleneck last under the cursor, on whatever screen."""
    current_llm: var[str] = var("")
    current_candidate: var[str] = var("")

    def __init__(
        self, root: Path, client: Client | None = None, *, first_steps: FirstSteps | None = None, tour: bool = False
    ) -> None:
        super().__init__()
        self.root = root
        self._first_steps = first_steps
        """Given when the project has no mpco.toml yet."""
        self._tour = tour and not personal.recall().toured
        self.state = State()
        self.engine: EngineLink = "starting"
        self.engine_problem = ""
        self.news: set[int] = set()
        """Stages where a job has ended since they were last looked at."""
        self.sentence: Sentence | None = None
        self.without: tuple[ContextName, ...] = ()
        """Contexts that the next prompts leave out."""
        self.write_choice = verbs.WriteChoice()
        """How the next prompts come to be."""
        self.chosen_prompts: dict[tuple[str, str], str] = {}
        """The prompt version picked for a (bottleneck, LLM), where it is not the newest."""
        self.previews = variants.Previews(self)
        self._client = client
        self._inert_text = InertText()
        self._frames = Frames(self.call_next, self._paint)
        self._sentence_timer: Timer | None = None
        self._settings, self._problems = personal.load_settings()
        self._view = personal.recall_view(root)
        self._take_themes()

    def _take_themes(self) -> None:
        for folder in (themes.FOLDER, personal.themes_folder()):
            found, problems = themes.load(folder)
            self._problems += problems
            for theme in found:
                self.register_theme(theme)
        if self.theme.startswith("textual-"):
            wanted = self._settings.app.theme or personal.recall().theme or DEFAULT_THEME
            if wanted not in self.available_themes:
                self._problems.append(f"There is no theme {wanted!r}; {DEFAULT_THEME} is used.")
            self.theme = wanted if wanted in self.available_themes else DEFAULT_THEME

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables, for themes that do not have them."""
        return themes.defaults(dark=self.current_theme.dark)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Nothing that comes from a project or an LLM drives the terminal, whatever widget shows it."""
        return (*super().get_line_filters(), self._inert_text)

    def on_mount(self) -> None:
        """Paint first, then reach for the engine."""
        if self._view.stage in range(2, 1 + len(STAGE_MODES)):
            self.switch_mode(STAGE_MODES[self._view.stage - 1])
        if self._first_steps is None:
            self.call_after_refresh(self._reach)
            return
        from tui.screens.welcome import WelcomeScreen

        self.push_screen(WelcomeScreen(self.root, self._first_steps), self._begin)

    def _begin(self, root: Path | None) -> None:
        self.root = root or self.root
        self._reach()

    def _reach(self) -> None:
        if self._settings.keymap:
            known, unknown = check_keymap(self._settings.keymap)
            self._problems += unknown
            self.set_keymap(known)
        for problem in self._problems:
            self.notify(problem, severity="warning", markup=False)
        self._problems = []
        self.run_worker(self._follow(), group="engine", exclusive=True, exit_on_error=False)

    async def on_unmount(self) -> None:
        """Leave the engine; its jobs go on."""
        self._remember_view()
        if self._client is not None:
            await self._client.close()

    # ------------------------------------------------------------------------------------- engine -> state

    async def _follow(self) -> None:
        try:
            if self._client is None:
                self._client = await Client.connect(self.root)
            async for event in self._client.events():
                self._take(event)
                await asyncio.sleep(0)  # a burst of events lets key presses through
            self._engine_is("stopped", "The engine was stopped. Press p to start it again.")
        except EngineError as error:
            self._engine_is("failed", str(error))

    def _engine_is(self, link: EngineLink, problem: str) -> None:
        self.engine, self.engine_problem = link, problem
        if link == "failed":
            retry_when_mended(self)
        if self.state.project is not None:  # before that, the empty screen itself says it
            self.say(problem, "error")
        self._frames.soon()

    def _take(self, event: Event) -> None:
        before = self.state
        self.state = reduce(before, event)
        self.engine = "ready"
        if before.project is None:
            self._restore()
            if self._tour:
                self._tour = False
                self.action_tour()
        self._keep_selection()
        self._announce(event.change, before)
        if self.state.question and not before.question:
            self.call_later(import_module("tui.screens.budget").ask_budget, self)
        self._frames.soon(growth=isinstance(event.change, GROWTH))

    def _keep_selection(self) -> None:
        """Selections that no longer exist move to the first that does."""
        state = self.state
        if state.bottlenecks and state.bottleneck(self.current_bottleneck) is None:
            self.current_bottleneck = state.bottlenecks[0].id
        labels = [llm.label for llm in state.project.llms] if state.project else []
        if labels and self.current_llm not in labels:
            self.current_llm = labels[0]

    def _restore(self) -> None:
        """Put the cursor where the project was left, as far as that is still there."""
        view, self._view = self._view, personal.View()
        if self.state.bottleneck(view.bottleneck) is not None:
            self.current_bottleneck = view.bottleneck
        if view.candidate in self.state.candidates:
            self.current_candidate = view.candidate
        self.current_llm = view.llm or self.current_llm

    def _remember_view(self) -> None:
        mode = self.current_mode
        stage = STAGE_MODES.index(mode) + 1 if mode in STAGE_MODES else 1
        if self.state.project is not None:
            view = personal.View(stage, self.current_bottleneck, self.current_llm, self.current_candidate)
            personal.remember_view(self.root, view)

    def _announce(self, change: Change, before: State) -> None:
        match change:
            case Notice(text=text, severity=severity):
                level: Severity = "error" if severity == "error" else "information"
                self.notify(text, severity=level, markup=False)
            case JobChanged(job=job) if not job.live and (old := before.jobs.get(job.id)) and old.live:
                self._job_ended(job)
            case Snapshot(project=project):
                self.engine_problem = ""
                if project.notice and before.project is None:
                    self.notify(project.notice, severity="warning", timeout=20, markup=False)
            case _:
                pass

    def _job_ended(self, job: Job) -> None:
        """Light the stage of a job that has ended out of sight; one toast when the last of its kind has."""
        stage = STAGE_OF_JOB[job.kind]
        if any(other.kind == "experiment" for other in self.state.live_jobs):
            self.news.add(stage)  # its steps are too many to tell of each
            return
        if not any(other.kind == job.kind for other in self.state.live_jobs):
            tell(self, self._settings.app.notify, job)
        front = self.stage_screen
        if front is not None and stage == front.STAGE:
            return
        self.news.add(stage)
        if not any(other.kind == job.kind for other in self.state.live_jobs):
            failed = job.state == "failed"
            text = f"{job.title}: {job.reason}" if failed else f"{job.title}: {job.state}; {stage} shows it"
            self.notify(
                text, title=STAGE_TITLES[stage - 1], severity="error" if failed else "information", markup=False
            )

    # ------------------------------------------------------------------------------------- state -> screen

    @property
    def stage_screen(self) -> StageScreen | None:
        """The stage in front, under whatever dialog; None while the app ends."""
        stack = self.screen_stack
        return stack[0] if stack and isinstance(stack[0], StageScreen) else None

    def _paint(self) -> None:
        screen: StageScreen | LiveScreen | None = self.stage_screen
        if screen is not None and isinstance(self.screen, LiveScreen):
            screen = self.screen  # the stage below catches up when it is seen again
        if screen is not None and screen.is_mounted:
            with self.batch_update():
                screen.show(self.state)

    def repaint(self, *, growth: bool = False) -> None:
        """Render the state again, soon: something that is not in it, such as a selection, has changed."""
        self._frames.soon(growth=growth)

    # ------------------------------------------------------------------------------------ person -> engine

    def perform(
        self,
        command: Command,
        on_result: Callable[[Any], None] | None = None,
        on_refusal: Callable[[str], None] | None = None,
    ) -> None:
        """Send `command`; a refusal is told to `on_refusal`, else by a toast and in the footer. Never blocks."""
        self.run_worker(self._send(command, on_result, on_refusal), group="commands", exit_on_error=False)

    async def _send(
        self,
        command: Command,
        on_result: Callable[[Any], None] | None,
        on_refusal: Callable[[str], None] | None,
    ) -> None:
        if self._client is None or self.engine != "ready":
            self.say(self.engine_problem or "The engine is still starting; try again in a moment.", "warning")
            return
        try:
            result = await self._client.send(command)
        except EngineError as error:
            if on_refusal is not None:
                on_refusal(str(error))
                return
            self.say(str(error), "error")
            self.notify(str(error), severity="error", markup=False)
            return
        if on_result is not None:
            on_result(result)

    def say(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence in the footer, until the next key."""
        self.sentence = Sentence(text, severity)
        if self._sentence_timer is not None:
            self._sentence_timer.stop()
        self._sentence_timer = self.set_timer(SENTENCE_SECONDS, self._hush)
        self._frames.soon()

    def _hush(self) -> None:
        if self.sentence is not None:
            self.sentence = None
            self._frames.soon()

    async def on_event(self, event: events.Event) -> None:
        """A key makes room in the footer again, and what it does is painted first."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._frames.key_pressed()
            self._hush()
        await super().on_event(event)

    # --------------------------------------------------------------------------------------------- actions

    def action_stage(self, number: int) -> None:
        """1..5: go to a stage; its place and selection are kept."""
        if not isinstance(self.screen, StageScreen):
            return
        self.switch_mode(STAGE_MODES[number - 1])
        self.call_after_refresh(self._remember_view)

    def action_change_theme(self) -> None:
        """Choose a theme with the app as its preview."""
        from tui.screens.themes import ThemeDialog

        def keep(name: str | None) -> None:
            if name is not None:
                personal.remember(msgspec.structs.replace(personal.recall(), theme=name))

        self.push_screen(ThemeDialog(list(reversed(self.available_themes)), self.theme), keep)

    def action_help(self) -> None:
        """?: the keys of the pane in front."""
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_reconnect(self) -> None:
        """Start the engine again after it was stopped or could not start."""
        client, self._client = self._client, None
        self.engine, self.engine_problem = "starting", ""
        self._frames.soon()

        async def again() -> None:
            if client is not None:
                await client.close()
            await self._follow()

        self.run_worker(again(), group="engine", exclusive=True, exit_on_error=False)

    def action_undo_apply(self) -> None:
        """Take back the last write to the working tree."""
        self.perform(UndoApply(), lambda result: self.say(f"Taken back in {result['where']}."))

    def action_measure_noise(self) -> None:
        """Compare the project with itself; the header tells the result."""
        self.perform(MeasureNoise(), lambda _: self.say("The project is compared with itself, a minute at most."))

    async def action_quit(self) -> None:
        """ctrl+q leaves no other way than q."""
        self.action_leave()

    def action_help_quit(self) -> None:
        """ctrl+c is no way out of here: it copies."""
        self.say("q leaves MPCO; x cancels the running job.")

    def action_leave(self) -> None:
        """q: leave at once, or ask what becomes of running jobs."""
        from tui.leaving import leave

        leave(self, self._client)

    def action_tour(self) -> None:
        """The five stages, a card for each."""
        from tui.screens.tour import tour

        self.run_worker(tour(self), group="tour", exclusive=True, exit_on_error=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every command of the app, each with its key, for the palette."""
        from tui.commands import system_commands

        return system_commands(self, screen)
