"""Edits without a place of their own: a person chooses it, and nothing is guessed for them."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.generate.hunks import compose
from engine.generate.reading import read_answer
from engine.model import BaselineFile, Bottleneck, Candidate, Placement
from engine.protocol import (
    AddAnswer,
    Apply,
    Decide,
    PlaceEdit,
    PlaceOffered,
    RedoDecision,
    ShowPlaces,
    UndoDecision,
)
from engine.store import decode_step
from tests.engine.conftest import Follower, followed, kill
from tests.engine.test_service import profiled

TARGET = Bottleneck(id="b", file="x.c", function="", line=0, end_line=0, self_share=0.0, total_share=0.0)
TEXT = "start\n  work(a);\n  end\nmiddle\n  work(a);\n  end\nlast\n"


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def read(answer: str, *placed: tuple[int, int], text: str = TEXT) -> Candidate:
    """The answer read for a file of `text`, with (edit, line) placed."""
    born = Candidate(
        id="c",
        bottleneck="b",
        llm="l",
        prompt="",
        state="streaming",
        at=0.0,
        files=(BaselineFile(path="x.c", text=text, digest=""),),
        placed=tuple(Placement(edit=edit, file="x.c", line=line) for edit, line in placed),
    )
    return read_answer(born, answer, TARGET, lambda path: None, ())


def made(candidate: Candidate) -> str:
    return compose(candidate.files[0].text, candidate.hunks)


def test_an_edit_with_two_places_names_both_and_goes_where_it_is_put() -> None:
    answer = block("  work(a);", "  fast(a);")
    (open_edit,) = read(answer).unapplied
    assert (open_edit.edit, open_edit.places, open_edit.fits) == (0, (2, 5), True)
    assert "in 2 places, at lines 2, 5" in open_edit.reason
    placed = read(answer, (0, 5))
    assert placed.state == "ready" and made(placed) == TEXT.replace("middle\n  work", "middle\n  fast")
    assert [hunk.placed for hunk in placed.hunks] == ["placed by you at x.c:5"]


def test_an_edit_that_fits_nowhere_goes_to_similar_lines_only_where_it_is_put() -> None:
    answer = block("  works(b);\n  end", "  fast(b);\n  end")
    (open_edit,) = read(answer).unapplied
    assert (open_edit.places, open_edit.fits) == ((2, 5), False)
    placed = read(answer, (0, 2))
    assert made(placed) == TEXT.replace("  work(a);", "  fast(b);", 1)
    assert placed.hunks[0].old_lines == ("  work(a);",), "what is overwritten is seen in the diff"


def test_places_are_lines_of_the_file_before_the_answer() -> None:
    above = block("start", "start\nmore\nlines")
    answer = above + block("  work(a);", "  fast(a);") + block("last", "end")
    (open_edit,) = read(answer).unapplied
    assert (open_edit.edit, open_edit.places) == (1, (2, 5))
    expected = TEXT.replace("start\n", "start\nmore\nlines\n").replace("last", "end")
    assert made(read(answer, (1, 5))) == expected.replace("middle\n  work", "middle\n  fast")
    taken = read(block("  work(a);\n  end\nmiddle", "gone") + block("  work(a);", "  fast(a);"), (1, 2))
    assert "line 2, where you placed it, is changed by another edit" in taken.reason


def test_what_is_left_out_does_not_keep_the_rest_from_being_read() -> None:
    answer = block("nothing like it", "x") + block("last", "end")
    (open_edit,) = read(answer).unapplied
    assert (open_edit.edit, open_edit.places) == (0, ())
    assert made(read(answer, (0, 0))) == TEXT.replace("last", "end")
    assert read(block("nothing like it", "x"), (0, 0)).state == "empty"


def test_twice_the_same_edit_takes_both_places_by_one_choice() -> None:
    answer = 2 * block("  work(a);", "  fast(a);")
    assert len(read(answer).unapplied) == 2
    assert made(read(answer, (0, 5))) == TEXT.replace("work", "fast")


def test_lines_beside_each_other_that_were_placed_apart_become_one_hunk_that_names_both() -> None:
    answer = block("  work(a);", "  fast(a);") + block("  end", "  done")
    placed = read(answer, (0, 2), (1, 3))
    assert [hunk.placed for hunk in placed.hunks] == ["placed by you at x.c:2 and x.c:3"]


LINES = st.lists(st.sampled_from(["a", "b", "  a", "", "c\r", "é"]), max_size=10).map("\n".join)


@settings(max_examples=150)
@given(LINES, LINES, LINES, LINES, st.integers(0, 12))
def test_whatever_is_chosen_nothing_raises_and_only_offered_places_change(
    text: str, search: str, replace: str, other: str, line: int
) -> None:
    answer = block(other, "b\nc") + block(search, replace)
    for item in read(answer, text=text).placeable:
        assert all(1 <= place <= len(text.split("\n")) for place in item.places)
        for place in (*item.places, line):
            placed = read(answer, (item.edit, place), text=text)
            compose(text, placed.hunks)
            assert placed.state in ("ready", "empty", "unappliable")


def test_steps_of_before_edits_could_be_placed_are_read() -> None:
    assert decode_step.decode(b"[[],[]]").read_before is None


# -------------------------------------------------------------------------------------------- the engine

TWO = "A:\n```python\nwords.py\n" + block("    seen = []", "    seen: list[str] = []") + "```\n"


async def unplaced(engine: Follower, answer: str) -> str:
    """Add the answer; the id of its candidate."""
    id = str((await engine.send(AddAnswer(bottleneck="distinct", answer=answer)))["candidate"])
    state = await engine.until(lambda state: id in state.candidates)
    assert state.candidates[id].state == "unappliable", state.candidates[id].reason
    return id


async def test_a_chosen_place_makes_hunks_that_are_kept_undone_and_written(project: Path) -> None:
    file = project / "words.py"
    text = file.read_text() + "\n\ndef other() -> int:\n    seen = []\n    return len(seen)\n"
    file.write_text(text)
    async with followed(project) as engine:
        await profiled(engine)
        id = await unplaced(engine, TWO + block("    return nothing", "    return 1"))
        shown = msgspec.convert(await engine.send(ShowPlaces(candidate=id, edit=0)), tuple[PlaceOffered, ...])
        assert [(place.line, place.within) for place in shown] == [(5, "distinct"), (13, "other")]
        assert [hunk.old_start for place in shown for hunk in place.hunks] == [5, 13]
        with pytest.raises(EngineError, match=r"does not fit at line 7 of words\.py, but at: 5, 13"):
            await engine.send(PlaceEdit(candidate=id, edit=0, line=7))
        assert (await engine.send(PlaceEdit(candidate=id, edit=0, line=13)))["left"] == 1
        assert (await engine.send(PlaceEdit(candidate=id, edit=1, line=0)))["left"] == 0
        placed = (await engine.until(lambda state: state.candidates[id].state == "ready")).candidates[id]
        assert [hunk.placed for hunk in placed.hunks] == ["placed by you at words.py:13"]
        with pytest.raises(EngineError, match="no such edit without a place"):
            await engine.send(PlaceEdit(candidate=id, edit=0, line=5))
        await engine.send(Decide(candidate=id, hunks=(placed.hunks[0].id,), decision="accepted"))
        await kill(project)

    async with followed(project) as engine:
        kept = engine.state.candidates[id]
        assert (kept.state, len(kept.accepted), [item.line for item in kept.placed]) == ("ready", 1, [13, 0])
        for _ in range(3):
            await engine.send(UndoDecision())
        back = (await engine.until(lambda state: not state.candidates[id].placed)).candidates[id]
        assert (back.state, back.hunks, len(back.placeable)) == ("unappliable", (), 2)
        for _ in range(3):
            await engine.send(RedoDecision())
        again = (await engine.until(lambda state: state.candidates[id].accepted)).candidates[id]
        assert again.hunks == kept.hunks
        file.write_text("# mine\n" + text)
        moved = (await engine.until(lambda state: state.candidates[id].moved)).candidates[id]
        assert moved.hunks[0].old_start == 14
        await engine.send(Apply(candidates=(id,)))
        assert await asyncio.to_thread(file.read_text) == "# mine\n" + text.replace(
            "int:\n    seen = []\n    return", "int:\n    seen: list[str] = []\n    return"
        )
