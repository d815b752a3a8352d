"""The benchmark queue as a list: what runs, what waits, what was found."""

from textual.content import Content

from engine.model import Evaluation
from tui.outcomes import outcome
from tui.state import State
from tui.widgets.candidate_list import name_of
from tui.widgets.keyed_list import ListRow

_HOLDS = {"": "", "pinned": "pinned ", "paused": "paused "}
_TURNS = {"pinned": 0, "": 1, "paused": 2}
_LIVE = ("preparing", "building", "testing", "measuring")


def evaluation_rows(state: State) -> list[ListRow]:
    """What runs first, then what waits in its order, then what has ended, the newest first.

    Steps of a search are there while it goes on; what they found is told of the variant that they are about.
    """
    items = [item for item in state.evaluations.values() if not item.search or item.state in (*_LIVE, "queued")]
    running = [item for item in items if item.state in _LIVE]
    queued = sorted((item for item in items if item.state == "queued"), key=lambda item: _TURNS[item.hold])
    ended = [item for item in reversed(items) if item not in running and item not in queued]
    return [ListRow(item.id, _line(state, item)) for item in (*running, *queued, *ended)]


def title_of(state: State, evaluation: Evaluation) -> str:
    """What is measured: the candidate and its bottleneck, or the patch's own title."""
    candidate = state.candidates.get(evaluation.candidate)
    if candidate is None:
        return evaluation.title
    bottleneck = state.bottleneck(candidate.bottleneck)
    count = len(evaluation.hunks)
    hunks = f"{count} hunk{'s' * (count != 1)}"
    return f"{name_of(state, candidate)}, {hunks}" + (f" · {bottleneck.function}" if bottleneck else "")


def _line(state: State, evaluation: Evaluation) -> Content:
    found = outcome(evaluation)
    candidate = state.candidates.get(evaluation.candidate)
    name = name_of(state, candidate) if candidate else evaluation.title
    pairs = f"  {evaluation.estimate.pairs} pairs" if evaluation.verdict and evaluation.estimate else ""
    hold = _HOLDS[evaluation.hold] if evaluation.verdict is None else ""
    return Content.assemble(
        (f"{found.sign} ", found.style),
        (hold, "bold $text-warning"),
        "✂ " * (evaluation.search == "worth") + "+ " * (evaluation.search == "combine"),
        name,
        "  ",
        (found.words, found.style),
        (pairs, "dim"),
    )
