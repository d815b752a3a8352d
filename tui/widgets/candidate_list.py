"""The candidates in a list, grouped by what they would make faster."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from textual.content import Content

from engine.model import Candidate
from tui.outcomes import outcome, percent
from tui.plain_line import plain_line
from tui.state import State
from tui.widgets.keyed_list import ListRow

SIGNS: Mapping[str, tuple[str, str]] = {
    "streaming": ("◐", "$text-accent"),
    "ready": ("●", "$text-primary"),
    "empty": ("○", "dim"),
    "unappliable": ("✘", "$text-error"),
    "failed": ("✘", "$text-error"),
    "interrupted": ("‖", "$text-warning"),
}
"""The sign of each state of a candidate, and its colour."""

Sort = Literal["profile", "gain", "cost", "time", "size"]
SORTS: tuple[Sort, ...] = ("profile", "gain", "cost", "time", "size")


class Choice(NamedTuple):
    """Which candidates are listed, and in which order within their bottleneck."""

    sort: Sort = "profile"
    needle: str = ""
    """Words that a candidate has to have: of its bottleneck, LLM, strategy, state or outcome."""
    folded: bool = True
    """Whether candidates that propose the same are one row."""


def candidate_rows(state: State, marked: Collection[str], choice: Choice, current: str = "") -> list[ListRow]:
    """A heading for each bottleneck, its candidates below, in the profile's order."""
    rows = []
    for bottleneck, candidates in grouped(state).items():
        function = _function(state, bottleneck, candidates)
        found = [item for item in candidates if _has(state, item, function, choice.needle)]
        if not found:
            continue
        rows.append(ListRow("", Content(function)))
        first = len(rows)
        for item, others in _folded(found, choice.folded, current):
            rows.append(ListRow(item.id, _line(state, item, others, item.id in marked, choice.sort)))
        if choice.sort != "profile":
            rows[first:] = sorted(rows[first:], key=lambda row: _rank(state, state.candidates[row.id], choice.sort))
    return rows


def proposal(candidate: Candidate) -> frozenset[tuple[str, str, str]]:
    """What a candidate changes, blank space and cosmetic hunks aside: equal for near-duplicates; empty for none."""
    return frozenset(
        (hunk.file, "".join("".join(hunk.old_lines).split()), "".join("".join(hunk.new_lines).split()))
        for hunk in candidate.hunks
        if not hunk.cosmetic
    )


def _folded(candidates: Sequence[Candidate], folded: bool, current: str) -> list[tuple[Candidate, int]]:
    """(candidate, how many others propose the same and are not listed); the current one stands for its like."""
    if not folded:
        return [(item, 0) for item in candidates]
    alike: dict[object, list[Candidate]] = {}
    for item in candidates:
        same = proposal(item) if item.state == "ready" else frozenset()
        alike.setdefault(same or item.id, []).append(item)
    return [
        (next((item for item in items if item.id == current), items[0]), len(items) - 1) for items in alike.values()
    ]


def _has(state: State, candidate: Candidate, function: str, needle: str) -> bool:
    words = (
        f"{function} {name_of(state, candidate)} {candidate.strategy} {candidate.state} {_status(state, candidate)[0]}"
    )
    return all(word in words.lower() for word in needle.lower().split())


def _rank(state: State, candidate: Candidate, sort: Sort) -> tuple[bool, float]:
    """Best first; what is not known comes last."""
    evaluation = state.latest_evaluation(candidate.id)
    gain = evaluation.estimate.percent_improvement if evaluation and evaluation.estimate else None
    value: float | None
    match sort:
        case "gain":
            value = None if gain is None else -gain
        case "cost":
            value = candidate.usage.usd if candidate.usage else None
        case "time":
            value = candidate.seconds or None
        case _:
            value = float(sum(_size(candidate))) or None
    return value is None, value or 0.0


def _size(candidate: Candidate) -> tuple[int, int]:
    """Lines added and removed."""
    return sum(len(h.new_lines) for h in candidate.hunks), sum(len(h.old_lines) for h in candidate.hunks)


def grouped(state: State) -> dict[str, list[Candidate]]:
    """The candidates by bottleneck: those of the profile first, in its order."""
    groups: dict[str, list[Candidate]] = {item.id: [] for item in state.bottlenecks}
    for candidate in state.candidates.values():
        groups.setdefault(candidate.bottleneck, []).append(candidate)
    return {bottleneck: items for bottleneck, items in groups.items() if items}


def name_of(state: State, candidate: Candidate) -> str:
    """A candidate in a few words: its LLM, the version of the prompt it answers, and which try it is."""
    prompt = state.prompts.get(candidate.prompt)
    tries = 1
    before: Candidate | None = candidate
    while before is not None and before.parent:
        before, tries = state.candidates.get(before.parent), tries + 1
    return candidate.llm + (f" v{prompt.version}" if prompt else "") + (f" try {tries}" if tries > 1 else "")


def _function(state: State, bottleneck: str, candidates: Iterable[Candidate]) -> str:
    found = state.bottleneck(bottleneck)
    if found is not None:
        return found.function
    return next((file.path for item in candidates for file in item.files), bottleneck)


def _line(state: State, candidate: Candidate, others: int, marked: bool, sort: Sort) -> Content:
    sign, style = SIGNS[candidate.state]
    words, words_style = _status(state, candidate)
    facts = _facts(state, candidate)
    if sort in facts:  # what the list is sorted by comes first, where a narrow list still shows it
        facts = {sort: facts[sort], **facts}
    return Content.assemble(
        ("▣ " if marked else "  ", "$text-accent"),
        (f"{sign} ", style),
        (name_of(state, candidate), ""),
        (f"  same as {others} other{'s' * (others > 1)}" if others else "", "$text-accent"),
        "  ",
        (words, words_style),
        ("  " + "  ".join(facts.values()) if facts else "", "dim"),
    )


def _facts(state: State, candidate: Candidate) -> dict[str, str]:
    """%PI, size, cost and time, as far as they are known."""
    facts = {}
    evaluation = state.latest_evaluation(candidate.id)
    if evaluation is not None and evaluation.estimate is not None:
        facts["gain"] = f"{percent(evaluation.estimate.percent_improvement)} PI"
    if candidate.hunks:
        facts["size"] = "+{} -{}".format(*_size(candidate))
    if candidate.usage is not None and candidate.usage.usd is not None:
        facts["cost"] = f"${candidate.usage.usd:.4f}" if candidate.usage.usd else "free"
    if candidate.seconds:
        facts["time"] = f"{candidate.seconds:.1f} s"
    return facts


def _status(state: State, candidate: Candidate) -> tuple[str, str]:
    """The most telling thing there is to say about a candidate in three words or so."""
    count = len(candidate.hunks)
    hunks = f"{count} hunk{'s' * (count != 1)}"
    if candidate.state == "streaming":
        return f"{hunks} …" if count else "streaming …", "$text-accent"
    if candidate.state == "empty":
        return "no change", "dim"
    if not candidate.hunks:
        return plain_line(candidate.reason or candidate.state).text, "$text-error"
    if candidate.stale:
        return f"! {len(candidate.stale)} of {len(candidate.hunks)} stale", "$text-error"
    evaluation = state.latest_evaluation(candidate.id)
    if evaluation is not None and evaluation.at >= candidate.moved:
        found = outcome(evaluation)
        return f"{found.sign} {found.words.partition(' (')[0]}", found.style
    accepted = len(candidate.accepted)
    return (f"{accepted}/{count} accepted" if accepted else hunks), "dim"
