"""Stage 5: what the session has come to, by LLM and strategy and by candidate, and what was written."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from engine.protocol import UndoApply
from tui import report_rows as rows
from tui import verbs, writing
from tui.experiment_rows import grid, results
from tui.screens.stage import StageScreen
from tui.state import State
from tui.widgets.report_table import ReportTable

EMPTY = (
    "There is nothing to report yet.\n\n"
    "p profiles, m has the prompts written, o asks the LLMs, b measures their candidates;\n"
    "what they come to is shown here."
)
RIGHT = (
    "tried", "built", "passed", "faster", "mean %PI (SD)", "at least", "cost", "$ per point", "%PI", "pairs", "took",
    "hunks", "correct", "mean guaranteed gain", "mean %PI", "in proven gains", "time spent", "saved a run",
    "runs to win the time back",
)  # fmt: skip


class ReportScreen(StageScreen):
    """One table for each question; `mpco report --format` writes them to a file."""

    STAGE = 5
    TITLE = "Report"
    CSS_PATH = "../styles/report.tcss"
    AUTO_FOCUS = "#tallies"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo_apply", "undo write", id="report.undo", tooltip="Take back the write under the cursor"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._grid = ""

    def compose_stage(self) -> ComposeResult:
        """One table for each question."""
        with Vertical(id="report"):
            yield Static(id="experiment", classes="pane", markup=False)
            yield ReportTable(rows.TALLY_COLUMNS, RIGHT, id="tallies", classes="pane")
            yield ReportTable(rows.CANDIDATE_COLUMNS, RIGHT, id="candidate-table", classes="pane")
            yield ReportTable(rows.WRITTEN_COLUMNS, RIGHT, id="written", classes="pane")
            for number, (_, head, _) in enumerate(rows.comparison_rows(State())):
                yield ReportTable(head, RIGHT, id=f"comparison-{number}", classes="pane")
        yield Static(EMPTY, id="nothing", classes="empty", markup=False)

    def on_mount(self) -> None:
        """Titles that never change."""
        self._table("tallies").border_title = "by LLM and strategy"
        self._table("candidate-table").border_title = "candidates"
        self._table("candidate-table").border_subtitle = "enter shows the diff"
        self._table("written").border_title = "written"
        self._table("written").border_subtitle = "u takes one back"
        for number, (title, _, _) in enumerate(rows.comparison_rows(State())):
            self._table(f"comparison-{number}").border_title = title[:1].lower() + title[1:]

    def render_state(self, state: State) -> None:
        """The tables in step with the state."""
        some = bool(state.candidates or state.applications or state.experiments)
        self.query_one("#report").display = some
        self.query_one("#nothing").display = not some
        self._show_experiment(state)
        if some:
            self._table("tallies").show(rows.tally_rows(state))
            self._table("candidate-table").show(rows.candidate_cells(state))
            self._table("written").show(rows.written_rows(state))
            self._table("written").display = bool(state.applications)
            for number, (_, _, found) in enumerate(rows.comparison_rows(state)):
                self._table(f"comparison-{number}").show(found)
                self._table(f"comparison-{number}").display = bool(found)

    def _show_experiment(self, state: State) -> None:
        """The newest experiment as a grid that fills while it runs."""
        pane = self.query_one("#experiment", Static)
        last = max(state.experiments.values(), key=lambda item: item.at, default=None)
        pane.display = last is not None
        if last is not None:
            jobs = [job for job in state.jobs.values() if job.subject == last.id]
            pane.border_title = "experiment"
            pane.border_subtitle = (jobs[-1].progress or jobs[-1].state) if jobs else ""
            if (text := grid(results(state, last))) != self._grid:
                self._grid = text
                pane.update(text)

    def _table(self, id: str) -> ReportTable:
        return self.query_one(f"#{id}", ReportTable)

    @on(ReportTable.RowSelected, "#candidate-table")
    def _chosen(self, event: ReportTable.RowSelected) -> None:
        """enter: go to the diff."""
        self.mpco.current_candidate = self._table("candidate-table").current
        self.mpco.action_stage(3)

    def job_under_cursor(self) -> str:
        """The experiment before its steps."""
        running = (job.id for job in self.mpco.state.live_jobs if job.kind == "experiment")
        return next(running, "") or super().job_under_cursor()

    def action_undo_apply(self) -> None:
        """u: take back the write under the cursor, the last one when the cursor is elsewhere."""
        table = self._table("written")
        item = self.mpco.state.applications.get(table.current) if table.has_focus else None
        if item is not None and item.target != "tree":
            self.mpco.say("Only a write to the working tree can be taken back here; git has the branch.", "warning")
        elif item is not None and item.undone:
            self.mpco.say("This write was taken back already.", "warning")
        elif not any(a.target == "tree" and not a.undone for a in self.mpco.state.applications.values()):
            self.mpco.say("Nothing was written to the working tree; there is nothing to take back.", "warning")
        else:
            command = UndoApply(application=item.id if item else "")
            self.mpco.perform(command, lambda _: self.mpco.say("Taken back: the files are as they were before."))

    def action_write(self) -> None:
        """w: write the accepted hunks of the candidate under the cursor, else of the newest ones."""
        table = self._table("candidate-table")
        candidate = self.mpco.state.candidates.get(table.current) if table.has_focus else None
        if candidate is None:
            super().action_write()
            return
        found = verbs.writable([candidate])
        if isinstance(found, str):
            self.mpco.say(found, "warning")
        else:
            writing.write_candidates(self.mpco, found)
