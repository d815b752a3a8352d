"""One of several answers that come in at the same time: its diff as it grows, its words before there is one."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from engine.model import Candidate
from tui.answers import answer_lines
from tui.state import State
from tui.widgets.answer_view import AnswerView
from tui.widgets.candidate_list import SIGNS, name_of
from tui.widgets.diff_view import SIDE_BY_SIDE_FROM, DiffView


class GrowingDiff(DiffView):
    """A diff whose last hunk stays in view while it grows, unless somebody reads in it."""

    def follow(self) -> None:
        """Bring the end of the last hunk into view."""
        if self.model.hunks and not self.has_focus:
            self._move_to(self._end_of(len(self.model.hunks) - 1) + 1 - self.size.height)


class StreamPane(Vertical):
    """One candidate in a frame that says whose it is and how far."""

    def __init__(self) -> None:
        super().__init__(classes="stream")
        self.candidate: Candidate | None = None
        """What is shown now."""
        self._told: tuple[Content, Content] | None = None

    def compose(self) -> ComposeResult:
        """Diff and words in one place."""
        yield GrowingDiff()
        yield AnswerView()

    @property
    def view(self) -> DiffView | AnswerView:
        """Which of the two is shown."""
        return self.query_one(GrowingDiff) if self.candidate and self.candidate.hunks else self.query_one(AnswerView)

    def show(self, state: State, candidate: Candidate) -> None:
        """Show the candidate as it is now."""
        before, self.candidate = self.candidate, candidate
        diff, words = self.query_one(GrowingDiff), self.query_one(AnswerView)
        streaming = candidate.state == "streaming"
        had_focus = diff.has_focus or words.has_focus  # which moves from the one to the other only a moment later
        diff.display, words.display = bool(candidate.hunks), not candidate.hunks
        if had_focus and not self.view.has_focus:
            self.view.focus()
        if candidate.hunks:
            diff.show(candidate.id, candidate.files, candidate.hunks)
            if streaming and not had_focus:
                diff.follow()
            elif before is not None and before.state == "streaming" and not streaming and not had_focus:
                diff.go_to(0)
        else:
            words.show(candidate.id, answer_lines(state, candidate), tail=streaming)
        told = title_of(state, candidate), _size(candidate)
        if told != self._told:  # another title has the whole frame painted again
            self._told = self.border_title, self.border_subtitle = told

    def on_resize(self, event: events.Resize) -> None:
        """Both sides beside each other only where each has room, whatever the width of the terminal."""
        wide = event.size.width >= SIDE_BY_SIDE_FROM
        self.query_one(GrowingDiff).layout_choice = "side by side" if wide else "unified"


def title_of(state: State, candidate: Candidate) -> Content:
    """The sign of its state and its name."""
    sign, style = SIGNS[candidate.state]
    return Content.assemble((f"{sign} ", style), name_of(state, candidate))


def _size(candidate: Candidate) -> Content:
    count = len(candidate.hunks)
    hunks = f"{count} hunk{'s' * (count != 1)}" if count else ""
    words = {"streaming": f"{hunks} …".lstrip(), "ready": hunks, "empty": "no change"}
    return Content(words.get(candidate.state, candidate.state))
