"""Receipts that others send, and what a pull request's text claims."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.model import Evaluation, Step
from engine.report.receipt import Receipt, pull_request, read

EVALUATION = Evaluation(id="e", title="loops: parse", state="done", at=0.0, verdict="faster")
RECEIPT = Receipt(
    mpco="0", at=0.0, project="p", commit="", machine="m", python="3", build="", test="make test", benchmark="bench",
    alpha=0.05, margin=1.0, files={}, evaluation=EVALUATION, authors=(),
)  # fmt: skip
SOUND = msgspec.json.encode(RECEIPT)


@example(SOUND[:-3] + b'"\x80"')
@given(st.binary() | st.tuples(st.integers(0, len(SOUND)), st.binary(max_size=9)).map(lambda x: SOUND[: x[0]] + x[1]))
def test_what_is_no_receipt_is_told_in_one_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "r.json"
    path.write_bytes(data)
    try:
        read(path)
    except EngineError as error:
        assert str(path) in str(error) and "\n" not in str(error)


def test_nesting_without_end_is_no_receipt(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(b'{"files": ' + b"[" * 200_000)
    with pytest.raises(EngineError, match="no receipt"):
        read(path)


@pytest.mark.parametrize(("passed", "words"), [(True, "passed"), (False, "failed"), (None, "not run")])
def test_tests_are_said_to_have_passed_only_when_they_have(passed: bool | None, words: str) -> None:
    steps = () if passed is None else (Step(name="test", arm="variant", passed=passed, seconds=1.0),)
    tested = msgspec.structs.replace(EVALUATION, steps=steps)
    text = pull_request(msgspec.structs.replace(RECEIPT, evaluation=tested), "r.json")
    assert f"| tests | `make test`: {words} |" in text
