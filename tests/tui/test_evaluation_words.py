"""What the checks found is told beside the plots, and with the output where there is no room for all of it."""

from engine.model import Behaviour, Evaluation, Flag, MetricRow
from tui.evaluation_words import findings, output_lines
from tui.state import State


def test_figures_behaviour_and_flags_are_told() -> None:
    evaluation = Evaluation(
        id="e", title="t", state="done", at=0.0, verdict="faster",
        metrics=(MetricRow(name="sort", unit="s", baseline=2.0, variant=1.0),),
        behaviour=Behaviour(state="unchecked", sentence="flatten is unchecked: it is a generator."),
        flags=(Flag(kind="timer", file="a.py", line=3, text="Sleeps."),),
    )  # fmt: skip
    told = [
        "sort  2 → 1 s",
        "? behaviour flatten is unchecked: it is a generator.",
        "⚑ timer a.py:3 Sleeps.",
    ]
    assert findings(State(), evaluation).plain.split("\n") == told
    assert output_lines(State(), evaluation)[-3:] == told
    assert output_lines(State(), evaluation, found=False) == []
