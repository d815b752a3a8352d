"""What a person does to hunks beside deciding: split, edit, comment, and all of it undone and redone after a restart."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import decisions, hunk_edits
from engine.errors import EngineError
from engine.generate.hunks import compose, make_hunks
from engine.model import BaselineFile, Candidate, Project
from engine.protocol import CandidateChanged, Decide, EditHunk, NoteHunk, SplitHunk
from engine.session import Session
from engine.store import Store

PROJECT = Project(root="/p", name="p", languages=("Python",))
BEFORE = "def f(xs):\n    seen = []\n    for x in xs:\n        seen.append(x)\n    # all\n    return seen\n"
AFTER = "import re\n\n\ndef f(xs):\n    seen = set()\n    for y in xs:\n        seen.add(y)\n    # all\n    return len(seen)\n"


def open_session(folder: Path) -> Session:
    return Session(Store(folder / "session.db"), PROJECT)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = open_session(tmp_path)
    session.publish(CandidateChanged(candidate=candidate(BEFORE, AFTER)))
    yield session
    session.store.close()


def candidate(before: str, after: str) -> Candidate:
    return Candidate(
        id="c",
        bottleneck="b",
        llm="l",
        prompt="p",
        state="ready",
        at=0.0,
        files=(BaselineFile(path="f.py", text=before, digest=""),),
        hunks=make_hunks("c", "f.py", before, after),
    )


def text(session: Session) -> str:
    found = session.candidate("c")
    return compose(found.files[0].text, found.kept)


def test_the_smallest_pieces_say_the_same_as_the_whole(session: Session) -> None:
    first, second, third = session.candidate("c").hunks
    ids = hunk_edits.split(session, SplitHunk(candidate="c", hunk=second.id))
    assert len(ids) == 3  # three lines, each with its new version
    assert text(session) == AFTER
    hunk_edits.split(session, SplitHunk(candidate="c", hunk=first.id))
    assert text(session) == AFTER
    decisions.decide(session, Decide(candidate="c", hunks=tuple(ids[1:]), decision="rejected"))
    assert "seen = set()" in text(session) and "for x in xs" in text(session)
    assert session.candidate("c").hunks[-1].id == third.id


def test_a_hunk_is_split_at_a_row(session: Session) -> None:
    hunk = session.candidate("c").hunks[1]
    hunk_edits.split(session, SplitHunk(candidate="c", hunk=hunk.id, at=1))
    pieces = [item for item in session.candidate("c").hunks if item.part_of == hunk.id]
    assert [len(item.old_lines) for item in pieces] == [1, 2]
    with pytest.raises(EngineError, match="between two of its lines"):
        hunk_edits.split(session, SplitHunk(candidate="c", hunk=pieces[0].id, at=1))
    with pytest.raises(EngineError, match="as small as it can be"):
        hunk_edits.split(session, SplitHunk(candidate="c", hunk=pieces[0].id))


def test_an_edit_keeps_the_decision_and_tells_of_broken_syntax(session: Session) -> None:
    hunk = session.candidate("c").hunks[2]
    decisions.decide(session, Decide(candidate="c", hunks=(hunk.id,), decision="accepted"))
    good = hunk_edits.edit(session, EditHunk(candidate="c", hunk=hunk.id, new_lines=("    return len(set(xs))",)))
    assert good["problem"] == ""
    edited = session.candidate("c").hunks[2]
    assert (edited.id, edited.decision) == (good["hunk"], "accepted") and edited.id != hunk.id
    assert text(session).endswith("return len(set(xs))\n")
    broken = hunk_edits.edit(session, EditHunk(candidate="c", hunk=edited.id, new_lines=("    return len((xs",)))
    assert "f.py:9 cannot be read" in broken["problem"]
    with pytest.raises(EngineError, match="Reject it instead"):
        hunk_edits.edit(session, EditHunk(candidate="c", hunk=broken["hunk"], new_lines=hunk.old_lines))


def test_everything_is_undone_and_redone_also_after_a_restart(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    session.publish(CandidateChanged(candidate=candidate(BEFORE, AFTER)))
    states = [session.candidate("c")]
    _, second, third = states[0].hunks
    ids = hunk_edits.split(session, SplitHunk(candidate="c", hunk=second.id))
    states.append(session.candidate("c"))
    decisions.decide(session, Decide(candidate="c", hunks=(ids[0], third.id), decision="accepted"))
    states.append(session.candidate("c"))
    decisions.note(session, NoteHunk(candidate="c", hunk=third.id, note="is it a set?"))
    states.append(session.candidate("c"))
    hunk_edits.edit(session, EditHunk(candidate="c", hunk=ids[1], new_lines=("    for z in xs:", "        pass")))
    states.append(session.candidate("c"))
    session.store.close()

    session = open_session(tmp_path)
    assert session.candidate("c") == states[-1]
    for expected in states[-2::-1]:
        decisions.undo(session)
        assert session.candidate("c") == expected
    with pytest.raises(EngineError, match="no decision to undo"):
        decisions.undo(session)
    for expected in states[1:]:
        decisions.redo(session)
        assert session.candidate("c") == expected
    session.store.close()


LINES = st.lists(st.sampled_from(["a", "b", "x = 1", "x = 2", "", "\tc"]), max_size=12).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(LINES, LINES)
def test_splitting_never_changes_the_text_nor_does_any_choice_of_pieces_clash(before: str, after: str) -> None:
    with TemporaryDirectory() as folder:
        session = open_session(Path(folder))
        session.publish(CandidateChanged(candidate=candidate(before, after)))
        for hunk in session.candidate("c").hunks:
            if len(hunk.old_lines) + len(hunk.new_lines) > 2:
                hunk_edits.split(session, SplitHunk(candidate="c", hunk=hunk.id))
        assert text(session) == after
        hunks = session.candidate("c").hunks
        assert len({hunk.id for hunk in hunks}) == len(hunks)
        compose(before, hunks[::2])
        session.store.close()
