"""The words and signs for what an evaluation has found; every screen uses the same ones."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.model import Candidate, Estimate, Evaluation, Verdict

UNBOUNDED = 1e8
"""Ends of an interval beyond this are not known yet."""
FAILURES: frozenset[Verdict] = frozenset({"unappliable", "build failed", "tests failed", "crashed", "timed out"})
ENDED = ("cancelled", "interrupted", "baseline fails", "failed")
"""States without a verdict in which nothing goes on."""
_STATES: Mapping[str, tuple[str, str, str]] = {
    "queued": ("…", "queued", "dim"),
    "preparing": ("◔", "preparing", "$text-accent"),
    "building": ("◔", "building", "$text-accent"),
    "testing": ("◔", "testing", "$text-accent"),
    "measuring": ("▶", "measuring", "$text-accent"),
    "cancelled": ("–", "cancelled", "dim"),
    "interrupted": ("‖", "interrupted", "$text-warning"),
    "baseline fails": ("✘", "baseline fails", "$text-error"),
    "failed": ("✘", "not evaluated", "$text-error"),
}


class Outcome(NamedTuple):
    """What is known of an evaluation, for a list: sign, words, and the colour of both."""

    sign: str
    words: str
    style: str


def outcome(evaluation: Evaluation) -> Outcome:
    """How far an evaluation is, or what it has found."""
    if evaluation.verdict is not None:
        return _verdict(evaluation.verdict, evaluation.estimate)
    sign, words, style = _STATES.get(evaluation.state, ("·", evaluation.state, ""))
    if evaluation.state == "measuring" and (pair := pairs_begun(evaluation)):
        words = f"pair {pair}"
    return Outcome(sign, words, style)


def _verdict(verdict: Verdict, estimate: Estimate | None) -> Outcome:
    point = percent(estimate.percent_improvement) if estimate else "?"
    match verdict:
        case "faster":
            floor = percent(estimate.guaranteed) if estimate else "?"
            return Outcome("✔", f"≥ {floor} ({point})", "$text-success")
        case "slower":
            return Outcome("▼", f"slower ({point})", "$text-error")
        case "equivalent":
            return Outcome("≈", "no difference", "dim")
        case "inconclusive":
            return Outcome("?", "inconclusive", "$text-warning")
        case _:
            return Outcome("✘", verdict, "$text-error")


def pairs_begun(evaluation: Evaluation) -> int:
    """The number of the last pair that was measured, warm-up pairs included; 0 before the first."""
    return max((item.pair for item in evaluation.measurements), default=0)


def percent(value: float) -> str:
    """A percentage as people say it: one decimal, or a word where it is not known."""
    return "?" if abs(value) >= UNBOUNDED else f"{value:.1f}%"


def times(value: float) -> str:
    """How many times as fast a gain of `value` % is, when that is easier to grasp; else nothing."""
    return f"{100 / (100 - value):.3g}×" if 50 <= value < 100 else ""


def proof_words(candidate: Candidate, evaluations: Mapping[str, Evaluation]) -> tuple[str, str]:
    """(sentence, style) on what is known of exactly the hunks that would be written."""
    chosen = {hunk.id for hunk in candidate.accepted or candidate.kept}
    own = [item for item in evaluations.values() if item.candidate == candidate.id]
    exact = [item for item in own if set(item.hunks) == chosen and item.at >= candidate.moved]
    if exact:
        last = exact[-1]
        if last.verdict == "faster" and last.estimate is not None:
            return f"proven ≥ {percent(last.estimate.guaranteed)}", "$text-success"
        found = outcome(last)
        return f"{found.sign} {found.words}", found.style
    if own:
        before = outcome(own[-1])
        return f"changed since {before.sign} {before.words.partition(' (')[0]}; b measures it again", "$text-warning"
    return "never measured; b builds, tests and measures it", "dim"
