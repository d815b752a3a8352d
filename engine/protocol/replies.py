"""Requests, and what they are answered with."""

import msgspec

from engine.model import (
    BaselineFile,
    ContextField,
    Experiment,
    Hunk,
    Message,
    Purpose,
)
from engine.protocol.commands import Command


class Request(msgspec.Struct, frozen=True):
    """One command of a client; `id` is the client's own."""

    id: int
    command: Command


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What the meta-prompter would be sent, and the context fields it was made from."""

    model: str
    messages: tuple[Message, ...]
    fields: tuple[ContextField, ...]


class Strategy(msgspec.Struct, frozen=True, kw_only=True):
    """A way for prompts to come to be."""

    name: str
    about: str
    """What it is for."""
    meta: bool
    """Whether a meta-prompter writes the prompt; else its template is the prompt."""
    problem: str = ""
    """What is wrong with its template, with file and line; empty when it can be used."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it would be sent to an LLM."""

    purpose: Purpose
    llm: str
    """Label of the target LLM."""
    bottleneck: str
    """Name of the function."""
    model: str
    destination: str
    """An address, the name of a provider, or `this machine`."""
    leaves: bool
    """Whether it would leave this machine."""
    refused: str
    """Why it would not be sent; empty when it would."""
    messages: tuple[Message, ...]
    tokens: int
    window: int | None
    """The LLM's context window in tokens, None when unknown; what does not fit is never sent in part."""
    max_usd: float | None
    """What it could cost at most; None when the price is unknown."""
    masked: int
    """How many places hold a placeholder for a likely secret."""


class PlaceOffered(msgspec.Struct, frozen=True, kw_only=True):
    """One place that an edit of an answer could have."""

    line: int
    within: str
    """The function around it; empty outside of any."""
    hunks: tuple[Hunk, ...]
    """What the edit by itself would change there."""
    problem: str
    """Why it would not do there; empty when it would."""


class ExperimentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment would ask for, and what that is likely to cost and to take."""

    experiment: Experiment
    cells: int
    """All of the grid."""
    left: int
    """Cells that are still to be asked for."""
    prompts: int
    """Prompts that an LLM still has to write for them."""
    usd: float | None
    """What all that is likely to cost; None when a price is not known."""
    max_usd: float | None
    """What it costs when every answer is as long as it may be."""
    unpriced: tuple[str, ...] = ()
    """Models whose price is not known."""
    guessed: bool = False
    """Whether the length of some answers is a guess, since no answer of that LLM has been seen."""
    max_seconds: float | None = None
    """Of measuring what is left, at most; None when nothing tells how long a run takes."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two candidates: the files as one would leave them, and the hunks to the other's."""

    files: tuple[BaselineFile, ...]
    hunks: tuple[Hunk, ...]


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Two hunks that cannot be written together."""

    hunk: str
    other: str
    file: str
    line: int
    """Of the file before."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What hunks of any candidates make together."""

    patch: str = ""
    """Empty while there are conflicts."""
    conflicts: tuple[Clash, ...] = ()
    evaluation: str = ""
    """Id of the newest evaluation of exactly these bytes; empty when there is none."""
    files: tuple[BaselineFile, ...] = ()
    """The files that the hunks change, as they are now."""
    hunks: tuple[Hunk, ...] = ()
    """The hunks at their places in `files`, without those that are in the working tree already."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="reply"):
    """The answer to one request: a result, or one sentence that says what went wrong."""

    id: int
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
