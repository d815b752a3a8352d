"""Stage 3 as a person uses it: keys become commands, events become text."""

from pathlib import Path

import msgspec
import pytest
from textual.widgets import OptionList

from engine.model import Application, Candidate, Decision, Unapplied
from engine.protocol import (
    ApplicationChanged,
    Apply,
    Cancel,
    CandidateChanged,
    CandidateStreamed,
    Decide,
    Evaluate,
    EvaluateVariant,
    EvaluationChanged,
    PreviewVariant,
    RedoDecision,
    Snapshot,
    UndoDecision,
    Variant,
)
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp
from tui.widgets.answer_view import AnswerView
from tui.widgets.diff_view import DiffView


def _decided(candidate: Candidate, *decisions: Decision) -> Candidate:
    hunks = [
        msgspec.structs.replace(hunk, decision=decision)
        for hunk, decision in zip(candidate.hunks, decisions, strict=True)
    ]
    return msgspec.structs.replace(candidate, hunks=tuple(hunks))


@pytest.fixture
def session(root: Path) -> Snapshot:
    """The sample session without evaluations, jobs or decisions."""
    return msgspec.structs.replace(samples.full(root), evaluations=(), jobs=())


@pytest.mark.parametrize("size", SIZES)
async def test_candidates_are_listed_beside_the_diff(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as person:
        await person.press("3")
        await person.sees("Parser.parse_line", "● algorithms v1  ✔ ≥ 8.9%", "● loops v1  ▶ pair 4", "○ caching v1")
        await person.sees("logreport/parse.py · algorithms v1 ▸ hunk 1 of 3", "re.compile", "proven ≥ 8.9%")


async def test_accepting_goes_to_the_next_undecided_hunk(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3")
        await person.sees("hunk 1 of 3", "never measured")
        await person.press("a")
        candidate = session.candidates[0]
        decided = await person.engine.received(Decide)
        assert decided == Decide(candidate=candidate.id, hunks=(candidate.hunks[0].id,), decision="accepted")
        await person.sees("hunk 2 of 3")
        person.engine.push(CandidateChanged(candidate=_decided(candidate, "accepted", "pending", "pending")))
        await person.sees("1 of 3 hunks accepted", "✔")
        await person.press("r")
        assert (await person.engine.received(Decide, 2)).hunks == (candidate.hunks[1].id,)
        person.engine.push(CandidateChanged(candidate=_decided(candidate, "accepted", "rejected", "pending")))
        await person.sees("1 rejected", "✘", "hunk 3 of 3")


async def test_all_at_once_undo_and_redo(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3", "A")
        candidate = session.candidates[0]
        decided = await person.engine.received(Decide)
        assert (decided.hunks, decided.decision) == (tuple(hunk.id for hunk in candidate.hunks), "accepted")
        await person.sees("3 hunks accepted; u takes that back.")
        await person.press("u", "ctrl+r", "R")
        await person.engine.received(UndoDecision)
        await person.engine.received(RedoDecision)
        assert (await person.engine.received(Decide, 2)).decision == "rejected"


async def test_the_keys_that_move(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3", "n")
        await person.sees("hunk 2 of 3")
        await person.press("N", "N")
        await person.sees("hunk 1 of 3", "There is no earlier hunk here")
        await person.press("full_stop")
        await person.sees("loops v1 ▸ hunk")
        assert person.app.current_candidate == "c-loops"
        await person.press("comma", "enter")
        await person.until(lambda: isinstance(person.app.focused, DiffView))
        await person.press("escape")
        await person.until(lambda: isinstance(person.app.focused, OptionList))
        await person.press("j")
        await person.sees("loops v1 ▸ hunk")
        await person.press("right_square_bracket")
        await person.sees("no other file that way")


async def test_benchmark_stays_here_and_takes_what_is_marked(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3", "b")
        assert (await person.engine.received(Evaluate)).candidates == ("c-algorithms",)
        await person.sees("Queued 1 candidate", "candidates")
        await person.press("space", "space")
        await person.sees("2 marked", "▣ ● algorithms", "▣ ● loops")
        await person.press("b")
        assert (await person.engine.received(Evaluate, 2)).candidates == ("c-algorithms", "c-loops")


async def test_writing_needs_accepted_hunks(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3", "w")
        await person.sees("No hunk is accepted yet: accept hunks with a, or A for all.")
        accepted = _decided(session.candidates[0], "accepted", "accepted", "rejected")
        person.engine.push(CandidateChanged(candidate=accepted))
        await person.sees("2 of 3 hunks accepted")
        person.engine.answers[Apply] = {"application": "a", "where": "the project"}
        await person.press("w")
        await person.sees("Write accepted hunks", "never proven faster: never run", "evaluate first", "all the same")
        await person.press("enter")
        measured = await person.engine.received(EvaluateVariant)
        assert measured.hunks == tuple(hunk.id for hunk in accepted.accepted)
        proof = samples.evaluation("e", accepted)
        person.engine.push(EvaluationChanged(evaluation=proof))
        await person.until(lambda: person.app.state.evaluations)
        person.engine.answers[PreviewVariant] = Variant(evaluation="e")
        await person.press("w")
        await person.sees("Proven: at least 8.9% faster, tests passed.")
        await person.misses("evaluate first")
        await person.press("escape")
        person.engine.answers[PreviewVariant] = Variant()
        await person.press("w")
        await person.sees("Write accepted hunks", "evaluate first")
        await person.press("t")
        applied = await person.engine.received(Apply)
        assert (applied.candidates, applied.target, applied.proven) == (("c-algorithms",), "tree", False)
        await person.sees("Written to the working tree")
        hunks = tuple(hunk.id for hunk in accepted.accepted)
        application = Application(id="a", target="tree", where="", files=(), hunks=hunks, at=0.0)
        person.engine.push(ApplicationChanged(application=application))
        await person.sees("2 of 3 hunks accepted, 1 rejected, written")


async def test_a_selection_that_was_not_measured_says_so(open_app: OpenApp, session: Snapshot) -> None:
    candidate = _decided(session.candidates[0], "accepted", "rejected", "rejected")
    measured = samples.evaluation("e", candidate)
    snapshot = msgspec.structs.replace(session, candidates=(candidate,), evaluations=(measured,))
    async with open_app(snapshot, size=(140, 40)) as person:
        await person.press("3")
        await person.sees("1 of 3 hunks accepted, 2 rejected", "changed since ✔ ≥ 8.9%; b measures it again")


async def test_an_answer_is_visible_while_it_streams(open_app: OpenApp, session: Snapshot) -> None:
    born = samples.candidate("c-new", "loops", state="streaming", answer="", hunks=(), usage=None)
    running = samples.job("j-new", "generate", subject="c-new", title="loops: parse_line")
    snapshot = msgspec.structs.replace(session, candidates=(born,), jobs=(running,))
    async with open_app(snapshot) as person:
        await person.press("3")
        await person.sees("Waiting for the first word", "◐ loops")
        words = "I will compile\nthe pattern. " + "word " * 900 + "last words"
        person.engine.push(CandidateStreamed(candidate="c-new", offset=0, text=words), numbered=False)
        await person.sees("last words")
        hunks = samples.candidate("c-new", "loops").hunks[:1]
        grown = tuple(msgspec.structs.replace(hunk, complete=False) for hunk in hunks)
        streamed = CandidateStreamed(candidate="c-new", offset=len(words), text=" …", hunks=grown)
        person.engine.push(streamed, numbered=False)
        await person.sees("re.compile", "still streaming", "◐")
        await person.press("a")
        await person.sees("The answer still streams; decide when it is complete.")
        await person.press("x")
        assert (await person.engine.received(Cancel)).job == "j-new"
        assert not person.engine.all(Decide)


async def test_without_a_diff_the_reason_and_the_words_are_shown(open_app: OpenApp, session: Snapshot) -> None:
    lost = Unapplied(file="logreport/parse.py", reason="The lines to replace are not in the file.", text="x = 1")
    broken = samples.candidate(
        "c-broken", "loops", state="unappliable", hunks=(), unapplied=(lost,), reason="No edit found its place."
    )
    snapshot = msgspec.structs.replace(session, candidates=(broken, session.candidates[2]))
    async with open_app(snapshot) as person:
        await person.press("3")
        await person.sees(
            "No edit found its place.", "Not applied: logreport/parse.py", "x = 1", "I compile the pattern"
        )
        await person.press("full_stop")
        await person.sees("It proposes no change", "I compile the pattern once.", "To ask a real LLM")
        await person.press("a")
        await person.sees("There is no hunk here to decide on")


async def test_v_shows_the_words_in_place_of_the_diff(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3", "v")
        await person.sees("I compile the pattern once.", "900 → 300 tokens")
        assert person.app.screen.query_one(AnswerView).display
        await person.press("escape")
        await person.sees("hunk 1 of 3")


async def test_a_new_answer_takes_the_place_of_the_one_that_is_shown(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        await person.press("3")
        await person.sees("hunk 1 of 3")
        again = samples.candidate("c-again", "algorithms", state="streaming", answer="new words", hunks=())
        person.engine.push(CandidateChanged(candidate=again))
        await person.sees("new words")
        assert person.app.current_candidate == "c-again"


async def test_no_candidate_names_the_key(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(msgspec.structs.replace(session, candidates=())) as person:
        await person.press("3")
        await person.sees("Press o to send each LLM its prompt")
        await person.press("a", "w")
        await person.sees("press o to ask the LLMs")


async def test_on_a_narrow_terminal_one_pane_is_shown_at_a_time(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session, size=(70, 24)) as person:
        await person.press("3")
        await person.sees("● algorithms v1")
        await person.misses("re.compile")
        await person.press("enter")
        await person.sees("re.compile")
        await person.misses("● algorithms v1")
        await person.press("escape")
        await person.sees("● algorithms v1")


async def test_the_layout_and_the_folds_can_be_changed(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session, size=(120, 50)) as person:
        await person.press("3")
        await person.sees("before │ after", "… 2 unchanged lines")
        await person.pilot.resize_terminal(100, 50)
        await person.sees(" unified ─")
        await person.pilot.resize_terminal(120, 50)
        await person.sees("before │ after")
        await person.press("s", "s")
        await person.sees("Diff layout: unified.", "unified")
        await person.press("f")
        await person.misses("unchanged lines")


async def test_candidates_that_propose_the_same_are_one_row(open_app: OpenApp, session: Snapshot) -> None:
    again = samples.candidate("c-again", "repeated")
    snapshot = msgspec.structs.replace(session, candidates=(*session.candidates, again))
    async with open_app(snapshot, size=(160, 45)) as person:
        await person.press("3")
        await person.sees("algorithms v1", "same as 1 other")
        await person.misses("repeated")
        await person.press("z")
        await person.sees("+3 -6  free  1.2 s")
        await person.press("z", "equals_sign")
        await person.sees("● repeated")
        await person.misses("same as")


async def test_the_list_is_sorted_and_filtered(open_app: OpenApp, session: Snapshot) -> None:
    quick = samples.candidate("c-quick", "quick", seconds=0.1, hunks=samples.candidate("x", "y").hunks[:1])
    snapshot = msgspec.structs.replace(session, candidates=(*session.candidates, quick))
    async with open_app(snapshot, size=(160, 45)) as person:
        await person.press("3")
        await person.sees("● algorithms", "● quick")
        await person.press(*["greater_than_sign"] * 3)
        await person.sees("by time")
        assert person.screen.index("● quick") < person.screen.index("● algorithms")
        await person.press("slash", *"no change", "enter")
        await person.sees("“no change”", "caching v1")
        await person.misses("● algorithms")
        await person.press("escape")
        await person.sees("● algorithms")
