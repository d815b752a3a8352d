"""Prompts in words: their facts in one line, why one is not there, and what it is marked with."""

from textual.content import Content

from engine.model import Bottleneck, Prompt, PromptMark
from tui.state import State

SIGNS: dict[PromptMark, str] = {"pinned": "pinned", "approved": "✔", "starred": "★"}


def heading(state: State, bottleneck: Bottleneck | None) -> str:
    """Whose prompts these are."""
    if bottleneck is None:
        return "prompts"
    place = [item.id for item in state.bottlenecks].index(bottleneck.id) + 1
    return f"{bottleneck.function} · {place} of {len(state.bottlenecks)}"


def facts(state: State, prompt: Prompt) -> Content:
    """`v3 · person, from v2 · 412 tokens · $0.0031`."""
    parent = state.prompts.get(prompt.parent)
    parts = [f"v{prompt.version}", f"{prompt.author}, from v{parent.version}" if parent else prompt.author]
    if prompt.reused:
        parts.append("written for the whole project, reused")
    elif prompt.usage is None:
        parts.append(f"{len(prompt.text.split())} words")
    else:
        about = "about " if prompt.usage.estimated else ""
        usd = prompt.usage.usd
        parts.append(f"{about}{prompt.usage.output_tokens} tokens")
        parts.append("price unknown" if usd is None else f"${usd:.4f}" if usd else "free")
    if prompt.strategy != "mpco":
        parts.append(prompt.strategy)
    if prompt.without:
        parts.append(f"without {', '.join(prompt.without)}")
    parts += [SIGNS[mark] if mark == "pinned" else f"{SIGNS[mark]} {mark}" for mark in prompt.marks]
    if prompt.state != "ready":
        parts.append(prompt.state)
    elif prompt.proposal:
        parts.append("proposal" if prompt.proposal == "open" else f"{prompt.proposal} proposal")
    return Content.styled(" · ".join(parts), "$text-muted")


def is_open(prompt: Prompt) -> bool:
    """Whether it is a complete proposal that waits for a person's decision."""
    return prompt.proposal == "open" and prompt.state == "ready"


def reason(prompt: Prompt) -> str:
    """Why the text is not there or not whole, or is not sent, and the key that helps."""
    if is_open(prompt):
        asked = f" ({prompt.remark})" if prompt.remark else ""
        return f"A proposal{asked}, not sent yet: d shows what it changes, a takes it, r does not."
    if prompt.state == "failed":
        return f"✘ {prompt.reason or 'It could not be written.'} m writes it again."
    if prompt.state == "interrupted":
        kept = " e keeps what has come as yours." if prompt.text else ""
        return f"! {prompt.reason or 'Interrupted.'} m writes it again.{kept}"
    return ""


def results(state: State, prompt: Prompt) -> str:
    """What the meta-prompter will be told of a prompt's results when it is to improve it."""
    candidates = [item for item in state.candidates.values() if item.prompt == prompt.id]
    verdicts = [item.verdict for c in candidates if (item := state.latest_evaluation(c.id)) and item.verdict]
    rejected = sum(hunk.decision == "rejected" for item in candidates for hunk in item.hunks)
    if not candidates:
        return "It has not been sent yet; your remark is all there is to go by."
    measured = f": {', '.join(verdicts)}" if verdicts else ", none of them measured"
    more = f"; {rejected} hunk{'s' * (rejected != 1)} rejected" if rejected else ""
    return (
        f"{prompt.meta_prompter or 'The meta-prompter'} is told what came of it ({len(candidates)} "
        f"candidate{'s' * (len(candidates) != 1)}{measured}{more}), your edits, and your remark, if you have one."
    )
