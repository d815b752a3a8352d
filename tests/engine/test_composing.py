"""Hunks of several candidates as one variant: conflicts by lines, one patch, and what is known of exactly that."""

from pathlib import Path

import pytest

from engine.composing import digest_of
from engine.errors import EditError, EngineError
from engine.generate.hunks import compose, conflicts, make_hunks
from engine.protocol import AddAnswer, Apply, Decide, EvaluateVariant, PreviewVariant
from tests.engine.conftest import SLOW, followed
from tests.engine.test_service import answered

TEXT = "a\nb\nc\nd\ne\nf\n"


def test_overlapping_lines_conflict_and_the_same_change_does_not() -> None:
    one = make_hunks("1", "x", TEXT, TEXT.replace("b\n", "B\n").replace("e\n", "E\n"))
    two = make_hunks("2", "x", TEXT, TEXT.replace("b\nc\n", "X\n").replace("e\n", "E\n"))
    found = conflicts([*one, *two])
    assert [(a.old_start, b.old_start) for a, b in found] == [(2, 2)]
    with pytest.raises(EditError, match="conflict"):
        compose(TEXT, [*one, *two])
    assert compose(TEXT, [one[0], one[1], two[1]]) == "a\nB\nc\nd\nE\nf\n"
    assert not conflicts([one[0], one[1], two[1]])


def test_one_byte_more_in_a_file_is_another_variant() -> None:
    assert digest_of([("x", "a\n", "b\n")]) != digest_of([("x", "a\n", "b\n\n")])
    assert digest_of([("x", "a", "b"), ("y", "", "")]) == digest_of([("y", "", ""), ("x", "a", "b")])


async def test_the_tray_is_previewed_evaluated_and_written_as_it_was_proven(shared: Path) -> None:
    root = shared
    async with followed(root) as engine:
        await answered(engine)
        target = engine.state.bottlenecks[0].id
        code = SLOW.replace("[]", "set()  # one of a kind").replace("append", "add")
        id = str((await engine.send(AddAnswer(bottleneck=target, answer=f"```python\n{code}```")))["candidate"])
        await engine.until(lambda state: id in state.candidates)
        hunks = tuple(hunk.id for hunk in engine.state.candidates[id].hunks)
        with pytest.raises(EngineError, match="No hunk is accepted"):
            await engine.client.send(PreviewVariant())
        await engine.send(Decide(candidate=id, hunks=hunks, decision="accepted"))
        seen = await engine.client.send(PreviewVariant())
        assert seen["conflicts"] == [] and seen["evaluation"] == "" and "+++ b/words.py" in seen["patch"]
        with pytest.raises(EngineError, match="never proven"):
            await engine.send(Apply(proven=True))
        assert (root / "words.py").read_text() == SLOW
        begun = await engine.send(EvaluateVariant())
        state = await engine.done(begun["jobs"])
        proof = state.evaluations[begun["evaluations"][0]]
        assert (proof.verdict, proof.hunks, proof.patch) == ("faster", hunks, seen["patch"])
        assert (await engine.client.send(PreviewVariant()))["evaluation"] == proof.id
        written = (await engine.send(Apply(proven=True)))["application"]
        state = await engine.until(lambda state: written in state.applications)
        assert state.applications[str(written)].evaluation == proof.id
