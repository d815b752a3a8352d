"""What a person does to single hunks on the diff screen: each key becomes one command, each fact is told."""

from pathlib import Path

import msgspec
import pytest

from engine.comparing import compare
from engine.model import Estimate, Flag, Hunk, Worth
from engine.protocol import (
    CandidateChanged,
    Clash,
    CompareCandidates,
    Decide,
    EditHunk,
    EvaluationChanged,
    NoteHunk,
    PreviewVariant,
    Snapshot,
    SplitHunk,
    Variant,
)
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp
from tui.screens.hunk_dialogs import lines_of, taken


@pytest.fixture
def session(root: Path) -> Snapshot:
    """The sample session without evaluations, jobs or decisions."""
    return msgspec.structs.replace(samples.full(root), evaluations=(), jobs=())


def test_taken_lines_make_a_new_side() -> None:
    hunk = Hunk(id="h", file="f", old_start=1, old_lines=("a", "b"), new_start=1, new_lines=("A", "B", "C"))
    lines = lines_of(hunk)
    assert [line.sign + line.text for line in lines] == ["-a", "+A", "-b", "+B", "+C"]
    assert taken(lines, set(range(5))) == hunk.new_lines
    assert taken(lines, set()) == hunk.old_lines
    assert taken(lines, {0, 1}) == ("A", "b")


@pytest.mark.parametrize("size", SIZES)
async def test_single_lines_are_taken_and_hunks_split(
    open_app: OpenApp, session: Snapshot, size: tuple[int, int]
) -> None:
    hunks = session.candidates[0].hunks
    long = next(hunk for hunk in hunks if len(hunk.old_lines) > 1)
    async with open_app(session, size=size) as person:
        person.engine.answers[EditHunk] = {"hunk": "new", "problem": ""}
        person.engine.answers[SplitHunk] = {"hunks": ["1", "2"]}
        await person.press("3", *["n"] * hunks.index(long), "t")
        await person.sees("Take single lines", "▣ -")
        await person.press("space", "enter")
        edit = await person.engine.received(EditHunk)
        assert (edit.hunk, edit.new_lines[0]) == (long.id, long.old_lines[0])
        await person.sees("Kept; u takes the edit back.")
        await person.press("t", "j", "j", "s")
        assert (await person.engine.received(SplitHunk)).at == 1
        await person.press("S")
        assert (await person.engine.received(SplitHunk, 2)).at == 0


async def test_the_new_side_is_edited_in_place_and_in_an_editor(
    open_app: OpenApp, session: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hunk = session.candidates[0].hunks[0]
    async with open_app(session) as person:
        person.engine.answers[EditHunk] = {"hunk": "new", "problem": "parse.py:3 cannot be read any more"}
        await person.press("3", "e")
        await person.sees("New lines of logreport/parse.py")
        await person.press("#", "ctrl+s")
        assert (await person.engine.received(EditHunk)).new_lines == ("#" + hunk.new_lines[0], *hunk.new_lines[1:])
        await person.sees("parse.py:3 cannot be read any more")
        await person.press("E")
        await person.sees("cannot be handed to an editor")


async def test_comments_and_many_decisions(open_app: OpenApp, session: Snapshot) -> None:
    candidate = session.candidates[0]
    async with open_app(session) as person:
        await person.press("3", "c", *"why", "enter")
        assert (await person.engine.received(NoteHunk)).note == "why"
        await person.press("d")
        await person.sees("accept the rest (3 undecided)")
        await person.press("T")
        decided = await person.engine.received(Decide)
        assert (decided.decision, len(decided.hunks)) == ("rejected", len(candidate.hunks))


async def test_what_is_known_of_a_hunk_is_told(open_app: OpenApp, session: Snapshot) -> None:
    mine, other = session.candidates[:2]
    first = msgspec.structs.replace(mine.hunks[0], cosmetic=True, note="looks odd")
    flag = Flag(kind="result cache", file=first.file, line=first.new_start, text="It keeps results.")
    flagged = msgspec.structs.replace(mine, hunks=(first, *mine.hunks[1:]), flags=(flag,))
    theirs = msgspec.structs.replace(other.hunks[0], new_lines=("other",), decision="accepted")
    async with open_app(session, size=(160, 45)) as person:
        clash = Clash(hunk=first.id, other=theirs.id, file=first.file, line=first.old_start)
        person.engine.answers[PreviewVariant] = Variant(conflicts=(clash,))
        rival = msgspec.structs.replace(other, hunks=(theirs, *other.hunks[1:]))
        person.engine.push(CandidateChanged(candidate=flagged), CandidateChanged(candidate=rival))
        worth = Worth(hunk=first.id, verdict="faster", estimate=Estimate(percent_improvement=7, low=5, high=9, pairs=9))
        evaluation = msgspec.structs.replace(samples.evaluation("e", flagged), worth=(worth,))
        person.engine.push(EvaluationChanged(evaluation=evaluation))
        await person.press("3")
        await person.sees("worth 7.0% (5.0 … 9.0)", "conflicts with what you accepted of loops line", "“looks odd”")
        await person.sees("result cache: It keeps results.", "cosmetic")


async def test_a_hunk_that_fits_no_more_is_marked_everywhere(open_app: OpenApp, session: Snapshot) -> None:
    mine = session.candidates[0]
    lost = msgspec.structs.replace(mine.hunks[0], stale=True)
    async with open_app(session, size=(160, 45)) as person:
        await person.press("3")
        person.engine.push(CandidateChanged(candidate=msgspec.structs.replace(mine, hunks=(lost, *mine.hunks[1:]))))
        await person.sees("! 1 of 3 stale", "▌!", "its lines have changed in your files", ", 1 stale")
        rejected = msgspec.structs.replace(lost, decision="rejected")
        person.engine.push(CandidateChanged(candidate=msgspec.structs.replace(mine, hunks=(rejected, *mine.hunks[1:]))))
        await person.misses("1 of 3 stale")


async def test_search_wrap_and_copy(open_app: OpenApp, session: Snapshot) -> None:
    async with open_app(session, size=(160, 45)) as person:
        await person.press("3", "enter", "slash", *"match", "enter")
        await person.sees("'match': line 1 of")
        await person.press("n")
        await person.sees("'match': line 2 of")
        await person.press("escape", "n")
        await person.sees("hunk 2 of 3")
        await person.press("W")
        await person.sees("Long lines are wrapped.")
        await person.press("slash", *"nowhere", "enter")
        await person.sees("is in no line of this diff")
        await person.press("y")
        await person.sees("Copied the new lines")
        assert person.app.clipboard == "\n".join(session.candidates[0].hunks[1].new_lines)


async def test_two_candidates_are_compared_and_shown_beside_the_baseline(open_app: OpenApp, session: Snapshot) -> None:
    one, other = session.candidates[:2]
    async with open_app(session, size=(150, 45)) as person:
        person.engine.answers[CompareCandidates] = compare(one, other)
        await person.press("3", "C")
        await person.sees("Mark one candidate with space")
        await person.press("space", "C")
        asked = await person.engine.received(CompareCandidates)
        assert {asked.one, asked.other} == {one.id, other.id}
        await person.sees("algorithms v1 │ loops v1", "part.strip()", "group.strip()")
        await person.press("t")
        await person.sees("baseline → algorithms v1", "baseline → loops v1", "re.match(PATTERN, line)")
        await person.press("n", "escape")
        await person.sees("candidates")
