"""What a meta-prompter is told when its prompt is to get better: what came of it, and what the person says."""

from collections.abc import Iterable

from engine.model import Candidate, Evaluation

MOST_RESULTS = 6
"""The newest results; older ones are answers to older ideas."""
LONGEST_REASON = 400


def remark_on(remark: str, edited: str, results: Iterable[tuple[Candidate, Evaluation | None]]) -> str:
    """The request for a better prompt; empty when there is nothing to go by.

    `edited` is the prompt as a person has changed it, empty when nobody did.
    """
    found = list(results)[-MOST_RESULTS:]
    parts = []
    if found:
        parts.append("\n".join(["What came of the prompt:", *(f"- {_result(*item)}" for item in found)]))
    if edited:
        parts.append(f"A person has edited it to read:\n\n{edited}")
    if remark.strip():
        parts.append(f"Remark: {' '.join(remark.split())}")
    if not parts:
        return ""
    parts.append(
        "Write the prompt again so that it does better. Keep what has worked and what the person has changed, and "
        "return the new prompt alone."
    )
    return "\n\n".join(parts)


def _result(candidate: Candidate, evaluation: Evaluation | None) -> str:
    if evaluation is None or evaluation.verdict is None:
        words = [candidate.reason or f"{len(candidate.hunks)} hunks, not measured"]
    else:
        words = [f"{evaluation.verdict}: {evaluation.reason[:LONGEST_REASON]}"]
    words += [f"hunk rejected by the person: {hunk.note}" for hunk in candidate.hunks if hunk.note]
    return "; ".join(words)
