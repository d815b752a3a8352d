"""More answers: from an LLM that goes on with its own or tries again, or from a chat elsewhere."""

from typing import TYPE_CHECKING, cast

from engine.model import Candidate
from engine.protocol import AddAnswer, ContinueCandidate, FollowUp
from tui import verbs
from tui.lines import count
from tui.screens.hunk_dialogs import EditDialog
from tui.screens.prompt_dialogs import RemarkDialog
from tui.screens.stage import StageScreen
from tui.state import State
from tui.widgets.candidate_list import name_of

if TYPE_CHECKING:
    from tui.app import MpcoApp

EXAMPLE = "what it should mind, as in: keep the order of the result"
PASTE = "Paste any chat's answer: a function, a file, search/replace blocks or a diff. ctrl+s reads it · esc does not"


class AnswerActions(StageScreen):
    """What + and i do, for screens on which one candidate is in front."""

    @property
    def candidate(self) -> Candidate | None:
        """The candidate that is in front."""
        raise NotImplementedError

    def action_another_answer(self) -> None:
        """+: its LLM goes on with an answer that was cut off, or tries again with what became of it."""
        app, candidate = self.mpco, self.candidate
        if candidate is None:
            app.say(verbs.NO_CANDIDATE, "warning")
        elif candidate.state == "interrupted" and candidate.answer:
            app.perform(ContinueCandidate(candidate=candidate.id))
        elif not candidate.sent or not candidate.answer or candidate.state == "streaming":
            app.say(f"There is no whole answer of {candidate.llm} to send back; o asks it.", "warning")
        else:
            _send_back(app, candidate)

    def action_own_answer(self) -> None:
        """i: an answer from elsewhere becomes a candidate."""
        app = self.mpco
        target = app.state.bottleneck(self.candidate.bottleneck if self.candidate else app.current_bottleneck)
        if target is None:
            app.say(verbs.NO_PROFILE, "warning")
            return

        def read(text: str | None) -> None:
            if text and text.strip():
                app.perform(AddAnswer(bottleneck=target.id, answer=text), show)

        def show(made: object) -> None:
            app.current_candidate = str(cast("dict[str, str]", made)["candidate"])

        app.push_screen(EditDialog(f"An answer for {target.function}", "", PASTE), read)


def _send_back(app: "MpcoApp", candidate: Candidate) -> None:
    def send(remark: str | None) -> None:
        if remark is not None:
            app.perform(FollowUp(candidate=candidate.id, remark=remark))

    title = f"Have {candidate.llm} try again"
    app.push_screen(RemarkDialog(title, _told(app.state, candidate), EXAMPLE), send)


def _told(state: State, candidate: Candidate) -> str:
    """What the LLM will be told became of its answer."""
    measured = state.latest_evaluation(candidate.id)
    rejected = [hunk for hunk in candidate.hunks if hunk.decision == "rejected"]
    reasons = sum(bool(hunk.note) for hunk in rejected)
    facts = [count(len(candidate.unapplied), "edit") + " without a place"] if candidate.unapplied else []
    facts += [measured.verdict] if measured and measured.verdict else []
    facts += [f"{count(len(rejected), 'hunk')} rejected, {reasons} with your reason"] if rejected else []
    became = f" ({'; '.join(facts)})" if facts else ""
    return (
        f"The conversation goes on: {name_of(state, candidate)} is told what became of its answer{became}, and your "
        f"remark, if you have one. Its next answer is a candidate of its own."
    )
