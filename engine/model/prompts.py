"""The nouns of stage 2: contexts, messages, prompts, and what an LLM call took."""

from collections.abc import Collection, Sequence
from typing import Literal

from engine.model.noun import Noun

ContextName = Literal["project", "task", "llm"]
CONTEXT_NAMES: tuple[ContextName, ...] = ("project", "task", "llm")


class ContextField(Noun, frozen=True, kw_only=True):
    """One fact the meta-prompter is told, and where it came from."""

    context: ContextName
    name: str
    value: str
    source: str = ""
    """For a person: `mpco.toml`, `README.md`, `pyproject.toml`, `profile`, `psutil`, `litellm`, ..."""


class ContextEdit(Noun, frozen=True, kw_only=True):
    """A person's words in place of a field that was collected, or beside those that were."""

    context: ContextName
    name: str
    value: str | None
    """Empty leaves the field out; None is no edit any more."""
    bottleneck: str = ""
    """The one it is about; empty for all."""
    llm: str = ""
    """Label of the target LLM it is about; empty for all."""

    @property
    def id(self) -> str:
        """What it is about; a later edit of the same takes its place."""
        return "\0".join((self.context, self.name, self.bottleneck, self.llm))

    def about(self, bottleneck: str, llm: str) -> bool:
        """Whether it counts for a prompt of this bottleneck for this LLM."""
        return self.value is not None and self.bottleneck in ("", bottleneck) and self.llm in ("", llm)


class Message(Noun, frozen=True, kw_only=True):
    """One chat message exactly as it is sent to an LLM."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(Noun, frozen=True, kw_only=True):
    """What one LLM call took."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    """None when the model's price is unknown; 0.0 only when it is known to be free."""
    estimated: bool = False
    """True when the provider told no usage, or the call did not end well, and the figures are counted here."""


Proposal = Literal["", "open", "accepted", "rejected"]
PromptMark = Literal["pinned", "approved", "starred"]
TextState = Literal["streaming", "ready", "failed", "interrupted"]


class Prompt(Noun, frozen=True, kw_only=True):
    """The optimisation prompt for one (bottleneck, LLM): one immutable version of it."""

    id: str
    bottleneck: str
    llm: str
    """Label of the target LLM."""
    version: int
    author: Literal["meta", "person"]
    text: str
    state: TextState
    at: float
    parent: str = ""
    strategy: str = "mpco"
    template: str = ""
    """Digest of the strategy's template as it was."""
    scope: Literal["bottleneck", "project"] = "bottleneck"
    """`project`: written without a bottleneck's evidence, so that it serves them all."""
    meta_prompter: str = ""
    without: tuple[ContextName, ...] = ()
    """Contexts that were switched off when it was written."""
    fields: tuple[ContextField, ...] = ()
    digest: str = ""
    """Digest of the fields."""
    sent: tuple[Message, ...] = ()
    """The messages the meta-prompter was sent; empty for a person's version."""
    reasoning: str = ""
    """What the meta-prompter thought before it answered, as far as it tells."""
    usage: Usage | None = None
    """Of all calls that were made for it, failed ones as well."""
    remark: str = ""
    """What the person asked to be better."""
    written_for: str = ""
    """The LLM that its text was written for, where an experiment gives it to this one; not sent by itself then."""
    reused: str = ""
    """The prompt whose text this is, when it was written for another bottleneck."""
    proposal: Proposal = ""
    """Whether a person has taken an improved version; it is not sent by itself before that. Empty for any other one."""
    marks: tuple[PromptMark, ...] = ()
    reason: str = ""
    """Why it failed or was interrupted, in one sentence."""

    @property
    def sendable(self) -> bool:
        """Whether it is complete, meant for this LLM, and no proposal that nobody has taken."""
        return self.state == "ready" and not self.written_for and self.proposal not in ("open", "rejected")


def prompt_to_send(versions: Sequence[Prompt], chosen: Collection[str] = ()) -> Prompt | None:
    """Of the versions of one prompt, oldest first, the chosen one that is ready, else the pinned, else the newest."""
    picked = [item for item in versions if item.state == "ready" and item.id in chosen]
    sendable = [item for item in versions if item.sendable]
    pinned = [item for item in versions if item.state == "ready" and "pinned" in item.marks]
    return next((found[-1] for found in (picked, pinned, sendable) if found), None)
