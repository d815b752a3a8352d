"""The candidates in a list, grouped by what they would make faster."""

from collections.abc import Collection, Iterable, Mapping

from textual.content import Content

from engine.model import Candidate
from tui.outcomes import outcome
from tui.state import State
from tui.widgets.keyed_list import ListRow
from tui.widgets.plain_line import plain_line

_SIGNS: Mapping[str, tuple[str, str]] = {
    "streaming": ("◐", "$text-accent"),
    "ready": ("●", "$text-primary"),
    "empty": ("○", "dim"),
    "unappliable": ("✘", "$text-error"),
    "failed": ("✘", "$text-error"),
    "interrupted": ("‖", "$text-warning"),
}


def candidate_rows(state: State, marked: Collection[str]) -> list[ListRow]:
    """A heading for each bottleneck, its candidates below, in the profile's order."""
    rows = []
    for bottleneck, candidates in grouped(state).items():
        rows.append(ListRow("", Content(_function(state, bottleneck, candidates))))
        rows += [ListRow(item.id, _line(state, item, item.id in marked)) for item in candidates]
    return rows


def grouped(state: State) -> dict[str, list[Candidate]]:
    """The candidates by bottleneck: those of the profile first, in its order."""
    groups: dict[str, list[Candidate]] = {item.id: [] for item in state.bottlenecks}
    for candidate in state.candidates.values():
        groups.setdefault(candidate.bottleneck, []).append(candidate)
    return {bottleneck: items for bottleneck, items in groups.items() if items}


def name_of(state: State, candidate: Candidate) -> str:
    """A candidate in two words: its LLM, and the version of the prompt it answers."""
    prompt = state.prompts.get(candidate.prompt)
    return f"{candidate.llm} v{prompt.version}" if prompt else candidate.llm


def _function(state: State, bottleneck: str, candidates: Iterable[Candidate]) -> str:
    found = state.bottleneck(bottleneck)
    if found is not None:
        return found.function
    return next((file.path for item in candidates for file in item.files), bottleneck)


def _line(state: State, candidate: Candidate, marked: bool) -> Content:
    sign, style = _SIGNS[candidate.state]
    words, words_style = _status(state, candidate)
    return Content.assemble(
        ("▣ " if marked else "  ", "$text-accent"),
        (f"{sign} ", style),
        (name_of(state, candidate), ""),
        "  ",
        (words, words_style),
    )


def _status(state: State, candidate: Candidate) -> tuple[str, str]:
    """The most telling thing there is to say about a candidate in three words or so."""
    if candidate.state == "streaming":
        return f"{len(candidate.hunks)} hunks …" if candidate.hunks else "streaming …", "$text-accent"
    if candidate.state == "empty":
        return "no change", "dim"
    if not candidate.hunks:
        return plain_line(candidate.reason or candidate.state).text, "$text-error"
    evaluation = state.latest_evaluation(candidate.id)
    if evaluation is not None:
        found = outcome(evaluation)
        return f"{found.sign} {found.words.partition(' (')[0]}", found.style
    count = len(candidate.hunks)
    accepted = len(candidate.accepted)
    return (f"{accepted}/{count} accepted" if accepted else f"{count} hunk{'s' * (count != 1)}"), "dim"
