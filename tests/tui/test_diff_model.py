"""The rows of a diff say exactly what both texts say, folded or not, side by side or unified."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generate.hunks import make_hunks
from engine.model import BaselineFile, Hunk
from tui.plain_line import plain_line, plain_text
from tui.widgets.diff_model import DiffModel, Row, build, changed_words

WORDS = st.sampled_from(["a", "b", "", "x = 1", "return y", "世界", "\t"])
TEXTS = st.lists(WORDS, max_size=60).map("\n".join)


def _build(before: str, after: str, **options: bool | int) -> DiffModel:
    files = [BaselineFile(path="f.py", text=before, digest="")]
    return build(files, make_hunks("c", "f.py", before, after), **options)  # type: ignore[arg-type]


def _rows(model: DiffModel) -> list[Row]:
    return [model.row(index) for index in range(model.rows)]


def _unfold(model: DiffModel, before: str, after: str) -> DiffModel:
    hidden = [found for index in range(model.rows) if (found := model.hidden(index))]
    files = [BaselineFile(path="f.py", text=before, digest="")]
    return build(files, make_hunks("c", "f.py", before, after), unified=model.unified, unfolded=hidden)


@given(TEXTS, TEXTS, st.booleans())
def test_unfolded_rows_reproduce_both_texts(before: str, after: str, unified: bool) -> None:
    model = _unfold(_build(before, after, unified=unified), before, after)
    if not model.rows:
        assert before == after
        return
    rows = _rows(model)
    old = [(row.old, row.left) for row in rows if row.old]
    new = [(row.new, row.right) for row in rows if row.new]
    _is_the_text(old, before)
    _is_the_text(new, after)


def _is_the_text(numbered: list[tuple[int, str]], text: str) -> None:
    """An unchanged final newline is no line for a reader, so the empty part after it may be left out."""
    lines = text.split("\n")
    assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1))
    assert [line for _, line in numbered] in (lines, lines[:-1] if lines[-1] == "" else lines)


@given(TEXTS, TEXTS, st.booleans(), st.integers(0, 4))
def test_folded_rows_number_the_lines_they_show(before: str, after: str, unified: bool, context: int) -> None:
    model = _build(before, after, unified=unified, context=context)
    old, new = before.split("\n"), after.split("\n")
    hidden = 0
    for row in _rows(model):
        hidden += row.hidden
        if row.kind == "fold":
            assert row.hidden >= 2
            continue
        assert not row.old or old[row.old - 1] == row.left
        assert not row.new or new[row.new - 1] == row.right
    shown = sum(bool(row.old) and row.kind != "fold" for row in _rows(model))
    assert not model.rows or shown + hidden in (len(old), len(old) - 1)


@given(TEXTS, TEXTS, st.booleans())
def test_each_hunk_has_one_first_row_and_anchors_lead_back(before: str, after: str, unified: bool) -> None:
    model = _build(before, after, unified=unified)
    rows = _rows(model)
    assert tuple(index for index, row in enumerate(rows) if row.first) == model.hunk_rows
    for index in range(model.rows):
        anchor = model.anchor(index)
        assert anchor is not None
        assert model.row_of(anchor) == index


def test_an_anchor_stays_with_its_text_when_the_diff_above_grows() -> None:
    before = "\n".join(f"line {n}" for n in range(100))
    after = before.replace("line 50", "line fifty")
    model = _build(before, after)
    anchor = model.anchor(model.hunk_rows[0])
    grown = _build(before, after.replace("line 3\n", "three\nand\nmore\n"))
    assert anchor is not None
    assert grown.row(grown.row_of(anchor)).right == "line fifty"


def test_folds_say_how_much_they_hide_and_unfold() -> None:
    before = "\n".join(f"line {n}" for n in range(1, 31)) + "\n"
    after = before.replace("line 15\n", "line fifteen\n")
    model = _build(before, after)
    assert [row.hidden for row in _rows(model) if row.kind == "fold"] == [11, 12]
    assert model.hidden(0) == ("f.py", 1, 11)
    hunks = make_hunks("c", "f.py", before, after)
    unfolded = build([BaselineFile(path="f.py", text=before, digest="")], hunks, unfolded=[("f.py", 1, 11)])
    assert [row.hidden for row in _rows(unfolded) if row.kind == "fold"] == [12]
    assert unfolded.row(0).left == "line 1"


def test_side_by_side_pairs_lines_and_fills_the_shorter_side() -> None:
    rows = _rows(_build("a\nb\nc", "a\nx\ny\nc"))
    assert [(row.kind, row.old, row.new) for row in rows] == [
        ("same", 1, 1),
        ("pair", 2, 2),
        ("new", 0, 3),
        ("same", 3, 4),
    ]


def test_unified_shows_old_lines_before_new_ones() -> None:
    rows = _rows(_build("a\nb\nc", "a\nx\ny\nc", unified=True))
    assert [(row.kind, row.old, row.new, row.first) for row in rows] == [
        ("same", 1, 1, False),
        ("old", 2, 0, True),
        ("new", 0, 2, False),
        ("new", 0, 3, False),
        ("same", 3, 4, False),
    ]


def test_several_files_get_titles_and_a_growing_hunk_says_so() -> None:
    hunks = [
        Hunk(id="1", file="a.py", old_start=1, old_lines=("x",), new_start=1, new_lines=("y",)),
        Hunk(id="2", file="new.py", old_start=1, old_lines=(), new_start=1, new_lines=("z",), complete=False),
    ]
    model = build([BaselineFile(path="a.py", text="x\n", digest="")], hunks)
    assert [row.kind for row in _rows(model)] == ["file", "pair", "file", "new", "more"]
    assert model.file_row(1) == 2


def test_files_that_come_go_or_move_say_so_above_their_lines() -> None:
    hunks = [
        Hunk(id="1", file="a.py", old_start=1, old_lines=("x",), new_start=1, new_lines=(), removes=True),
        Hunk(id="2", file="b.py", old_start=1, old_lines=("",), new_start=1, new_lines=(), removes=True, target="c.py"),
        Hunk(id="3", file="c.py", old_start=1, old_lines=(), new_start=1, new_lines=("z",), origin="b.py"),
        Hunk(id="4", file="d.py", old_start=1, old_lines=(), new_start=1, new_lines=("z",)),
    ]
    files = [BaselineFile(path=path, text=text, digest="") for path, text in (("a.py", "x\n"), ("b.py", ""))]
    titles = [row.left for row in _rows(build(files, hunks)) if row.kind == "file"]
    assert titles == ["a.py (deleted)", "b.py → c.py (moved)", "c.py ← b.py", "d.py (new file)"]
    assert [row.left for row in _rows(build(files, hunks[:1])) if row.kind == "file"] == ["a.py (deleted)"]


@pytest.mark.parametrize(
    ("left", "right", "old", "new"),
    [
        ("total = total + x", "total = total - x", ((14, 15),), ((14, 15),)),
        ("return a", "return a, b", (), ((8, 11),)),
        ("import re", "while True: pass", (), ()),
    ],
)
def test_changed_words(left: str, right: str, old: object, new: object) -> None:
    assert changed_words(left, right) == (old, new)


def test_acting_characters_become_visible_and_tabs_become_blanks() -> None:
    line = plain_line("a\tb\x1b[31m\u202ec")
    assert line.text == "a   b␛[31m‹202E›c"
    assert (line.place(2), line.place(3), line.text[line.place(9) :]) == (4, 5, "c")
    assert plain_line("世\tx").text == "世  x"
    assert plain_text("one\r\n\x07two") == "one\n␇two"


@given(st.text())
def test_nothing_that_acts_on_a_terminal_is_shown(text: str) -> None:
    shown = plain_line(text).text
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
