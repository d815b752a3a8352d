"""Everything that `mpco --plain` tells, as sentences: no signs, no columns, nothing that only the eye puts together."""

from collections.abc import Sequence

from engine.model import Bottleneck, Candidate, Evaluation, Hunk, Prompt
from tui.lines import count
from tui.outcomes import FAILURES, UNBOUNDED
from tui.state import State

HELP = """\
p, profile: run the benchmark under a profiler and list the bottlenecks.
l, list: list the bottlenecks.
m, meta-prompt: have prompts written for each LLM; m 1 3 for bottlenecks 1 and 3, m alone for the first.
r, read: read a prompt; r 2 for prompt 2, r alone for a list of them.
o, optimise: ask each LLM with its prompt; o 1 3 for bottlenecks 1 and 3, o alone for those of the last m.
c, candidates: list what the LLMs have answered and what is known of it.
d, diff: go through the hunks of a candidate; d 2 for candidate 2, d alone for the first.
b, benchmark: build, test and measure; b 2 for candidate 2, b alone for the newest of each LLM.
w, write: write what you have accepted to your files, to a git branch or to a patch file.
u, undo: take back the last write.
h, help: this list.
q, quit: leave."""


def bottleneck(item: Bottleneck) -> str:
    """Where it is and what it costs."""
    calls = f", {count(item.calls, 'call')}" if item.calls else ""
    total = f", {item.total_share:.1%} with what it calls" if item.total_share > item.self_share else ""
    return f"{item.function} in {item.file}, line {item.line}: {item.self_share:.1%} of the time{total}{calls}."


def about(state: State, llm: str, bottleneck: str) -> str:
    """`loops for visitors`."""
    found = state.bottleneck(bottleneck)
    return f"{llm} for {found.function if found else 'a function that the profile does not have any more'}"


def prompt(state: State, item: Prompt) -> str:
    """Whose it is and whether it can be sent."""
    head = f"{about(state, item.llm, item.bottleneck)}, version {item.version}"
    return f"{head}: {item.state}. {item.reason}".rstrip() if item.state != "ready" else f"{head}."


def candidate(state: State, item: Candidate) -> str:
    """What came, what of it is decided and what was measured."""
    head = about(state, item.llm, item.bottleneck)
    if not item.hunks:
        word = "changes nothing" if item.state == "empty" else item.state
        return f"{head}: {word}. {item.reason}".rstrip()
    accepted = len(item.accepted)
    rejected = sum(hunk.decision == "rejected" for hunk in item.hunks)
    decided = f"{accepted} accepted, {rejected} rejected" if accepted or rejected else "none decided"
    flags = "".join(f" Beware, {flag.kind}, line {flag.line}: {flag.text}" for flag in item.flags)
    last = state.latest_evaluation(item.id)
    other = last is not None and set(last.hunks) != {hunk.id for hunk in item.accepted or item.kept}
    known = f"With another choice of hunks: {measured(last)}" if other else measured(last)
    return f"{head}: {count(len(item.hunks), 'hunk')}, {decided}. {known}{flags}"


def measured(evaluation: Evaluation | None) -> str:
    """What an evaluation has found."""
    if evaluation is None:
        return "Not measured yet."
    if evaluation.verdict is None:
        return f"Its evaluation: {evaluation.state}. {evaluation.reason}".rstrip()
    estimate, verdict = evaluation.estimate, evaluation.verdict
    if verdict in FAILURES or estimate is None:
        return f"{verdict[:1].upper()}{verdict[1:]}. {evaluation.reason}".rstrip()
    if verdict == "faster":
        return f"Proven at least {estimate.guaranteed:.1f}% faster, best guess {estimate.percent_improvement:.1f}%."
    word = {"slower": "Slower", "equivalent": "As fast as before"}.get(verdict, "Nothing proven")
    known = max(abs(estimate.low), abs(estimate.high)) < UNBOUNDED
    span = f", the gain is between {estimate.low:.1f}% and {estimate.high:.1f}%" if known else ""
    return f"{word}{span}. {evaluation.reason}".rstrip()


def hunk(item: Hunk, number: int, of: int) -> str:
    """What goes and what comes, each line of code on a line of its own."""
    word = {"pending": "undecided"}.get(item.decision, item.decision)
    head = f"Hunk {number} of {of}, {item.file}, {word}."
    first, last = item.old_start, item.old_start + len(item.old_lines) - 1
    if not item.old_lines:
        where = f"Before line {first} comes" if first > 1 else "At the start of the file comes"
    elif not item.new_lines:
        where = f"{_lines(first, last)} {'goes' if first == last else 'go'}:"
        return "\n".join([head, where, *item.old_lines])
    else:
        head = "\n".join([head, f"{_lines(first, last)} {'goes' if first == last else 'go'}:", *item.old_lines])
        where = "Instead comes"
    notes = [] if not item.stale else ["It is stale: its lines have changed in your files since."]
    return "\n".join([head, f"{where}:", *item.new_lines, *notes])


def _lines(first: int, last: int) -> str:
    return f"Line {first}" if first == last else f"Lines {first} to {last}"


def writing(hunks: Sequence[Hunk], proof: Evaluation | None) -> str:
    """What would be written, and whether exactly that was proven."""
    files = ", ".join(dict.fromkeys(item.file for item in hunks))
    known = f"{measured(proof)} Its tests passed." if proof else "Exactly this was never proven faster."
    return f"{count(len(hunks), 'accepted hunk')} in {files}. {known}"
