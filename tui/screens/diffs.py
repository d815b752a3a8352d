"""Stage 3: candidates beside their diff; hunks are accepted and rejected one by one."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from engine.model import Candidate, Decision, Hunk
from engine.protocol import Decide, RedoDecision, UndoDecision, Variant
from tui import hunk_actions, placing, variants, verbs, writing
from tui.another_answer import AnswerActions
from tui.answers import answer_lines
from tui.hunk_facts import decided, hunk_facts
from tui.screens import diff_search
from tui.screens.diff_keys import KEYS
from tui.screens.hunk_dialogs import TextDialog
from tui.screens.stage import StageScreen
from tui.state import State
from tui.tray_rows import tray_line
from tui.widgets.answer_view import AnswerView
from tui.widgets.candidate_list import grouped, name_of
from tui.widgets.candidate_pane import CandidatePane
from tui.widgets.diff_view import DiffView
from tui.widgets.keyed_list import KeyedList

EMPTY = "No LLM has been asked yet.\n\nPress o to send each LLM its prompt and see the answers come in here."
Pane = Literal["diff", "answer", "empty"]


class DiffsScreen(AnswerActions, inherit_bindings=False):
    """The candidates, the diff of the one under the cursor, and what has been decided."""

    STAGE = 3
    TITLE = "Diffs"
    CSS_PATH = "../styles/diffs.tcss"
    AUTO_FOCUS = "#candidates"
    BINDINGS: ClassVar[list[BindingType]] = [
        *KEYS,
        *StageScreen.BINDINGS,  # not inherited, so that the footer names the keys of the diff before the verbs
        *Screen.BINDINGS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._marked: set[str] = set()
        self._words = False
        """Whether the person asked for the answer in place of the diff."""
        self._placeable = False
        """Whether the candidate has edits whose place a person can choose."""

    def compose_stage(self) -> ComposeResult:
        """List, diff and answer in one place, tray below."""
        with Horizontal(id="diffs"):
            yield CandidatePane(id="candidates", classes="pane")
            with Vertical(id="reading"):
                yield DiffView(id="diff", classes="pane")
                yield AnswerView(id="answer", classes="pane")
                yield Static(id="about", markup=False)
                yield Static(id="tray", markup=False)
        yield Static(EMPTY, id="nothing", classes="empty", markup=False)

    # --------------------------------------------------------------------------------------------- state

    @property
    def candidate(self) -> Candidate | None:
        """The candidate under the cursor."""
        return self.mpco.state.candidates.get(self.mpco.current_candidate)

    def render_state(self, state: State) -> None:
        """List, diff and tray in step with the state."""
        self._marked.intersection_update(state.candidates)
        self.query_one("#diffs").display = bool(state.candidates)
        self.query_one("#nothing").display = not state.candidates
        if not state.candidates:
            return
        self._keep_selection(state)
        self._list.show_candidates(state, self._marked, self.mpco.current_candidate)
        self._show_candidate(state)

    def _keep_selection(self, state: State) -> None:
        """Something is always selected; a new answer to the same question takes the place of the old one."""
        selected = state.candidates.get(self.mpco.current_candidate)
        if selected is None:
            groups = grouped(state)
            items = groups.get(self.mpco.current_bottleneck) or next(iter(groups.values()))
            self.mpco.current_candidate = items[0].id
            return
        same = [c for c in state.candidates.values() if (c.bottleneck, c.llm) == (selected.bottleneck, selected.llm)]
        if same[-1].state == "streaming":
            self.mpco.current_candidate = same[-1].id

    def _show_candidate(self, state: State) -> None:
        candidate = self.candidate
        if candidate is None:
            return
        if self._placeable != bool(candidate.placeable):
            self._placeable = not self._placeable
            self.refresh_bindings()
        pane = self._pane(candidate)
        for name in ("diff", "answer"):
            widget = self.query_one(f"#{name}")
            if widget.display and name != pane and widget.has_focus:
                self.call_after_refresh(self.query_one(f"#{pane}").focus)
            widget.display = name == pane
        if pane == "diff":
            self._diff.show(candidate.id, candidate.files, candidate.hunks)
        else:
            answer = self.query_one(AnswerView)
            answer.border_title = f"{name_of(state, candidate)} · {self._answer_title(candidate)}"
            answer.border_subtitle = "v shows the diff" if candidate.hunks else ""
            answer.show(candidate.id, answer_lines(state, candidate), tail=candidate.state == "streaming")
        self._show_title()
        self._show_about()
        self.show_text("tray", self._decided(state, candidate))

    def _decided(self, state: State, candidate: Candidate) -> Content:
        """What is decided of the candidate; below it the tray, once it holds hunks of other candidates as well."""
        own = decided(state, candidate)
        choice = variants.tray(state)
        if all(item.id == candidate.id for item, _ in choice):
            return own
        return Content.assemble(own, "\n", tray_line(state, choice, self.mpco.previews.of(choice)), ("  T", "dim"))

    def _pane(self, candidate: Candidate) -> Pane:
        return "diff" if candidate.hunks and not self._words else "answer"

    def _show_about(self) -> None:
        """What is known of the current hunk."""
        candidate = self.candidate
        hunk = self._hunk(candidate) if candidate is not None else None
        state = self.mpco.state
        facts = Content("")
        if candidate is not None and hunk is not None:
            beside = variants.beside_tray(state, candidate) if candidate.state != "streaming" else ()
            variant = self.mpco.previews.of(beside)
            facts = hunk_facts(state, candidate, hunk, variant.conflicts if isinstance(variant, Variant) else ())
        self.query_one("#about").display = bool(facts.plain)
        self.show_text("about", Content.assemble(" ", facts))

    def _hunk(self, candidate: Candidate) -> Hunk | None:
        """The current hunk of the diff, as it is in the state now."""
        shown = self._diff.hunk if self._diff.display else None
        return next((hunk for hunk in candidate.hunks if shown is not None and hunk.id == shown.id), None)

    @staticmethod
    def _answer_title(candidate: Candidate) -> str:
        return "answer, still streaming" if candidate.state == "streaming" else "its own words"

    def _show_title(self) -> None:
        candidate, view = self.candidate, self._diff
        if candidate is None or view.hunk is None:
            return
        count = len(view.model.hunks)
        title = f"{view.hunk.file} · {name_of(self.mpco.state, candidate)} ▸ hunk {view.current + 1} of {count}"
        layout = "unified" if view.model.unified else "before │ after"
        view.entitle(title, layout + (" · still streaming" if candidate.state == "streaming" else ""))

    @property
    def _list(self) -> CandidatePane:
        return self.query_one(CandidatePane)

    @property
    def _diff(self) -> DiffView:
        return self.query_one(DiffView)

    # ------------------------------------------------------------------------------------------- choosing

    @on(KeyedList.OptionHighlighted, "#candidates")
    def _highlighted(self, event: KeyedList.OptionHighlighted) -> None:
        if event.option_id and event.option_id == self._list.current:
            self._select(event.option_id)

    @on(KeyedList.OptionSelected, "#candidates")
    def _chosen(self, event: KeyedList.OptionSelected) -> None:
        candidate = self.candidate
        if candidate is not None:
            self.add_class("-reading")
            self.query_one(f"#{self._pane(candidate)}").focus()

    @on(CandidatePane.Changed)
    def _relist(self) -> None:
        self.render_state(self.mpco.state)

    @on(CandidatePane.FilterAsked)
    def _ask_filter(self) -> None:
        def take(needle: str | None) -> None:
            if needle is not None:
                self._list.filter_by(needle)

        self.app.push_screen(TextDialog("Candidates with these words", self._list.choice.needle), take)

    @on(DiffView.HunkFocused)
    def _hunk_focused(self) -> None:
        self._show_title()
        self._show_about()

    def _select(self, id: str) -> None:
        candidate = self.mpco.state.candidates.get(id)
        if candidate is not None and id != self.mpco.current_candidate:
            self.mpco.current_candidate = id
            self.mpco.current_bottleneck = candidate.bottleneck
            self.mpco.current_llm = candidate.llm
            self.render_state(self.mpco.state)

    def action_candidate(self, step: int) -> None:
        """. and ,: the next and previous candidate, round and round."""
        ids = self._list.ids
        if self.mpco.current_candidate in ids:
            self._select(ids[(ids.index(self.mpco.current_candidate) + step) % len(ids)])

    def action_all_answers(self) -> None:
        """V: all answers in a grid while they stream."""
        from tui.screens.streams import StreamsScreen

        if self.mpco.state.candidates:
            self.app.push_screen(StreamsScreen(self._read))
        else:
            self.mpco.say(verbs.NO_CANDIDATE, "warning")

    def _read(self, id: str) -> None:
        """Read a candidate by itself."""
        self._select(id)
        self.add_class("-reading")
        self.call_after_refresh(self.query_one(f"#{self._pane(self.mpco.state.candidates[id])}").focus)

    def action_hunk(self, step: int) -> None:
        """n and N: the next and previous hunk, or place of the text that is looked for."""
        if self._diff.display and self._diff.found.matches:
            diff_search.go(self.mpco, self._diff, step)
            return
        if not self._diff.display or not self._diff.go_by(step):
            key = ". goes to the next candidate" if step > 0 else ", goes to the previous candidate"
            self.mpco.say(f"There is no {'further' if step > 0 else 'earlier'} hunk here; {key}.")

    def action_file(self, step: int) -> None:
        """] and [: the next and previous file of the diff."""
        if not self._diff.display or not self._diff.go_to_file(step):
            self.mpco.say("This candidate changes no other file that way.")

    def action_mark(self) -> None:
        """space: mark the candidate, or unmark it, and go on to the next."""
        if self.mpco.current_candidate:
            self._marked ^= {self.mpco.current_candidate}
            self.action_candidate(1)
            self.render_state(self.mpco.state)

    def action_answer(self) -> None:
        """v: the LLM's own words in place of the diff, or the diff again."""
        candidate = self.candidate
        if candidate is not None and not candidate.hunks:
            self.mpco.say("There is no diff to go back to; these are its own words.")
            return
        self._words = not self._words
        self.render_state(self.mpco.state)

    def action_layout(self) -> None:
        """s: side by side, unified, or by the terminal's width."""
        self.mpco.say(f"Diff layout: {self._diff.cycle_layout()}.")
        self._show_title()

    def action_search(self) -> None:
        """/: look for a text in the diff; an empty one ends the search."""
        if self._diff.display:
            diff_search.ask(self.mpco, self._diff)
        else:
            self.mpco.say("There is no diff here to search; v shows it when there is one.", "warning")

    def action_wrap(self) -> None:
        """W: wrap long lines, or cut them."""
        self._diff.wrap = not self._diff.wrap
        self.mpco.say("Long lines are wrapped." if self._diff.wrap else "Long lines are cut; h and l move.")

    def action_copy(self) -> None:
        """y: copy the new lines of the hunk."""
        if self._diff.display and self._diff.hunk is not None:
            self.app.copy_to_clipboard("\n".join(self._diff.hunk.new_lines))
            self.mpco.say("Copied the new lines of the hunk.")

    def action_folds(self) -> None:
        """f: show the unchanged lines, or fold them."""
        self._diff.toggle_folds()

    def action_step_out(self) -> None:
        """esc: from the answer to the diff, from the diff to the list."""
        if self.maximized is not None:
            self.minimize()
        elif self._words:
            self.action_answer()
        elif self._diff.found.needle:
            self._diff.search("")
        elif self._list.choice.needle:
            self._list.filter_by("")
        else:
            self.remove_class("-reading")
            self._list.focus()

    # ------------------------------------------------------------------------------------------- deciding

    def action_decide(self, decision: Decision) -> None:
        """a and r: decide on the current hunk and go to the next undecided one."""
        candidate = self.candidate
        hunk = self._diff.hunk if self._diff.display else None
        if candidate is None or hunk is None:
            self.mpco.say("There is no hunk here to decide on; , and . go to other candidates.", "warning")
        elif self._decidable(candidate):
            self.mpco.perform(Decide(candidate=candidate.id, hunks=(hunk.id,), decision=decision))
            if not self._diff.go_to_undecided():
                self.mpco.say("That was its last undecided hunk: b measures what is kept, w writes what is accepted.")

    def action_on_hunk(self, what: str) -> None:
        """Edit, take lines, split, comment, or decide on more than the current hunk."""
        candidate = self.candidate
        hunk = self._hunk(candidate) if candidate is not None else None
        if candidate is None or hunk is None:
            self.mpco.say("There is no hunk here; , and . go to other candidates.", "warning")
        elif self._decidable(candidate):
            getattr(hunk_actions, what)(self.mpco, candidate, hunk)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """P is a key only where there is an edit to place."""
        return self._placeable if action == "place" else super().check_action(action, parameters)

    def action_place(self) -> None:
        """P: choose the place of an edit that has several, or none."""
        if self.candidate is not None:
            placing.place_edit(self.mpco, self.candidate)

    def action_compare(self) -> None:
        """C: the two marked candidates, or the marked one and the one under the cursor."""
        hunk_actions.compare(self.mpco, self._marked)

    def action_decide_all(self, decision: Decision) -> None:
        """A and R: decide on all hunks of the candidate at once."""
        candidate = self.candidate
        if candidate is None or not candidate.hunks:
            self.mpco.say("This candidate has no hunk to decide on.", "warning")
        elif self._decidable(candidate):
            ids = tuple(hunk.id for hunk in candidate.hunks)
            count = f"{len(ids)} hunk{'s' * (len(ids) != 1)}"
            command = Decide(candidate=candidate.id, hunks=ids, decision=decision)
            self.mpco.perform(command, lambda _: self.mpco.say(f"{count} {decision}; u takes that back."))

    def _decidable(self, candidate: Candidate) -> bool:
        if candidate.state == "streaming":
            self.mpco.say("The answer still streams; decide when it is complete.", "warning")
            return False
        return True

    def action_undo(self) -> None:
        """u: take back the last decision."""
        self.mpco.perform(UndoDecision())

    def action_redo(self) -> None:
        """ctrl+r: repeat the decision that was taken back."""
        self.mpco.perform(RedoDecision())

    # --------------------------------------------------------------------------------------------- verbs

    def _targets(self) -> Sequence[Candidate]:
        """The marked candidates, else the one under the cursor."""
        state = self.mpco.state
        if self._marked:
            return [item for item in state.candidates.values() if item.id in self._marked]
        return [self.candidate] if self.candidate is not None else []

    def action_benchmark(self) -> None:
        """b: build, test and measure; the screen stays, for there is more to decide meanwhile."""
        command = verbs.evaluate(self.mpco.state, self._targets())
        if isinstance(command, str):
            self.mpco.say(command, "warning")
            return
        count = len(command.candidates)
        text = f"Queued {count} candidate{'s' * (count != 1)}; 4 shows how far it is."
        self.mpco.perform(command, lambda _: self.notify(text, title="Benchmarks", timeout=3, markup=False))

    def action_write(self) -> None:
        """w: write the accepted hunks."""
        targets = self._targets()
        found = verbs.writable(targets)
        if isinstance(found, tuple):
            writing.write_candidates(self.mpco, found)
        elif targets:
            self.mpco.say("No hunk is accepted yet: accept hunks with a, or A for all.", "warning")
        else:
            self.mpco.say(found, "warning")

    def job_under_cursor(self) -> str:
        """The stream of the candidate, else its evaluation."""
        state, id = self.mpco.state, self.mpco.current_candidate
        subjects = {id, *(item.id for item in state.evaluations.values() if item.candidate == id)}
        own = [job for job in state.live_jobs if job.subject in subjects]
        return own[0].id if own else super().job_under_cursor()
