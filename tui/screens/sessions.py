"""The sessions of the project: the current one and those that were kept; compare, trend, begin another, remove."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical, VerticalGroup
from textual.widgets import Input, Static

from engine.errors import EngineError
from engine.protocol import NewSession
from engine.report.sessions import CURRENT, Facts
from tui import lines
from tui.screens.dialogs import ConfirmDialog
from tui.screens.modal import Modal
from tui.session_rows import HEAD, TREND_HEAD, row, size, tables_text, trend_rows
from tui.widgets.report_table import ReportTable

if TYPE_CHECKING:
    from tui.app import MpcoApp

FIGURES = ("size", "candidates", "proven", "spent")
ABOUT = "enter compares the session under the cursor with the current one; t shows how a function went over commits."


class NameDialog(Modal[str | None]):
    """The name that the session is kept under; empty takes the time; answers None on esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "cancel", id="name.leave")]

    def compose(self) -> ComposeResult:
        """What happens, above the name."""
        with VerticalGroup(classes="dialog") as box:
            box.border_title = "New session"
            box.border_subtitle = "enter begins it · esc does not"
            yield Static("Profile, prompts, candidates and measurements are kept as they are; your files stay too.")
            yield Input(placeholder="name, default: the time", id="session-name")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class SessionsScreen(Modal[None]):
    """A table over what was asked of it: a comparison, a trend."""

    CSS_PATH = "../styles/sessions.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close", id="sessions.close"),
        Binding("n", "new", "new", id="sessions.new", tooltip="Keep this session and begin an empty one"),
        Binding("t", "trend", "trend", id="sessions.trend", tooltip="The chosen function in every profile, by commit"),
        Binding("D", "remove", "remove", id="sessions.remove", tooltip="Remove the session under the cursor; asks"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._sessions: list[Facts] = []

    def compose(self) -> ComposeResult:
        """The table, and room for what it is asked."""
        with Vertical(classes="dialog", id="sessions") as box:
            box.border_title = "Sessions"
            box.border_subtitle = "n new · enter compare · t trend · D remove · esc closes"
            yield ReportTable(HEAD, FIGURES, id="session-table")
            with ScrollableContainer(id="session-answer", can_focus=True):
                yield Static("Reading…", id="session-text", markup=False)

    def on_mount(self) -> None:
        """Read the files in a thread: a session can be large."""
        self.query_one(ReportTable).focus()
        self._load()

    def _load(self, told: str = ABOUT) -> None:
        from engine import history

        def show(found: list[Facts]) -> None:
            self._sessions = found
            self.query_one(ReportTable).show([(item.name, row(item)) for item in found])
            self._tell(told if found or told != ABOUT else "There is no session yet; p profiles.")

        self._read(lambda: history.sessions(self._mpco.root), show)

    def _read(self, work: Callable[[], Any], show: Callable[[Any], None]) -> None:
        """Do `work` in a thread, and `show` what it gives, or the sentence of what went wrong."""

        async def whole() -> None:
            try:
                found = await asyncio.to_thread(work)
            except EngineError as error:
                self._tell(str(error))
            else:
                show(found)

        self.run_worker(whole(), group="sessions", exit_on_error=False)

    def _tell(self, text: str) -> None:
        if self.is_attached:
            self.query_one("#session-text", Static).update(text)

    @property
    def _mpco(self) -> "MpcoApp":
        return cast("MpcoApp", self.app)

    @property
    def _current(self) -> Facts | None:
        key = self.query_one(ReportTable).current
        return next((item for item in self._sessions if item.name == key), None)

    @on(ReportTable.RowSelected)
    def _compare(self) -> None:
        """enter: the session under the cursor beside the current one."""
        from engine import history

        chosen = self._current
        if chosen is None or chosen.name == CURRENT:
            self._tell("This is the current session; enter on another one compares the two.")
            return
        self._read(
            lambda: history.compare(self._mpco.root, chosen.name, CURRENT), lambda found: self._tell(tables_text(found))
        )

    def action_trend(self) -> None:
        """t: the bottleneck that is chosen in the app, in every profile there is."""
        from engine import history

        bottleneck = self._mpco.state.bottleneck(self._mpco.current_bottleneck)
        function = bottleneck.function if bottleneck else ""

        def show(points: Any) -> None:
            self._tell(f"{points[0].function}\n{lines.table(TREND_HEAD, trend_rows(points))}")

        self._read(lambda: history.trend(self._mpco.root, function), show)

    def action_new(self) -> None:
        """n: keep this session under a name and begin an empty one."""

        def begin(name: str | None) -> None:
            if name is not None:
                self._mpco.perform(NewSession(name=name), begun, self._tell)

        def begun(told: Any) -> None:
            if self.is_attached:
                self._load(f"Kept as {told['name']}, {size(told['bytes'])}; the current session is empty now.")

        self.app.push_screen(NameDialog(), begin)

    def action_remove(self) -> None:
        """D: remove the session under the cursor, after a question."""
        from engine import history

        chosen = self._current
        if chosen is None:
            return
        try:
            path = history.archived_file(self._mpco.root, chosen.name)
        except EngineError as error:
            self._tell(str(error))
            return

        def remove(answer: str | None) -> None:
            if answer == "yes":
                self._read(lambda: history.remove([path]), lambda _: self._load())

        text = f"{chosen.name}, {size(chosen.bytes)}, {chosen.candidates} candidates: it cannot be brought back."
        self.app.push_screen(ConfirmDialog("Remove a session", text, "remove"), remove)
