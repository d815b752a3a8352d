"""What a candidate's answer says beside its diff, as lines to read: whose it is, why there is no diff, its words."""

from engine.model import Candidate, Unapplied
from tui.lines import BEYOND_OFFLINE
from tui.state import State
from tui.widgets.answer_view import HEADING


def answer_lines(state: State, candidate: Candidate) -> list[str]:
    """Facts about the call, the reason and the edits that found no place (if any), then the answer itself."""
    lines = [f"{HEADING}{_call(state, candidate)}"]
    about = next((llm.about for llm in state.project.llms if llm.label == candidate.llm), "") if state.project else ""
    if about:
        lines.append(about)
    if candidate.reason:
        told = candidate.state == "empty" and bool(candidate.answer)  # the reason only quotes the answer then
        lines += ["", f"{HEADING}{_reason_title(candidate)}", *([] if told else [candidate.reason])]
        if candidate.state == "interrupted" and candidate.answer:
            lines.append("+ has the LLM go on with it.")
        if candidate.sent and (candidate.state == "unappliable" or (candidate.state == "empty" and not about)):
            lines.append("+ has the LLM try again, with what became of its answer.")
    lines += [*_placed(candidate)]
    for edit in candidate.unapplied:
        lines += ["", f"{HEADING}Not applied: {edit.file or 'no file named'}", edit.reason, *_choice(edit)]
        lines += ["```", *_safe(edit.text), "```"] if edit.text else []
    if candidate.answer:
        lines += ["", f"{HEADING}Its answer", *_safe(candidate.answer)]
        if about and candidate.state == "empty":
            lines += ["", BEYOND_OFFLINE]
    elif candidate.state == "streaming":
        lines += ["", "Waiting for the first word …"]
    if candidate.reasoning:
        lines += ["", f"{HEADING}Its reasoning", *_safe(candidate.reasoning)]
    return lines


def _choice(edit: Unapplied) -> list[str]:
    """What a person can do about an edit without a place."""
    if edit.edit < 0:
        return []
    lines = ", ".join(map(str, edit.places))
    if not lines:
        return ["P leaves this edit out."]
    places = f"line{'s' * (len(edit.places) > 1)}" if edit.fits else "similar lines at"
    return [f"P chooses its place ({places} {lines}), or leaves it out."]


def _placed(candidate: Candidate) -> list[str]:
    """What a person has said about edits of this answer."""
    said = [
        f"Edit {item.edit + 1}: " + (f"placed by you at {item.file}:{item.line}" if item.line else "left out by you")
        for item in candidate.placed
    ]
    return ["", f"{HEADING}Your choices", *said] if said else []


def _safe(text: str) -> list[str]:
    return text.replace(HEADING, "␁").split("\n")


def _call(state: State, candidate: Candidate) -> str:
    parts = [candidate.llm, candidate.model]
    parts += [f"{name} {value}" for name, value in candidate.params.items()]
    if candidate.usage is not None:
        about = "about " if candidate.usage.estimated else ""
        parts.append(f"{about}{candidate.usage.input_tokens} → {candidate.usage.output_tokens} tokens")
        parts.append("price unknown" if candidate.usage.usd is None else f"${candidate.usage.usd:.4f}")
    if candidate.seconds:
        parts.append(f"{candidate.seconds:.1f} s")
    return " · ".join(part for part in parts if part)


def _reason_title(candidate: Candidate) -> str:
    return {
        "empty": "It proposes no change",
        "unappliable": "Its answer could not be applied",
        "failed": "The call failed",
        "interrupted": "The answer was cut off",
    }.get(candidate.state, "Note")
