"""What was recorded is there after a restart; events can be asked for from any number on."""

from pathlib import Path

import msgspec
import pytest

from engine.errors import EngineError
from engine.model import Candidate, Evaluation, Hunk, Job, Measurement, Project, Prompt
from engine.protocol import CandidateChanged, EvaluationChanged, JobChanged, Measured, PromptChanged
from engine.store import Store

PROJECT = Project(root="/p", name="p")
HUNKS = tuple(
    Hunk(id=f"h{number}", file="a.py", old_start=number, old_lines=("x",), new_start=number, new_lines=("y",))
    for number in range(1, 4)
)
CANDIDATE = Candidate(id="c", bottleneck="b", llm="one", prompt="p", state="ready", at=1.0, hunks=HUNKS)
PROMPT = Prompt(id="p", bottleneck="b", llm="one", version=1, author="meta", text="", state="streaming", at=1.0)


def measurement(pair: int, arm: str) -> Measurement:
    return Measurement(pair=pair, arm=arm, wall=1.0, cpu=0.5, max_rss=1, at=2.0)  # type: ignore[arg-type]


def test_nouns_survive_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    store.record(CandidateChanged(candidate=CANDIDATE), PromptChanged(prompt=PROMPT))
    store.record(EvaluationChanged(evaluation=Evaluation(id="e", title="t", state="measuring", at=1.0)))
    pairs = (measurement(1, "baseline"), measurement(1, "variant"))
    store.record(Measured(evaluation="e", measurements=pairs))
    store.close()

    again = Store(tmp_path / "s.db").snapshot(PROJECT)
    assert again.candidates == (CANDIDATE,)
    assert again.prompts == (PROMPT,)
    assert again.evaluations[0].measurements == pairs


def test_events_are_numbered_and_can_be_asked_for_from_any_number(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    job = Job(id="j", kind="profile", title="t", state="queued", at=1.0)
    told = [store.record(JobChanged(job=msgspec.structs.replace(job, progress=str(n))))[0] for n in range(5)]
    assert [event.n for event in told] == [1, 2, 3, 4, 5]
    assert store.events_after(3) == tuple(told[3:])
    assert store.events_after(5) == ()
    assert store.events_after(99) is None


def test_a_change_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    broken = msgspec.structs.replace(CANDIDATE, id=None)
    with pytest.raises(EngineError, match="nothing of this step was kept"):
        store.record(PromptChanged(prompt=PROMPT), CandidateChanged(candidate=broken))
    assert store.events_after(0) == ()
    assert store.snapshot(PROJECT).prompts == ()


def test_streamed_text_is_kept_until_the_stream_ends(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    store.append_text({"p": (0, "Make it ")})
    store.append_text({"p": (8, "fast.")})
    assert Store(tmp_path / "s.db").streamed_text("p") == "Make it fast."
    store.record(PromptChanged(prompt=msgspec.structs.replace(PROMPT, state="ready", text="Make it fast.")))
    assert store.streamed_text("p") == ""


def test_a_file_that_is_no_database_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(EngineError, match="cannot be opened"):
        Store(tmp_path / "s.db")
    assert (tmp_path / "s.db").read_bytes().startswith(b"not a database")
