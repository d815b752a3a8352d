"""What goes back to an LLM when its answer failed or was rejected: what became of it, in facts it can act on.

The conversation goes on: what was sent, what it answered, and this. It asks for the whole answer again, because a
candidate is judged as a whole.
"""

from collections.abc import Sequence

from engine.generate.fences import fence_for
from engine.generate.matching import nearest_lines
from engine.generate.request import FORMATS, KEEP
from engine.model import BaselineFile, Candidate, EditFormat, Evaluation, Hunk, Message, Unapplied

HEADING = "### What became of your answer"
LAST_TRY: EditFormat = "function"
"""The format that is asked for when a diff format has failed twice: models get it right most often."""
SHOWN_EDITS = 5
SHOWN_OUTPUT = 3_000
"""Characters of the output of a failed step, from its end."""


def follow_up(
    parent: Candidate, file: str, evaluation: Evaluation | None, remark: str, edit_format: EditFormat
) -> tuple[Message, ...]:
    """The conversation so far with what happened since, for another answer in `edit_format`; `file` is the target's."""
    parts = [HEADING, *_edits(parent), *_verdict(evaluation), *_rejected(parent.hunks)]
    if remark.strip():
        parts.append(f"The person who reviews it says: {remark.strip()}")
    if parent.state == "empty":
        parts.append(parent.reason)
    wanted = FORMATS[edit_format].replace("{path}", file)
    parts.append(
        f"Answer again, completely: what you gave before is not applied, not even in part.\n\n"
        f"### Answer format: {edit_format}\n{wanted}\n{KEEP}"
    )
    said = Message(role="user", content="\n\n".join(parts) + "\n")
    return (*parent.sent, Message(role="assistant", content=parent.answer), said)


def _edits(parent: Candidate) -> list[str]:
    if not parent.unapplied:
        return []
    texts = {file.path: file for file in parent.files}
    parts = [f"It could not be applied: {parent.reason}"]
    for item in parent.unapplied[:SHOWN_EDITS]:
        parts.append(f"- {item.reason}" + (f"\n\n{_fenced(item.text)}" if item.text else ""))
        parts += _nearest(item, texts.get(item.file))
    left = len(parent.unapplied) - SHOWN_EDITS
    return [*parts, f"{left} more edits could not be applied."] if left > 0 else parts


def _nearest(item: Unapplied, file: BaselineFile | None) -> list[str]:
    if file is None or not item.sought:
        return []
    start, lines = nearest_lines(file.text.replace("\r\n", "\n").split("\n"), item.sought)
    shown = _fenced("\n".join(lines))
    return [f"The nearest lines of {item.file}, from line {start} on, are:\n\n{shown}"] if lines else []


def _verdict(evaluation: Evaluation | None) -> list[str]:
    if evaluation is None or evaluation.verdict is None:
        return []
    parts = [f"It was built, tested and measured; the verdict is: {evaluation.verdict}. {evaluation.reason}".strip()]
    failed = next((step for step in evaluation.steps if not step.passed and step.output.strip()), None)
    if failed is not None:
        parts.append(f"The end of what the {failed.name} printed:\n\n{_fenced(failed.output[-SHOWN_OUTPUT:].strip())}")
    estimate = evaluation.estimate
    if estimate is not None:
        parts.append(
            f"Measured in {estimate.pairs} pairs of runs: {estimate.percent_improvement:.1f}% improvement in "
            f"{evaluation.objective}, {estimate.confidence:.0%} confidence interval {estimate.low:.1f}% to "
            f"{estimate.high:.1f}%."
        )
    return parts


def _rejected(hunks: Sequence[Hunk]) -> list[str]:
    parts: list[str] = []
    for hunk in hunks:
        if hunk.decision == "rejected" or hunk.note:
            verb = "was rejected" if hunk.decision == "rejected" else "got a remark"
            why = f": {hunk.note}" if hunk.note else ", without a reason"
            changed = [*("-" + line for line in hunk.old_lines), *("+" + line for line in hunk.new_lines)]
            parts.append(f"This change of {hunk.file} {verb}{why}\n\n{_fenced(chr(10).join(changed))}")
    return parts


def _fenced(text: str) -> str:
    fence = fence_for(text)
    return f"{fence}\n{text}\n{fence}"
