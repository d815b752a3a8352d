"""Stage 1: where the time goes. Ranked bottlenecks beside their source, with the heat of each line."""

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from engine.model import Bottleneck, Edge, Message, Profile
from engine.protocol import ImportProfile, Mark, ShowEvidence
from tui import editor, verbs
from tui.screens.messages import MessagesScreen
from tui.screens.profile_dialogs import ImportDialog
from tui.screens.stage import StageScreen
from tui.state import State
from tui.widgets.bars import count, percent
from tui.widgets.bottleneck_table import BottleneckTable
from tui.widgets.cursor_list import CursorList
from tui.widgets.flame_graph import FlameGraph
from tui.widgets.source_view import SourceView

EDGES_SHOWN = 8


class ProfileScreen(StageScreen):
    """The table moves the source; the bottleneck under the cursor is the current one on every screen."""

    STAGE = 1
    TITLE = "Profile"
    CSS_PATH = "../styles/profile.tcss"
    AUTO_FOCUS = "#bottlenecks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "flame", "flame", id="profile.flame", tooltip="Show or hide the flame graph"),
        Binding("v", "evidence", "why slow", id="profile.evidence", tooltip="Why it is slow, as prompts are told it"),
        Binding("i", "import", "import", id="profile.import", tooltip="Import a profile from a file of any profiler"),
        Binding("E", "editor", "editor", id="profile.editor", tooltip="Open the line in $EDITOR"),
        Binding("y", "copy", "copy", show=False, id="profile.copy", tooltip="Copy file:line and function"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[str, str] = {}
        """The files read so far, by their path in the project."""
        self._written: object = None
        """What they have been read after: the profile, and each apply and undo."""

    def compose_stage(self) -> ComposeResult:
        """Table, source, callers and callees; or what to do to get them."""
        yield Static(classes="empty", id="profile-empty", markup=False)
        with Horizontal(id="profile-panes"):
            with Vertical(classes="pane", id="table-pane"):
                yield Static(id="heads", markup=False)
                yield BottleneckTable(id="bottlenecks")
                yield Input(placeholder="filter by function or file; enter keeps it, esc clears it", id="filter")
            with Vertical(id="source-side"):
                with Vertical(classes="pane", id="source-pane"):
                    yield SourceView(id="source")
                with Horizontal(id="edges"):
                    yield Static(classes="pane", id="callers")
                    yield Static(classes="pane", id="callees")
        with Vertical(classes="pane", id="flame-pane"):
            yield FlameGraph(id="flame")
            yield Input(placeholder="search; enter keeps it, esc clears it", id="flame-filter")

    def on_mount(self) -> None:
        """The filter waits for /."""
        self.query_one("#filter", Input).display = False
        self.query_one("#flame-filter", Input).display = False
        self.query_one("#flame-pane").display = False
        self.query_one("#callers").border_title = "callers"
        self.query_one("#callees").border_title = "callees"

    # --------------------------------------------------------------------------------------- rendering

    def render_state(self, state: State) -> None:
        """The profile, or why there is none."""
        empty = self._why_empty(state)
        self.query_one("#profile-empty", Static).update(empty)
        self.query_one("#profile-empty").display = bool(empty)
        self.query_one("#profile-panes").display = not empty
        if empty:
            self.query_one("#flame-pane").display = False
        if state.profile is None or empty:
            return
        written = (state.profile.id, tuple(state.applications.values()))
        if written != self._written:
            self._written, self._texts = written, {}
        table = self.query_one(BottleneckTable)
        table.show(state.profile, self.query_one("#filter", Input).value, self.mpco.current_bottleneck)
        pane = self.query_one("#table-pane")
        pane.border_title = _title(state.profile)
        pane.border_subtitle = _running(state)
        self._show_heads()
        self._show_current()
        if self.query_one("#flame-pane").display:
            self._show_flame(state.profile)

    def _show_flame(self, profile: Profile) -> None:
        flame = self.query_one(FlameGraph)
        flame.show(profile)
        if not flame.has_focus:
            flame.go_to(self.mpco.current_bottleneck)
        pane = self.query_one("#flame-pane")
        pane.border_title = Content(f"flame, {'against the profile before' if flame.differs else _amount(profile)}")
        pane.border_subtitle = Content(flame.about)

    def _why_empty(self, state: State) -> str:
        if state.project is None:
            link = self.mpco.engine
            again = "Once mpco.toml has changed it is read again; p tries at once."
            problem = f"{self.mpco.engine_problem}\n\n{again if link == 'failed' else ''}".rstrip()
            return "Starting the engine …" if link == "starting" else problem
        command = state.project.profile_command
        if state.profile is None:
            return _no_profile(state, command)
        if state.profile.bottlenecks:
            return ""
        return (
            f"The profile of `{state.profile.command}` ({_amount(state.profile)}) names no function of this "
            "project: check [profile] command and [project] include in mpco.toml, then press p."
        )

    def on_resize(self) -> None:
        """Other columns fit."""
        self.call_after_refresh(self._show_heads)

    def _show_heads(self) -> None:
        table = self.query_one(BottleneckTable)
        self.query_one("#heads", Static).update(table.heads(table.row_width))

    def _show_current(self) -> None:
        current = self.query_one(BottleneckTable).current
        if current is None:
            self.query_one(SourceView).clear()
            self.query_one("#source-pane").border_title = ""
            for name in ("#callers", "#callees"):
                self.query_one(name, Static).update("")
            return
        self.query_one("#source-pane").border_title = Content(f"{current.place} {current.function}")
        self.query_one("#callers", Static).update(_edges(current.callers, "no caller was seen"))
        self.query_one("#callees", Static).update(_edges(current.callees, "calls nothing else"))
        if current.file in self._texts:
            self.query_one(SourceView).show(self._texts[current.file], current)
        else:
            self.run_worker(
                lambda: self._read(current), thread=True, group="source", exclusive=True, exit_on_error=False
            )

    def _read(self, bottleneck: Bottleneck) -> None:
        """In a thread: read a file of the project; the screen never waits for a disk."""
        try:
            text = Path(self._root, bottleneck.file).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            text = f"{bottleneck.file} cannot be read ({error.strerror}); press p to profile what is there now."
        self.app.call_from_thread(self._have_read, bottleneck.file, text)

    def _have_read(self, file: str, text: str) -> None:
        self._texts[file] = text
        self.mpco.repaint()

    @property
    def _root(self) -> str:
        project = self.mpco.state.project
        return project.root if project else str(self.mpco.root)

    # ------------------------------------------------------------------------------------------- moving

    @on(CursorList.Moved, "#bottlenecks")
    def _moved(self) -> None:
        current = self.query_one(BottleneckTable).current
        if current is not None:
            self.mpco.current_bottleneck = current.id
        self._show_current()

    def action_enter_source(self) -> None:
        """enter: into the source."""
        if self.query_one(BottleneckTable).current is not None:
            self.add_class("-in-source")
            self.query_one(SourceView).focus()

    def action_step_out(self) -> None:
        """esc: out of the source, the filter, the flame graph or a zoomed pane."""
        field = self.query_one("#filter", Input)
        if self.maximized is not None:
            self.minimize()
        elif self.query_one("#flame-pane").display and self.query_one("#flame-pane").has_focus_within:
            self._step_out_of_flame()
        elif self.query_one(SourceView).has_focus:
            self.remove_class("-in-source")
            self.query_one(BottleneckTable).focus()
        elif field.display:
            field.value = ""
            field.display = False
            self.query_one(BottleneckTable).focus()

    # -------------------------------------------------------------------------------------- flame graph

    def action_flame(self) -> None:
        """f: show the flame graph, or put it away."""
        profile = self.mpco.state.profile
        pane = self.query_one("#flame-pane")
        if profile is None or not profile.flame:
            self.mpco.say(verbs.NO_PROFILE if profile is None else "This profile knows no calls to draw.", "warning")
            return
        pane.display = not pane.display
        self.set_class(pane.display, "-flame")
        if pane.display:
            self._show_flame(profile)
            self.query_one(FlameGraph).focus()
        else:
            self.query_one(BottleneckTable).focus()

    def _step_out_of_flame(self) -> None:
        flame, field = self.query_one(FlameGraph), self.query_one("#flame-filter", Input)
        if field.display:
            field.value = ""
            field.display = False
            flame.focus()
        elif flame.zoomed:
            flame.zoom_out()
        else:
            self.action_flame()

    def action_difference(self) -> None:
        """d in the flame graph: what has changed against the profile before."""
        if not self.query_one(FlameGraph).toggle_difference():
            self.mpco.say(
                "There is no earlier profile that counts the same; profile again (p) after an apply.", "warning"
            )
        self.mpco.repaint()

    def action_search_flame(self) -> None:
        """/ in the flame graph: highlight names."""
        field = self.query_one("#flame-filter", Input)
        field.display = True
        field.focus()

    @on(Input.Changed, "#flame-filter")
    def _search_flame(self, event: Input.Changed) -> None:
        self.query_one(FlameGraph).search(event.value)
        self.mpco.repaint()

    @on(Input.Submitted, "#flame-filter")
    def _flame_searched(self) -> None:
        flame = self.query_one(FlameGraph)
        flame.focus()
        flame.action_match(1)

    @on(FlameGraph.Moved)
    def _flame_moved(self, event: FlameGraph.Moved) -> None:
        if event.node.bottleneck:
            self.mpco.current_bottleneck = event.node.bottleneck
        self.mpco.repaint()

    def action_evidence(self) -> None:
        """v: why it is slow, in the words of the prompts."""
        current = self.query_one(BottleneckTable).current
        if current is None:
            self.mpco.say("There is no function of the project here to tell about.", "warning")
            return

        def show(result: Any) -> None:
            found = [Message(role=item["name"], content=item["value"]) for item in result["fields"]]
            self.app.push_screen(MessagesScreen(f"Why is {current.function} slow?", found))

        self.mpco.perform(ShowEvidence(bottleneck=current.id), show)

    def action_import(self) -> None:
        """i: a profile from a file."""

        def take(files: tuple[str, ...] | None) -> None:
            if files:
                self.mpco.perform(ImportProfile(files=files))

        self.app.push_screen(ImportDialog(), take)

    def action_filter(self) -> None:
        """/: show only what matches."""
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self.mpco.repaint()

    @on(Input.Submitted, "#filter")
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.input.display = bool(event.value)
        self.query_one(BottleneckTable).focus()

    # -------------------------------------------------------------------------------------------- doing

    def action_mark(self) -> None:
        """space: mark for the verbs, or unmark."""
        current = self.query_one(BottleneckTable).current
        if not self.mpco.state.bottlenecks:
            self.mpco.say(verbs.NO_PROFILE, "warning")
        elif current is None:
            self.mpco.say("This time belongs to no function of the project; it cannot be marked.", "warning")
        else:
            self.mpco.perform(Mark(bottlenecks=(current.id,), marked=not current.marked))

    def action_editor(self) -> None:
        """E: open the line in $EDITOR."""
        current = self.query_one(BottleneckTable).current
        if current is None:
            self.mpco.say("There is no source here to open.", "warning")
            return
        source = self.query_one(SourceView)
        line = source.line if source.has_focus else current.line
        problem = editor.open_editor(self.app, Path(self._root, current.file), line)
        if problem:
            self.mpco.say(problem, "error")
        self._texts.pop(current.file, None)
        self.mpco.repaint()

    def action_copy(self) -> None:
        """y: copy where the bottleneck is."""
        current = self.query_one(BottleneckTable).current
        if current is not None:
            self.app.copy_to_clipboard(f"{current.place} {current.function}")
            self.mpco.say(f"Copied {current.place} {current.function}.")


def _title(profile: Profile) -> str:
    functions = len(profile.bottlenecks)
    return f"Bottlenecks ({profile.profiler}, {_amount(profile)}, {functions} function{'s' * (functions != 1)})"


def _amount(profile: Profile) -> str:
    if profile.seconds or not profile.amount:
        return f"{profile.seconds:.1f} s"
    return f"{count(round(profile.amount))} {profile.unit}"


def _running(state: State) -> str:
    """What a profile run that is under way, or the last one that failed, has to say."""
    jobs = [job for job in state.jobs.values() if job.kind == "profile"]
    if not jobs:
        return ""
    if jobs[-1].live:
        return f"profiling {jobs[-1].progress or '…'} (x cancels)"
    return f"✘ {jobs[-1].reason}" if jobs[-1].state == "failed" else ""


def _no_profile(state: State, command: str) -> str:
    jobs = [job for job in state.jobs.values() if job.kind == "profile"]
    if not command:
        return "Nothing to profile yet: give [benchmark] command in mpco.toml, then press p."
    if not jobs or jobs[-1].state == "done":
        return f"No profile yet: press p to run `{command}` under a profiler, or i to import one."
    job = jobs[-1]
    if job.live:
        return f"Profiling `{command}` …\n{job.progress}\n\nx cancels it."
    if job.state == "failed":
        return f"The profile run failed.\n\n{job.reason}\n\nPress p to run it again."
    return f"The profile run of `{command}` was {job.state}.\n\nPress p to run it again."


def _calls(number: int) -> str:
    return f"  {count(number)} call{'s' if number > 1 else ''}" if number else ""


def _edges(edges: tuple[Edge, ...], none: str) -> Content:
    if not edges:
        return Content.styled(none, "$text-muted")
    ranked = sorted(edges, key=lambda edge: -edge.share)[:EDGES_SHOWN]
    lines = [
        Content.assemble(
            (f"{percent(edge.share):>6} ", "bold"),
            edge.function,
            (_calls(edge.calls), "$text-muted"),
        )
        for edge in ranked
    ]
    return Content("\n").join(lines)
