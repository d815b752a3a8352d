"""What is known about one hunk (worth, looks, flags, conflicts, the person's own words) and about what is decided."""

from textual.content import Content

from engine.model import Candidate, Hunk
from tui.outcomes import percent, proof_words
from tui.plain_line import plain_line
from tui.state import State

Fact = tuple[str, str]
"""(words, style)"""


def hunk_facts(state: State, candidate: Candidate, hunk: Hunk) -> Content:
    """Everything known, most telling first; empty when there is nothing."""
    facts = [*_worth(state, candidate, hunk), *_conflicts(state, candidate, hunk), *_flags(candidate, hunk)]
    if hunk.cosmetic:
        facts.append(("cosmetic: it changes nothing that runs", "dim"))
    if hunk.part_of:
        facts.append(("part of a split hunk", "dim"))
    if hunk.note:
        facts.append((f"“{plain_line(hunk.note).text}”", "italic"))
    return Content(" · ").join(Content.styled(words, style) for words, style in facts)


def decided(state: State, candidate: Candidate) -> Content:
    """What has been decided, and what is known of exactly that."""
    if candidate.state == "streaming":
        return Content.styled(" streaming; hunks can be decided when the answer is complete", "dim")
    if not candidate.hunks:
        return Content.styled(" no hunks", "dim")
    count, accepted = len(candidate.hunks), len(candidate.accepted)
    rejected = sum(hunk.decision == "rejected" for hunk in candidate.hunks)
    proof, style = proof_words(candidate, state.evaluations)
    counts = f" {accepted} of {count} hunk{'s' * (count != 1)} accepted" + (f", {rejected} rejected" * bool(rejected))
    if accepted == 0 and rejected < count:
        counts = f" {count} hunk{'s' * (count != 1)}, none accepted yet"
    written = {id for item in state.applications.values() if not item.undone for id in item.hunks}
    done = accepted > 0 and written.issuperset(hunk.id for hunk in candidate.accepted)
    return Content.assemble(
        (counts, "bold"), ", written" if done else "", " · ", (proof if candidate.kept else "nothing is kept", style)
    )


def conflicting(state: State, candidate: Candidate, hunk: Hunk) -> tuple[tuple[Candidate, Hunk], ...]:
    """The accepted hunks of other candidates that cannot be written together with this one."""
    return tuple(
        (other, theirs)
        for other in state.candidates.values()
        if other.id != candidate.id
        for theirs in other.accepted
        if _clash(hunk, theirs)
    )


def _clash(one: Hunk, other: Hunk) -> bool:
    if one.file != other.file or _change(one) == _change(other):
        return False
    one_end, other_end = one.old_start + len(one.old_lines), other.old_start + len(other.old_lines)
    at_one_place = one.old_start == other.old_start and not one.old_lines and not other.old_lines
    return at_one_place or (one.old_start < other_end and other.old_start < one_end)


def _change(hunk: Hunk) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    return hunk.old_start, hunk.old_lines, hunk.new_lines


def _worth(state: State, candidate: Candidate, hunk: Hunk) -> list[Fact]:
    """The newest measurement of the hunk by itself."""
    own = [item for item in state.evaluations.values() if item.candidate == candidate.id]
    found = [worth for item in own for worth in item.worth if worth.hunk == hunk.id]
    if not found:
        return []
    last = found[-1]
    gain = percent(last.estimate.percent_improvement)
    if last.verdict == "faster":
        return [(f"worth {gain}, at least {percent(last.estimate.guaranteed)}", "$text-success")]
    return [(f"worth nothing that shows ({last.verdict}, {gain})", "$text-warning")]


def _conflicts(state: State, candidate: Candidate, hunk: Hunk) -> list[Fact]:
    names = dict.fromkeys(
        f"{other.llm} line {theirs.old_start}" for other, theirs in conflicting(state, candidate, hunk)
    )
    return [(f"! conflicts with what you accepted of {', '.join(names)}", "$text-error")] if names else []


def _flags(candidate: Candidate, hunk: Hunk) -> list[Fact]:
    lines = range(hunk.new_start, hunk.new_start + max(1, len(hunk.new_lines)))
    mine = [flag for flag in candidate.flags if flag.file == hunk.file and flag.line in lines]
    return [(f"⚑ {flag.kind}: {plain_line(flag.text).text}", "$text-warning") for flag in mine]
