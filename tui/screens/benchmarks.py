"""Stage 4: the queue beside the evaluation under the cursor: its steps, its runs, the interval, the verdict."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from engine.model import Candidate, Evaluation
from engine.protocol import Command, Decide, Schedule, ScheduleAction
from tui import variants, verbs, writing
from tui.another_answer import AnswerActions
from tui.evaluation_words import circumstances, evidence, findings, headline, output_lines, steps_line, waiting
from tui.figures import runs_of
from tui.outcomes import FAILURES, outcome
from tui.state import State
from tui.widgets.answer_view import AnswerView
from tui.widgets.evaluation_list import evaluation_rows, title_of
from tui.widgets.keyed_list import KeyedList
from tui.widgets.strip_plot import IntervalBar, StripPlot
from tui.worth_words import worth_lines

TALL = 36
"""Rows of the terminal from which there is room for what the steps printed, below the plots."""
MOST_FINDINGS = 8
"""Rows for what the checks found, as benchmarks.tcss has it; more are scrolled to, or read in the output."""
_SCHEDULED = {
    "pin": "Pinned: it goes first and is not ended early.",
    "pause": "Paused: it leaves the race; h lets it go on.",
    "free": "It is scheduled as usual again.",
    "drop": "Dropped: it ends with the verdict that its runs allow.",
}
EMPTY = (
    "Nothing has been measured yet.\n\n"
    "Press b to build, test and measure the newest candidates;\non 3 Diffs, b measures the candidate under the cursor."
)


class BenchmarksScreen(AnswerActions):
    """What is proven, what is being proven, and what failed."""

    STAGE = 4
    TITLE = "Benchmarks"
    CSS_PATH = "../styles/benchmarks.tcss"
    AUTO_FOCUS = "#queue"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "output", "output", id="benchmarks.output", tooltip="What build and tests printed, or the runs"),
        Binding("s", "app.measure_noise", "noise", id="benchmarks.noise", tooltip="Find out what gains show here"),
        Binding("t", "take_apart", "take apart", id="benchmarks.worth", tooltip="Measure what each hunk is worth"),
        Binding("r", "drop_spare", "drop idle hunks", id="benchmarks.spare", tooltip="Reject hunks worth nothing"),
        Binding("c", "combine", "combine", id="benchmarks.combine", tooltip="Search for the best combination of hunks"),
        Binding(
            "plus",
            "another_answer",
            "try again",
            show=False,
            key_display="+",
            id="benchmarks.another_answer",
            tooltip="Have the candidate's LLM try again with what became of its answer",
        ),
        *(
            Binding(key, f"schedule('{action}')", text, id=f"benchmarks.{action}", tooltip=tooltip)
            for key, action, text, tooltip in (
                ("i", "pin", "pin", "Measure this one first, and to the end of its budget; again: as usual"),
                ("h", "pause", "hold", "Take it out of the race, its runs kept; again: let it go on"),
                ("d", "drop", "drop", "End it now, with the verdict that its runs allow"),
            )
        ),
        *(
            Binding(key, f"move({step})", text, show=False, key_display=sign, id=f"benchmarks.{id}", tooltip=text)
            for key, sign, step, id, text in (
                ("full_stop", ".", 1, "next", "Next evaluation"),
                ("comma", ",", -1, "previous", "Previous evaluation"),
            )
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._selected = ""
        self._came_from = ""
        """The candidate that was current when the screen was last entered."""
        self._output = False

    def compose_stage(self) -> ComposeResult:
        """Queue, and one evaluation."""
        with Horizontal(id="benchmarks"):
            yield KeyedList(id="queue", classes="pane")
            with Vertical(id="evaluation", classes="pane"):
                yield Static(id="steps")
                yield StripPlot(id="plot")
                yield IntervalBar(id="interval")
                yield Static(id="headline")
                yield Static(id="evidence", markup=False)
                yield Static(id="circumstances", markup=False)
                yield Static(id="findings")
                yield Static(id="waiting", markup=False)
                yield AnswerView(id="output")
        yield Static(EMPTY, id="nothing", classes="empty", markup=False)

    def on_mount(self) -> None:
        """Titles that never change."""
        queue = self.query_one("#queue")
        queue.border_title = "queue"
        queue.border_subtitle = "enter shows the diff"

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show the evaluation of the candidate that the person comes from."""
        current = self.mpco.current_candidate
        newest = self.mpco.state.latest_evaluation(current) if current != self._came_from else None
        if newest is not None:
            self._selected = newest.id
        self._came_from = current
        super().on_screen_resume(event)

    # --------------------------------------------------------------------------------------------- state

    @property
    def evaluation(self) -> Evaluation | None:
        """The evaluation under the cursor."""
        return self.mpco.state.evaluations.get(self._selected)

    @property
    def candidate(self) -> Candidate | None:
        """The candidate that is evaluated; none for patches and for hunks of several."""
        item = self.evaluation
        return self.mpco.state.candidates.get(item.candidate) if item else None

    def render_state(self, state: State) -> None:
        """Queue and evaluation in step with the state."""
        self.query_one("#benchmarks").display = bool(state.evaluations)
        self.query_one("#nothing").display = not state.evaluations
        if not state.evaluations:
            return
        rows = evaluation_rows(state)
        listed = {row.id for row in rows}
        if self._selected not in listed:  # a step of a search leaves the list when it has ended
            ended = state.evaluations.get(self._selected)
            self._selected = ended.of if ended is not None and ended.of in listed else rows[0].id
        self._queue.show(rows, self._selected)
        self._show_evaluation(state)

    def _show_evaluation(self, state: State) -> None:
        item = self.evaluation
        if item is None:
            return
        baseline, variant = runs_of(item, "baseline"), runs_of(item, "variant")
        plotted = bool(item.measurements) and not self._output
        failed = item.verdict in FAILURES
        self.query_one("#evaluation").border_title = title_of(state, item)
        self.show_text("steps", steps_line(item))
        self.show_text("headline", headline(item))
        self.show_text("evidence", evidence(item))
        self.show_text("circumstances", circumstances(item))
        told = findings(state, item)
        self.show_text("findings", told)
        self.query_one("#findings").display = bool(told.plain)
        self.show_text("waiting", waiting(state, item))
        plot, bar, output = self.query_one(StripPlot), self.query_one(IntervalBar), self.query_one(AnswerView)
        plot.show(baseline, variant, item.metric)
        bar.show(item.estimate)
        output.show(item.id, output_lines(state, item, found=not self._fits(told)), tail=failed)
        crowded = self.size.height < TALL and bool(worth_lines(state, item))  # what hunks are worth has the room then
        plot.display = plotted and not crowded
        bar.display = plotted and item.estimate is not None
        self.query_one("#headline").display = item.estimate is not None or item.verdict is not None
        output.display = self._output or failed or (bool(item.steps) and self.size.height >= TALL)
        self.query_one("#evidence").display = plotted and item.estimate is not None
        self.query_one("#waiting").display = not item.measurements and item.verdict is None

    def _fits(self, told: Content) -> bool:
        """Whether all that the checks found is in view above the output."""
        width = self.query_one("#evaluation").content_size.width or self.size.width
        return sum(max(1, -(-line.cell_length // width)) for line in told.split("\n")) <= MOST_FINDINGS

    @property
    def _queue(self) -> KeyedList:
        return self.query_one("#queue", KeyedList)

    # ------------------------------------------------------------------------------------------- choosing

    @on(KeyedList.OptionHighlighted, "#queue")
    def _highlighted(self, event: KeyedList.OptionHighlighted) -> None:
        if event.option_id and event.option_id == self._queue.current:
            self._select(event.option_id)

    @on(KeyedList.OptionSelected, "#queue")
    def _chosen(self, event: KeyedList.OptionSelected) -> None:
        """enter: go to the diff that was measured."""
        item = self.evaluation
        if item is None or item.candidate not in self.mpco.state.candidates:
            several = item is not None and item.hunks
            words = "is of several candidates; w shows and writes it." if several else "is of a patch file."
            self.mpco.say(f"There is no one candidate to show: this evaluation {words}")
            return
        self.mpco.current_candidate = self._came_from = item.candidate
        self.mpco.action_stage(3)

    def _select(self, id: str) -> None:
        if id != self._selected:
            self._selected = id
            self._show_evaluation(self.mpco.state)

    def action_move(self, step: int) -> None:
        """. and ,: the next and previous evaluation."""
        ids = self._queue.ids
        if self._selected in ids and 0 <= (target := ids.index(self._selected) + step) < len(ids):
            self._select(ids[target])
            self._queue.go_to(ids[target])

    def action_output(self) -> None:
        """v: what build and tests printed, or the runs again."""
        self._output = not self._output
        self._show_evaluation(self.mpco.state)

    def action_schedule(self, action: ScheduleAction) -> None:
        """i, h and d: pin, pause (again: free) or drop the evaluation under the cursor."""
        item = self.evaluation
        if item is None or not self.job_under_cursor():
            self.mpco.say("There is nothing to schedule: this evaluation has ended; b measures it again.")
            return
        if item.hold == {"pin": "pinned", "pause": "paused"}.get(action):
            action = "free"
        self.mpco.perform(Schedule(evaluation=item.id, action=action), lambda _: self.mpco.say(_SCHEDULED[action]))

    def action_step_out(self) -> None:
        """esc: from the output to the runs, and to the queue."""
        if self.maximized is not None:
            self.minimize()
        elif self._output:
            self.action_output()
        else:
            self._queue.focus()

    # --------------------------------------------------------------------------------------------- verbs

    def action_benchmark(self) -> None:
        """b: measure the candidate under the cursor again, or the combination; without one, the newest candidates."""
        item = self.evaluation
        candidate = self.mpco.state.candidates.get(item.candidate) if item else None
        if candidate is None:
            mine = variants.named(self.mpco.state, item.hunks) if item else ()
            kept = tuple((owner, hunk) for owner, hunk in mine if hunk.decision != "rejected")
            if kept:
                writing.evaluate(self.mpco, kept)
            else:
                super().action_benchmark()
            return
        command = verbs.evaluate(self.mpco.state, [candidate])
        if isinstance(command, str):
            self.mpco.say(command, "warning")
        else:
            self.mpco.perform(command, lambda _: self.mpco.say("Queued to be measured again."))

    def action_write(self) -> None:
        """w: write exactly the hunks that were proven."""
        item = self.evaluation
        choice = variants.named(self.mpco.state, item.hunks) if item else ()
        if item is None or not choice:
            super().action_write()
            return
        if item.search:
            self.mpco.say("This is a step of a search; what the search comes to can be written.", "warning")
            return
        if item.verdict != "faster":
            words = outcome(item).words
            self.mpco.say(f"Not proven faster ({words}); on 3 Diffs, w writes accepted hunks all the same.", "warning")
            return
        if any(hunk.decision == "rejected" for _, hunk in choice):
            self.mpco.say(
                "Some of these hunks were rejected since; go to 3 Diffs and press b to measure anew.", "warning"
            )
            return
        writing.ask_apply(self.mpco, choice)

    # ------------------------------------------------------------------------------------------ searches

    def action_take_apart(self) -> None:
        """t: measure what each hunk of the variant under the cursor is worth."""
        self._search(verbs.worth(self.mpco.state, self.evaluation), "Each hunk is left out in turn; x cancels.")

    def action_combine(self) -> None:
        """c: search for the best combination of all measured candidates."""
        self._search(verbs.combine(self.mpco.state), writing.COMBINING)

    def _search(self, command: Command | str, words: str) -> None:
        if isinstance(command, str):
            self.mpco.say(command, "warning")
        else:
            self.mpco.perform(command, lambda _: self.mpco.say(words))

    def action_drop_spare(self) -> None:
        """r: reject the hunks that add nothing, so that the smallest patch is left that keeps the gain."""
        item = self.evaluation
        mine = variants.named(self.mpco.state, item.spare) if item else ()
        spare = [(owner, hunk) for owner, hunk in mine if hunk.decision != "rejected"]
        if item is None or not spare:
            measured = item is not None and item.worth
            words = "Nothing was found to drop." if measured else "t measures what each hunk is worth, r then drops."
            self.mpco.say(words, "warning")
            return
        count = f"{len(spare)} hunk{'s' * (len(spare) != 1)}"
        words = f"Dropped {count}; u on 3 Diffs takes that back, b measures what is left."
        for candidate in dict.fromkeys(owner.id for owner, _ in spare):
            hunks = tuple(hunk.id for owner, hunk in spare if owner.id == candidate)
            command = Decide(candidate=candidate, hunks=hunks, decision="rejected")
            self.mpco.perform(command, lambda _: self.mpco.say(words))

    def job_under_cursor(self) -> str:
        """The job of the evaluation under the cursor, or of the search that it is a step of."""
        item = self.evaluation
        subjects = {self._selected, item.of} if item and item.of else {self._selected}
        return next((job.id for job in self.mpco.state.live_jobs if job.subject in subjects), "")
