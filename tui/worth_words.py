"""What hunks are worth, in words: on the hunk, beside the evaluation, and on the command line."""

from collections.abc import Iterable

from textual.content import Content

from engine.model import Evaluation, Worth
from tui.outcomes import UNBOUNDED, percent
from tui.state import State
from tui.variants import named

Words = tuple[str, str]
"""(words, style)"""


def worth_of(state: State, hunk: str) -> tuple[Evaluation, Worth] | None:
    """The newest measurement of a hunk by itself, and the variant that it was left out of."""
    found = [
        (item, worth)
        for item in state.evaluations.values()
        for worth in item.worth
        if worth.hunk == hunk and not worth.together
    ]
    return found[-1] if found else None


def worth_words(worth: Worth, spare: bool) -> Words:
    """What the hunks of one measurement add to the variant, or what happens without them."""
    estimate = worth.estimate
    if worth.needed:
        return f"needed: {worth.verdict} without {'them' if worth.together else 'it'}", "$text-success"
    if estimate is None:
        return "not measured: " + (worth.reason or "the search ended before it"), "dim"
    span = f"{percent(estimate.percent_improvement)} ({_end(estimate.low)} … {_end(estimate.high)})"
    if worth.verdict == "faster":
        return f"worth {span}", "$text-success"
    if spare:
        return f"worth nothing that shows, {span}; it can be dropped", "$text-warning"
    return f"worth nothing that shows by itself, {span}", "$text-warning"


def worth_lines(state: State, evaluation: Evaluation) -> list[Content]:
    """Each hunk of a variant with what it adds; empty when that was not asked for."""
    places = hunk_places(state, evaluation.hunks)
    lines = []
    if any(job.kind == "worth" and job.subject == evaluation.id for job in state.live_jobs):
        steps = [item for item in state.evaluations.values() if item.search == "worth" and item.of == evaluation.id]
        measured = sum(item.verdict is not None for item in steps)
        lines.append(Content.styled(f"✂ hunks are left out: {measured} of {len(steps)} measured; x cancels", "bold"))
    if evaluation.spare:
        count, all = len(evaluation.spare), len(evaluation.hunks)
        lines.append(Content.styled(f"✂ without {count} of {all} hunks the gain stays: r drops them", "bold"))
    if not evaluation.worth:
        return lines
    for worth in evaluation.worth:
        names = " + ".join(places.get(id, ("?", False))[0] for id in (worth.hunk, *worth.together))
        words, style = worth_words(worth, worth.hunk in evaluation.spare)
        lines.append(
            Content.assemble((f"✂ {names} ", "bold"), ("together " * bool(worth.together), ""), (words, style))
        )
    told = {worth.hunk for worth in evaluation.worth if not worth.together}
    for id in evaluation.hunks:
        place, cosmetic = places.get(id, ("?", False))
        if id not in told:
            why = "cosmetic: it changes nothing that runs" if cosmetic else "not measured yet: the budget of runs ended"
            lines.append(Content.assemble((f"✂ {place} ", "bold"), (why, "dim")))
    return lines


def hunk_places(state: State, ids: Iterable[str]) -> dict[str, tuple[str, bool]]:
    """(place in its file, whether it is cosmetic) of each of these hunks that is still there."""
    return {hunk.id: (f"{hunk.file}:{hunk.old_start}", hunk.cosmetic) for _, hunk in named(state, ids)}


def _end(value: float) -> str:
    return "?" if abs(value) >= UNBOUNDED else f"{value:.1f}"
