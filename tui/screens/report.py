"""Stage 5: what the session has come to, by LLM and strategy and by candidate, and what was written."""

from collections.abc import Iterator, Sequence
from operator import is_
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from engine.protocol import RankApproaches, UndoApply
from engine.report.tables import comparisons, paper_table, tally_table
from tui import report_rows as rows
from tui import verbs, writing
from tui.experiment_rows import grid, results
from tui.screens.stage import StageScreen
from tui.state import State
from tui.widgets.heat_map import HeatMap
from tui.widgets.report_table import ReportTable

EMPTY = (
    "There is nothing to report yet.\n\n"
    "p profiles, m has the prompts written, o asks the LLMs, b measures their candidates;\n"
    "what they come to is shown here."
)
LEFT = (
    "LLM", "strategy", "candidate", "bottleneck", "verdict", "prompt", "approach", "class", "made of", "95% interval",
    "when", "to", "state", "proof", "files", "where",
)  # fmt: skip
"""Columns of words; all others are figures, which are set right."""


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
        self._reported: tuple[object, ...] = ()
        self._ranked = 0

    def compose_stage(self) -> ComposeResult:
        """One table for each question."""
        nothing = rows.session_report(State())
        with Vertical(id="report"):
            yield Static(id="experiment", classes="pane", markup=False)
            yield from self._tables(
                ("tallies", "by LLM and strategy", tally_table(nothing).head),
                ("candidate-table", "candidates", rows.CANDIDATE_COLUMNS),
                ("written", "written", rows.WRITTEN_COLUMNS),
            )
            yield HeatMap(id="crossings", classes="pane")
            paper = paper_table(())
            yield from self._tables(("paper", _lower(paper.title), paper.head))
            compared = enumerate(comparisons(nothing))
            yield from self._tables(*((f"comparison-{n}", _lower(table.title), table.head) for n, table in compared))
        yield Static(EMPTY, id="nothing", classes="empty", markup=False)

    def _tables(self, *tables: tuple[str, str, Sequence[str]]) -> Iterator[ReportTable]:
        for id, title, head in tables:
            table = ReportTable(head, [name for name in head if name not in LEFT], id=id, classes="pane")
            table.border_title = title
            yield table

    def on_mount(self) -> None:
        """What the tables can do, on their lower edges."""
        self._table("candidate-table").border_subtitle = "enter shows the diff"
        self._table("written").border_subtitle = "u takes one back"
        self._table("paper").display = False
        self._table("paper").border_subtitle = "survivors only; no verdict of ours"

    def render_state(self, state: State) -> None:
        """The tables in step with the state."""
        some = bool(state.candidates or state.applications or state.experiments)
        self.query_one("#report").display = some
        self.query_one("#nothing").display = not some
        self._show_experiment(state)
        told = (state.prompts, state.candidates, state.evaluations, state.profile, state.applications)
        if not some or (len(told) == len(self._reported) and all(map(is_, told, self._reported))):
            return  # a job's progress alone changes nothing here
        self._reported = told
        found = rows.session_report(state)
        self._table("tallies").show(rows.tally_rows(found))
        self._table("candidate-table").show(rows.candidate_cells(state))
        self._show_if_any("written", rows.written_rows(state))
        self.query_one("#crossings", HeatMap).show(found)
        for number, (_, _, compared) in enumerate(rows.comparison_rows(found)):
            self._show_if_any(f"comparison-{number}", compared)
        self._rank(state)

    def _rank(self, state: State) -> None:
        """Have the paper's procedure computed where there are new verdicts: its library stays out of this process."""
        ended = sum(item.verdict is not None for item in state.evaluations.values())
        if not ended:
            self._table("paper").display = False
        if ended == self._ranked:
            return
        self._ranked = ended

        def show(told: Any) -> None:
            self._show_if_any("paper", rows.paper_rows(told or []))

        if ended:
            self.mpco.perform(RankApproaches(), show, lambda reason: None)

    def _show_if_any(self, id: str, found: list[tuple[str, rows.Cells]]) -> None:
        self._table(id).show(found)
        self._table(id).display = bool(found)

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


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
