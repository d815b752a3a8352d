"""The reducer: what the screens show follows from the events alone."""

from engine.model import Bottleneck, Candidate, Estimate, Evaluation, Measurement, Profile, Project, Prompt, Usage
from engine.protocol import (
    BottleneckChanged,
    CandidateChanged,
    CandidateStreamed,
    Change,
    EvaluationChanged,
    Event,
    Measured,
    PromptChanged,
    PromptStreamed,
    Snapshot,
)
from tui.state import State, reduce

BOTTLENECK = Bottleneck(id="b", file="a.py", function="f", line=1, end_line=9, self_share=0.5, total_share=0.6)
PROFILE = Profile(id="r", command="c", format="cprofile", seconds=1.0, at=0.0, bottlenecks=(BOTTLENECK,))
PROMPT = Prompt(id="p", bottleneck="b", llm="one", version=1, author="meta", text="", state="streaming", at=1.0)
CANDIDATE = Candidate(id="c", bottleneck="b", llm="one", prompt="p", state="streaming", at=1.0)


def after(*changes: Change) -> State:
    state = State()
    for n, change in enumerate(changes, start=1):
        state = reduce(state, Event(n=n, at=0.0, change=change))
    return state


def test_a_snapshot_replaces_everything() -> None:
    state = after(PromptChanged(prompt=PROMPT), Snapshot(project=Project(root="/p", name="p"), profile=PROFILE))
    assert state.project is not None and state.project.name == "p"
    assert state.bottlenecks == (BOTTLENECK,)
    assert state.prompts == {} and state.n == 2


def test_streamed_text_is_taken_at_its_offset_and_twice_is_once() -> None:
    piece = PromptStreamed(prompt="p", offset=0, text="Make it ")
    state = after(PromptChanged(prompt=PROMPT), piece, piece, PromptStreamed(prompt="p", offset=8, text="fast"))
    assert state.prompts["p"].text == "Make it fast"


def test_moments_of_a_stream_that_has_ended_change_nothing() -> None:
    ready = Candidate(id="c", bottleneck="b", llm="one", prompt="p", state="ready", at=1.0, answer="done")
    state = after(CandidateChanged(candidate=ready), CandidateStreamed(candidate="c", offset=0, text="late"))
    assert state.candidates["c"].answer == "done"


def test_marks_measurements_and_money() -> None:
    marked = Bottleneck(
        id="b", file="a.py", function="f", line=1, end_line=9, self_share=0.5, total_share=0.6, marked=True
    )
    run = Measurement(pair=1, arm="baseline", wall=1.0, cpu=1.0, max_rss=1, at=0.0)
    estimate = Estimate(percent_improvement=5.0, low=-1.0, high=9.0, pairs=1)
    state = after(
        Snapshot(project=Project(root="/p", name="p"), profile=PROFILE),
        BottleneckChanged(bottleneck=marked),
        EvaluationChanged(evaluation=Evaluation(id="e", title="t", state="measuring", at=0.0, candidate="c")),
        Measured(evaluation="e", measurements=(run,), estimate=estimate),
        PromptChanged(prompt=Prompt(**{**_fields(PROMPT), "usage": Usage(usd=0.25)})),
        CandidateChanged(candidate=Candidate(**{**_fields(CANDIDATE), "usage": Usage(usd=None)})),
    )
    assert state.bottlenecks[0].marked
    evaluation = state.latest_evaluation("c")
    assert evaluation is not None and evaluation.measurements == (run,) and evaluation.estimate == estimate
    assert estimate.guaranteed == 0.0
    assert state.spent_usd == 0.25


def _fields(noun: Prompt | Candidate) -> dict[str, object]:
    return {name: getattr(noun, name) for name in noun.__struct_fields__}
