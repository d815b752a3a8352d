"""The baseline with two candidates beside it: every line where it belongs, both sides' changes in step."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.comparing import compare
from engine.generate.hunks import compose, make_hunks
from engine.model import BaselineFile
from engine.protocol import CompareCandidates, Snapshot
from tests.tui import samples
from tests.tui.conftest import OpenApp
from tui.widgets.three_way_model import GAP, Row, ThreeWayModel, build
from tui.widgets.three_way_view import ThreeWayView

BASE = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n"


def model(one: str, other: str, base: str = BASE, *, whole: bool = False) -> ThreeWayModel:
    """The model of the two texts over `base`."""
    sides = [make_hunks(name, "x.py", base, text) for name, text in (("1", one), ("2", other))]
    files = [BaselineFile(path="x.py", text=base, digest="")]
    return build(files, *sides, unfolded=None if whole else ())


def rows(found: ThreeWayModel) -> list[Row]:
    return [found.row(index) for index in range(found.rows)]


def shown(found: ThreeWayModel) -> list[str]:
    """Each row as text: `base|one|other`, a gap as `.`."""
    return [
        "|".join("." if cell == GAP else cell.text for cell in (row.base, *row.sides))
        if row.kind == "line"
        else f"{row.kind} {row.hidden}"
        for row in rows(found)
    ]


def test_changes_of_both_stand_beside_the_line_that_they_change() -> None:
    found = model(BASE.replace("b", "B\nBB"), BASE.replace("c\n", "").replace("a", "A"))
    assert shown(found)[:5] == ["a|a|A", "b|B|b", ".|BB|.", "c|c|.", "d|d|d"]
    assert [row.changed for row in rows(found)[:5]] == [
        (False, True),
        (True, False),
        (True, False),
        (False, True),
        (False, False),
    ]
    assert [[cell.number for cell in row.sides] for row in rows(found)[:5]] == [[1, 1], [2, 2], [3, 0], [4, 0], [5, 3]]
    assert found.changes == (0,)


def test_what_both_add_at_one_place_shares_rows() -> None:
    found = model(BASE.replace("d\n", "d\n1\n2\n"), BASE.replace("d\n", "d\n3\n"))
    assert [text for text in shown(found) if text.startswith(".")] == [".|1|3", ".|2|."]


def test_unchanged_lines_are_folded_and_unfolded() -> None:
    found = model(BASE.replace("a", "A"), BASE)
    assert shown(found) == ["a|A|a", "b|b|b", "c|c|c", "d|d|d", "fold 9"]
    hidden = found.fold(4)
    assert hidden is not None and found.fold(0) is None
    files = [BaselineFile(path="x.py", text=BASE, digest="")]
    unfolded = build(files, make_hunks("1", "x.py", BASE, BASE.replace("a", "A")), (), [hidden])
    assert unfolded.rows == 13


def test_several_files_have_titles() -> None:
    files = [BaselineFile(path=path, text="x\n", digest="") for path in ("a.py", "b.py")]
    found = build(files, make_hunks("1", "a.py", "x\n", "y\n"), make_hunks("2", "b.py", "x\n", ""))
    assert shown(found) == ["file 0", "x|y|x", "file 0", "x|x|."]
    assert found.changes == (1, 3)


LINES = st.lists(st.sampled_from(["a", "b", "", "c d", "x\r"]), max_size=9).map("\n".join)


@given(LINES, LINES, LINES)
def test_each_column_is_its_text_in_order_with_its_numbers(base: str, one: str, other: str) -> None:
    found = model(one, other, base, whole=True)
    if not found.files:
        return
    for column, text in enumerate((base, one, other)):
        cells = [(row.base, *row.sides)[column] for row in rows(found)]
        lines = [cell for cell in cells if cell != GAP]
        assert [cell.number for cell in lines] == list(range(1, len(lines) + 1))
        expected = text.split("\n")
        assert [cell.text for cell in lines] in (expected, expected[:-1] if not expected[-1] else None)
    assert found.files[0].sides == (one.split("\n"), other.split("\n"))
    assert compose(base, make_hunks("1", "x.py", base, one)) == one


# ----------------------------------------------------------------------------------------- on the screen


@pytest.fixture
def session(root: Path) -> Snapshot:
    """The sample session without evaluations or jobs."""
    return msgspec.structs.replace(samples.full(root), evaluations=(), jobs=())


async def test_a_wide_terminal_shows_three_columns_and_a_narrow_one_two_diffs(
    open_app: OpenApp, session: Snapshot
) -> None:
    one, other = session.candidates[:2]
    async with open_app(session, size=(200, 50)) as person:
        person.engine.answers[CompareCandidates] = compare(one, other)
        await person.press("3", "space", "C")
        await person.sees("algorithms v1 │ loops v1")
        await person.press("t")
        await person.sees("baseline │ algorithms v1 │ loops v1", "≠ both, differently", "▌")
        view = person.app.screen.query_one(ThreeWayView)
        assert view.has_focus and len(view.model.changes) > 1
        await person.press("n")
        await person.until(lambda: view.current == 1)
        await person.press("N", "l", "h", "G", "g")
        folded = view.model.rows
        await person.press("f")
        await person.until(lambda: view.model.rows > folded)
        await person.misses("unchanged lines")
        await person.press("f")
        await person.sees("unchanged lines")
        at = next(row for row in range(view.model.rows) if view.model.fold(row))
        await person.pilot.click(view, offset=(30, at + 1))
        await person.until(lambda: view.model.rows > folded)
        await person.pilot.resize_terminal(100, 40)
        await person.sees("baseline → algorithms v1", "baseline → loops v1")
        await person.pilot.resize_terminal(200, 50)
        await person.sees("baseline │ algorithms v1 │ loops v1")
        await person.press("t")
        await person.misses("≠ both")


async def test_different_versions_of_a_file_have_a_diff_each(open_app: OpenApp, session: Snapshot) -> None:
    one, other = session.candidates[:2]
    later = msgspec.structs.replace(other.files[0], text=other.files[0].text + "# later\n")
    moved = msgspec.structs.replace(other, files=(later, *other.files[1:]))
    changed = msgspec.structs.replace(session, candidates=(one, moved, *session.candidates[2:]))
    async with open_app(changed, size=(200, 50)) as person:
        person.engine.answers[CompareCandidates] = compare(one, other)
        await person.press("3", "space", "C")
        await person.sees("algorithms v1 │ loops v1")
        await person.press("t")
        await person.sees("baseline → algorithms v1", "baseline → loops v1")
