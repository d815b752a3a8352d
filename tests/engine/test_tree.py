"""The working tree changes under the candidates: hunks move along where they fit, and are marked where they do not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EditError, EngineError
from engine.generate.hunks import compose, make_hunks
from engine.generate.moving import moved
from engine.model import BaselineFile, Candidate, Flag, Hunk
from engine.protocol import Apply, Decide, EditHunk, PreviewVariant, SplitHunk, UndoApply, UndoDecision
from engine.tree import in_step
from tests.engine.conftest import SLOW, Follower, followed
from tests.engine.test_service import answered
from tui.state import State

TEXT = "a\nb\nc\nd\ne\nf\n"
LINES = st.lists(st.sampled_from(["a", "b", "c", "", "x = 1\r"]), max_size=12).map("\n".join)


def places(before: str, after: str, now: str) -> list[object]:
    hunks = make_hunks("c", "x", before, after)
    found = moved(hunks, before, now)
    return [place.old_start if isinstance(place := found[hunk.id], Hunk) else place for hunk in hunks]


def test_a_hunk_moves_with_its_lines_and_is_gone_with_them() -> None:
    after = "a\nB\nc\nd\nE\nf\n"
    assert places(TEXT, after, TEXT) == [2, 5]
    assert places(TEXT, after, "new\n" + TEXT) == [3, 6]
    assert places(TEXT, after, TEXT.replace("c\n", "")) == [2, 4]
    assert places(TEXT, after, TEXT.replace("b\n", "bb\n")) == ["gone", 5]
    assert places(TEXT, after, "a\nB\nc\nd\ne\nf\n") == ["there", 5]
    assert places(TEXT, after, "") == ["gone", "gone"]


def test_new_lines_need_both_their_neighbours() -> None:
    after = "a\nb\nnew\nc\nd\ne\nf\n"
    assert places(TEXT, after, TEXT.replace("d\n", "dd\n")) == [3]
    assert places(TEXT, after, TEXT.replace("c\n", "cc\n")) == ["gone"]
    assert places(TEXT, after, TEXT.replace("b\n", "bb\n")) == ["gone"]
    assert places(TEXT, after, TEXT.replace("b\n", "b\nother\n")) == ["gone"]
    assert places("", "a\n", "") == [1] and places("", "a\n", "b\n") == ["gone"]


@given(LINES, LINES, LINES)
def test_a_moved_hunk_is_where_its_lines_are(before: str, after: str, now: str) -> None:
    hunks = make_hunks("c", "x", before, after)
    fitting = [place for place in moved(hunks, before, now).values() if isinstance(place, Hunk)]
    compose(now, fitting)  # which compares every line
    assert all(isinstance(place, Hunk) for place in moved(hunks, before, before).values())
    assert {place for place in moved(hunks, before, after).values() if isinstance(place, str)} <= {"there"}


@given(LINES, LINES, st.lists(st.sampled_from(["new", "lines"]), max_size=3))
def test_what_comes_before_and_behind_moves_all_of_it(before: str, after: str, extra: list[str]) -> None:
    first, last = "\n".join(["<", *extra, "first\n"]), "\nlast"
    hunks = make_hunks("c", "x", f"first\n{before}\nlast", f"first\n{after}\nlast")
    now = f"{first}{before}{last}\n>"
    fitting = [place for place in moved(hunks, f"first\n{before}\nlast", now).values() if isinstance(place, Hunk)]
    assert len(fitting) == len(hunks)
    assert compose(now, fitting) == f"{first}{after}{last}\n>"


def test_flags_move_with_the_lines_they_are_on() -> None:
    files = (BaselineFile(path="x", text=TEXT, digest="1"),)
    hunks = make_hunks("c", "x", TEXT, TEXT.replace("e", "E"))
    flag = Flag(kind="timer", file="x", line=5, text="t")
    born = Candidate(
        id="c", bottleneck="b", llm="l", prompt="", state="ready", at=0.0, files=files, hunks=hunks, flags=(flag,)
    )
    now = BaselineFile(path="x", text="1\n2\n" + TEXT, digest="2")
    after = in_step(born, {"x": now}, ())
    assert (after.flags[0].line, after.hunks[0].new_start, after.files, after.moved > 0) == (7, 7, (now,), True)


# -------------------------------------------------------------------------------------------- the engine


async def moment(engine: Follower, id: str, condition: Callable[[Candidate], object]) -> Candidate:
    """The candidate once the condition holds."""

    def holds(state: State) -> object:
        return condition(state.candidates[id])

    return (await engine.until(holds)).candidates[id]


async def test_a_candidate_follows_its_file_and_is_stale_only_while_its_lines_are_gone(shared: Path) -> None:
    file = shared / "words.py"
    async with followed(shared) as engine:
        id = await answered(engine)
        born = engine.state.candidates[id]
        await engine.send(Decide(candidate=id, hunks=tuple(hunk.id for hunk in born.hunks), decision="accepted"))
        file.write_text("# mine\n" + SLOW)
        along = await moment(engine, id, lambda item: item.moved)
        assert [h.old_start for h in along.hunks] == [h.old_start + 1 for h in born.hunks]
        assert along.files[0].text == "# mine\n" + SLOW and not along.stale
        with pytest.raises(EditError) as refused:
            compose(SLOW, along.hunks)
        assert "not what the hunk was made from" in str(refused.value)

        file.write_text(SLOW.replace("seen = []", "seen = list()"))
        lost = await moment(engine, id, lambda item: item.stale)
        assert lost.files == along.files, "the diff still says what was meant"
        assert [hunk.old_lines for hunk in lost.stale] == [("    seen = []",)]
        for command in (Apply(candidates=(id,)), PreviewVariant()):
            with pytest.raises(EngineError, match=r"words\.py:6 has changed since .* reject that hunk"):
                await engine.send(command)
        assert "list()" in file.read_text()
        await engine.send(Decide(candidate=id, hunks=tuple(h.id for h in lost.stale), decision="rejected"))
        await engine.send(Apply(candidates=(id,)))
        assert "seen = list()" in file.read_text() and "seen.add(word)" in file.read_text()
        await engine.send(UndoApply())

        file.write_text(SLOW)
        back = await moment(engine, id, lambda item: item.files[0].text == SLOW)
        assert [h.old_start for h in back.hunks] == [h.old_start for h in born.hunks]
        assert not any(hunk.stale for hunk in back.hunks)

        hunk = max(back.hunks, key=lambda item: len(item.new_lines))
        changed = EditHunk(candidate=id, hunk=hunk.id, new_lines=(*hunk.new_lines, "    # 1", "    # 2"))
        edited = await engine.client.send(changed)
        await engine.send(SplitHunk(candidate=id, hunk=edited["hunk"]))
        file.write_text("# mine\n" + SLOW)
        await moment(engine, id, lambda item: item.files[0].text.startswith("# mine"))
        await engine.send(UndoDecision())
        await engine.send(UndoDecision())
        undone = await moment(engine, id, lambda item: any(h.id == hunk.id for h in item.hunks))
        assert next(h for h in undone.hunks if h.id == hunk.id).old_start == hunk.old_start + 1
        assert compose("# mine\n" + SLOW, undone.hunks) == "# mine\n" + compose(SLOW, back.hunks)


async def test_what_is_written_is_not_stale_and_the_rest_can_be_written_later(shared: Path) -> None:
    file = shared / "words.py"
    async with followed(shared) as engine:
        id = await answered(engine)
        first, *rest = engine.state.candidates[id].hunks
        assert rest, "the offline answer has more than one hunk"
        await engine.send(Decide(candidate=id, hunks=(first.id,), decision="accepted"))
        await engine.send(Apply(candidates=(id,)))
        half = file.read_text()
        assert half == compose(SLOW, [first])
        await engine.send(Decide(candidate=id, hunks=tuple(hunk.id for hunk in rest), decision="accepted"))
        await engine.send(Apply(candidates=(id,)))
        assert file.read_text() == compose(SLOW, [first, *rest])
        with pytest.raises(EngineError, match="in the files already"):
            await engine.send(Apply(candidates=(id,)))
        assert not engine.state.candidates[id].stale
        await engine.send(UndoApply())
        assert file.read_text() == half
        await engine.send(UndoApply())
        assert file.read_text() == SLOW
