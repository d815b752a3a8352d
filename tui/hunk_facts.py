"""What is known about one hunk (worth, looks, flags, conflicts, the person's own words) and about what is decided."""

from collections.abc import Iterable

from textual.content import Content

from engine.model import Candidate, Hunk
from engine.protocol import Clash
from engine.report.edits import edit_class
from tui.outcomes import proof_words
from tui.plain_line import plain_line
from tui.state import State
from tui.worth_words import worth_of, worth_words

STALE = "stale: its lines have changed in your files, so it fits no more; r rejects it, o asks anew"
Fact = tuple[str, str]
"""(words, style)"""


def hunk_facts(state: State, candidate: Candidate, hunk: Hunk, clashes: Iterable[Clash] = ()) -> Content:
    """Everything known, most telling first; empty when there is nothing.

    `clashes` are the conflicts that the engine sees between the candidate and what is accepted of others.
    """
    facts = [*_worth(state, hunk), *_conflicts(state, candidate, hunk, clashes), *_flags(candidate, hunk)]
    if hunk.stale:
        facts.insert(0, (f"! {STALE}", "$text-error"))
    if hunk.cosmetic:
        facts.append(("cosmetic: it changes nothing that runs", "dim"))
    if becomes := becomes_of(hunk):
        facts.append((f"the file {becomes}", "$text-warning"))
    if hunk.placed:
        facts.append((plain_line(hunk.placed).text, "$text-accent"))
    if hunk.part_of:
        facts.append(("part of a split hunk", "dim"))
    if hunk.complete and not hunk.cosmetic:
        facts.append((f"class: {edit_class(hunk)}", "dim"))
    if hunk.note:
        facts.append((f"“{plain_line(hunk.note).text}”", "italic"))
    return Content(" · ").join(Content.styled(words, style) for words, style in facts)


def becomes_of(hunk: Hunk) -> str:
    """What becomes of the hunk's file, as in `is deleted`; empty when only its lines change."""
    if hunk.removes:
        return f"moves to {plain_line(hunk.target).text}" if hunk.target else "is deleted"
    return f"comes from {plain_line(hunk.origin).text}" if hunk.origin else ""


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
    lost = len(candidate.stale)
    return Content.assemble(
        (counts, "bold"),
        ", written" if done else "",
        (f", {lost} stale" if lost else "", "$text-error"),
        " · ",
        (proof if candidate.kept else "nothing is kept; + asks its LLM again", style),
    )


def _worth(state: State, hunk: Hunk) -> list[Fact]:
    found = worth_of(state, hunk.id)
    return [worth_words(found[1], hunk.id in found[0].spare)] if found else []


def _conflicts(state: State, candidate: Candidate, hunk: Hunk, clashes: Iterable[Clash]) -> list[Fact]:
    pairs = {(clash.hunk, clash.other) for clash in clashes}
    theirs = {one if other == hunk.id else other for one, other in pairs if hunk.id in (one, other)}
    names = dict.fromkeys(
        f"{item.llm} line {other.old_start}"
        for item in state.candidates.values()
        for other in item.accepted
        if item.id != candidate.id and other.id in theirs
    )
    return [(f"! conflicts with what you accepted of {', '.join(names)}", "$text-error")] if names else []


def _flags(candidate: Candidate, hunk: Hunk) -> list[Fact]:
    lines = range(hunk.new_start, hunk.new_start + max(1, len(hunk.new_lines)))
    mine = [flag for flag in candidate.flags if flag.file == hunk.file and flag.line in lines]
    return [(f"⚑ {flag.kind}: {plain_line(flag.text).text}", "$text-warning") for flag in mine]
