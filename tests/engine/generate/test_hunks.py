"""Hunks: small, separate, lossless, and honest about conflicts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EditError
from engine.generate.hunks import compose, make_hunks
from engine.model import Hunk

LINES = st.sampled_from(["a", "b", "c", "", "  x", "}", "\x0c", "é\x85", "q\rr", "\u2028", "z\r"])
TEXTS = st.builds(
    lambda lines, end, tail: end.join(lines) + tail,
    st.lists(LINES, max_size=14),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n", "\r"]),
)


@given(TEXTS, TEXTS)
def test_all_hunks_together_make_the_new_text(before: str, after: str) -> None:
    hunks = make_hunks("c", "f.py", before, after)
    assert compose(before, hunks) == after
    assert compose(before, reversed(hunks)) == after
    assert compose(before, ()) == before
    for one, other in pairwise(hunks):
        assert one.old_start + len(one.old_lines) < other.old_start


@given(TEXTS, TEXTS, st.data())
def test_any_choice_of_hunks_composes(before: str, after: str, data: st.DataObject) -> None:
    hunks = make_hunks("c", "f.py", before, after)
    chosen = [hunk for hunk in hunks if data.draw(st.booleans())]
    rest = make_hunks("c", "f.py", before, compose(before, chosen))
    assert compose(before, rest) == compose(before, chosen)


def test_separate_changes_are_separate_hunks() -> None:
    before = "".join(f"{n}\n" for n in range(1, 10))
    after = before.replace("3\n", "three\n").replace("5\n", "five\n")
    hunks = make_hunks("c", "f.py", before, after)
    assert [(h.old_start, h.old_lines, h.new_lines) for h in hunks] == [
        (3, ("3",), ("three",)),
        (5, ("5",), ("five",)),
    ]


def test_an_insertion_goes_before_its_line() -> None:
    (hunk,) = make_hunks("c", "f.py", "a\nb\n", "a\nnew\nb\n")
    assert (hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines) == (2, (), 2, ("new",))


def test_a_final_newline_is_an_empty_last_line() -> None:
    (hunk,) = make_hunks("c", "f.py", "a", "a\n")
    assert (hunk.old_start, hunk.old_lines, hunk.new_lines) == (2, (), ("",))


def test_ids_are_stable_and_tell_hunks_apart() -> None:
    one = make_hunks("c", "f.py", "a\nb\nc\n", "x\nb\ny\n")
    assert one == make_hunks("c", "f.py", "a\nb\nc\n", "x\nb\ny\n")
    assert len({hunk.id for hunk in (*one, *make_hunks("d", "f.py", "a\nb\nc\n", "x\nb\ny\n"))}) == 4


def hunk(start: int, old: tuple[str, ...], new: tuple[str, ...]) -> Hunk:
    return Hunk(id=f"{start}{old}{new}", file="f.py", old_start=start, old_lines=old, new_start=start, new_lines=new)


def test_overlapping_hunks_conflict() -> None:
    with pytest.raises(EditError, match=r"hunks conflict at f\.py:2"):
        compose("a\nb\nc\n", [hunk(1, ("a", "b"), ("x",)), hunk(2, ("b",), ("y",))])


def test_different_insertions_at_one_place_conflict_and_equal_ones_are_made_once() -> None:
    with pytest.raises(EditError, match="conflict"):
        compose("a\nb\n", [hunk(2, (), ("x",)), hunk(2, (), ("y",))])
    assert compose("a\nb\n", [hunk(2, (), ("x",)), hunk(2, (), ("x",))]) == "a\nx\nb\n"


def test_a_hunk_of_another_text_is_refused() -> None:
    with pytest.raises(EditError, match=r"f\.py:1"):
        compose("z\n", [hunk(1, ("a",), ("b",))])
