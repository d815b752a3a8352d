"""P on the diffs screen: an edit without a place of its own is put where the person says, by key or by mouse."""

from pathlib import Path

import msgspec
import pytest
from textual.widgets import OptionList

from engine.model import Candidate, Placement, Unapplied
from engine.protocol import CandidateChanged, PlaceEdit, PlaceOffered, ShowPlaces, Snapshot
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp, Person


@pytest.fixture
def session(root: Path) -> Snapshot:
    """The sample session, its first candidate with two edits that have no place."""
    full = samples.full(root)
    first = full.candidates[0]
    edits = (
        Unapplied(
            file=first.files[0].path, reason="its line is in 2 places.", text="x", edit=0, places=(3, 7), fits=True
        ),
        Unapplied(file=first.files[0].path, reason="its line is not there.", edit=2),
    )
    cut = msgspec.structs.replace(first, state="unappliable", hunks=(), unapplied=edits, reason="0 of 2 matched")
    return msgspec.structs.replace(full, candidates=(cut, *full.candidates[1:]), evaluations=(), jobs=())


def ready(person: Person, full: Snapshot) -> Candidate:
    """Answer what the dialog asks; the candidate as it was."""
    assert person.engine is not None
    whole = samples.full(Path()).candidates[0]
    offered = [PlaceOffered(line=3, within="load", hunks=whole.hunks[:1], problem="")]
    offered.append(PlaceOffered(line=7, within="", hunks=(), problem="It would not parse."))
    person.engine.answers[ShowPlaces] = offered
    person.engine.answers[PlaceEdit] = {"left": 1}
    return full.candidates[0]


@pytest.mark.parametrize("size", SIZES)
async def test_a_place_is_chosen_by_key_and_the_diff_there_is_seen(
    open_app: OpenApp, session: Snapshot, size: tuple[int, int]
) -> None:
    async with open_app(session, size=size) as person:
        candidate = ready(person, session)
        person.app.current_candidate = candidate.id
        await person.press("3")
        await person.sees("P place edit")
        await person.press("enter", "G")
        await person.press("P")
        await person.sees("Edit 1 of the answer, the first of 2", ":3  in load", "leave it out", "+")
        await person.press("j")
        await person.sees("It would not parse.")
        await person.press("enter")
        sent = await person.engine.received(PlaceEdit)
        assert (sent.candidate, sent.edit, sent.line) == (candidate.id, 0, 7)
        await person.sees(":7; 1 more without a place, P goes on")
        await person.press("P")
        await person.sees("leave it out")
        await person.press("G", "enter")
        assert (await person.engine.received(PlaceEdit, 2)).line == 0
        await person.sees("Left out")
        await person.press("P")
        await person.sees("leave it out")
        await person.press("escape")
        await person.misses("leave it out")
        assert len(person.engine.all(PlaceEdit)) == 2


async def test_a_place_is_chosen_with_the_mouse(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session) as person:
        person.app.current_candidate = ready(person, session).id
        await person.press("3", "P")
        await person.sees("leave it out")
        places = person.app.screen.query_one("#places", OptionList)
        await person.pilot.click(places, offset=(2, 2), times=2)
        assert (await person.engine.received(PlaceEdit)).line == 0


async def test_choices_are_told_beside_the_answer_and_on_the_hunk(open_app: OpenApp, session: Snapshot) -> None:
    whole = samples.full(Path()).candidates[0]
    hunk = msgspec.structs.replace(whole.hunks[0], placed="placed by you at parse.py:3")
    placed = (Placement(edit=0, file="parse.py", line=3), Placement(edit=2, file="parse.py", line=0))
    after = msgspec.structs.replace(whole, hunks=(hunk, *whole.hunks[1:]), placed=placed)
    async with open_app(session, size=(160, 45)) as person:
        person.app.current_candidate = whole.id
        await person.press("3")
        await person.sees("P chooses its place (lines 3, 7), or leaves it out.", "P leaves this edit out.")
        person.engine.push(CandidateChanged(candidate=after))
        await person.sees("placed by you at parse.py:3")
        await person.misses("P place edit")
        await person.press("v")
        await person.sees("Edit 1: placed by you at parse.py:3", "Edit 3: left out by you")
