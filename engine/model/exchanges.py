"""What was said to an LLM and heard from it: the recording of one call."""

from typing import Any, Literal

from engine.model.noun import Noun
from engine.model.prompts import Message, Usage

Purpose = Literal["prompt", "optimise"]


class RecordedChunk(Noun, frozen=True, kw_only=True):
    """A piece of a recorded answer."""

    seconds: float
    """Since the request was sent."""
    text: str = ""
    reasoning: str = ""


class Exchange(Noun, frozen=True, kw_only=True):
    """One call of an LLM, as a recording holds it; keys and headers are no part of it."""

    id: str
    at: float
    purpose: Purpose
    """Whether it was asked to write a prompt, or to optimise code."""
    llm: str
    """Label of the target LLM; for a prompt, the LLM that it is written for."""
    bottleneck: str
    subject: str
    """Id of the prompt or the candidate that it was made for."""
    model: str
    """As in mpco.toml."""
    messages: tuple[Message, ...]
    params: dict[str, Any] = {}
    returned_model: str = ""
    """The exact model id as the provider returned it."""
    chunks: tuple[RecordedChunk, ...] = ()
    usage: Usage | None = None
    """None when the provider took nothing for it."""
    finish_reason: str = ""
    seconds: float | None = None
    """How long it took; None when the engine ended before it did."""
    error: str = ""
    """Why it failed, in one sentence."""
