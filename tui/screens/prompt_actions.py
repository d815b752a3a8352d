"""What is done with one version of a prompt: improved, compared, decided on, marked and copied."""

from typing import TYPE_CHECKING, Any

from engine.model import Prompt, PromptMark
from engine.protocol import CopyPrompt, DecideProposal, ImprovePrompts, MarkPrompt
from tui import prompt_words
from tui.screens.prompt_dialogs import CompareDialog, LlmsDialog, PromptDiff, RemarkDialog
from tui.screens.prompt_proposal import ProposalDiff

if TYPE_CHECKING:
    from tui.app import MpcoApp

EXAMPLE = "what should be better, as in: be more specific about allocation"


def improve(app: "MpcoApp", prompt: Prompt) -> None:
    """Ask for a remark, and have the version written again as a proposal."""

    def send(remark: str | None) -> None:
        if remark is not None:
            app.chosen_prompts.pop((prompt.bottleneck, prompt.llm), None)
            app.perform(ImprovePrompts(prompts=(prompt.id,), remark=remark))

    results = prompt_words.results(app.state, prompt)
    app.push_screen(RemarkDialog(f"Improve v{prompt.version} for {prompt.llm}", results, EXAMPLE), send)


def compare(app: "MpcoApp", prompt: Prompt) -> None:
    """A diff with a version that is asked for; an open proposal is decided on against what it would replace."""
    parent = app.state.prompts.get(prompt.parent)
    if prompt_words.is_open(prompt) and parent is not None:
        app.push_screen(ProposalDiff(parent, prompt), lambda text: decide(app, prompt, text))
        return

    def show(id: str | None) -> None:
        other = app.state.prompts.get(id or "")
        if other is not None:
            app.push_screen(PromptDiff(other, prompt))

    dialog = CompareDialog(app.state, prompt)
    if dialog.empty:
        app.say("There is no other version and no other LLM's prompt to compare it with.", "warning")
    else:
        app.push_screen(dialog, show)


def decide(app: "MpcoApp", prompt: Prompt, text: str | None) -> None:
    """Take what `text` has of a proposal: all of it, a part, or, being empty, nothing; None decides later."""
    if text is None:
        return
    part = text if text.strip() != prompt.text.strip() else ""
    words = "was left as it is" if not text else "is taken in part, as a new version" if part else "is taken"

    def done(_: Any) -> None:
        app.chosen_prompts.pop((prompt.bottleneck, prompt.llm), None)
        app.say(f"v{prompt.version} {words}." if text else f"The prompt {words}; v{prompt.version} is kept.")

    app.perform(DecideProposal(prompt=prompt.id, accept=bool(text), text=part), done)


def reject(app: "MpcoApp", prompt: Prompt) -> None:
    """Leave a prompt as it was before a proposal."""
    if prompt_words.is_open(prompt):
        decide(app, prompt, "")
    else:
        app.say("Only a proposal can be rejected: i has one made.", "warning")


def mark(app: "MpcoApp", prompt: Prompt, mark: PromptMark) -> None:
    """Approve, pin or star a version, or take the mark away; approving a proposal takes it."""
    if mark == "approved" and prompt_words.is_open(prompt):
        decide(app, prompt, prompt.text)
    else:
        app.perform(MarkPrompt(prompt=prompt.id, mark=mark, on=mark not in prompt.marks))


def copy_to(app: "MpcoApp", prompt: Prompt) -> None:
    """Give a version's text to other LLMs, those that stay marked."""
    labels = [item.label for item in app.state.project.llms if item.label != prompt.llm] if app.state.project else []
    if not labels:
        app.say("There is no other LLM to copy it to; mpco.toml names one.", "warning")
        return

    def copy(chosen: tuple[str, ...] | None) -> None:
        if chosen:
            told = f"Copied v{prompt.version} to {', '.join(chosen)}, as a new version there."
            app.perform(CopyPrompt(prompt=prompt.id, llms=chosen), lambda _: app.say(told))

    app.push_screen(LlmsDialog(f"Copy v{prompt.version} for {prompt.llm} to", labels), copy)
