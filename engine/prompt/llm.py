"""The target LLM's context: what is known about the one that will read the prompt."""

from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from engine.config import FILE_NAME, LlmSection
from engine.model import ContextField, LlmFacts


class Statement(msgspec.Struct, frozen=True):
    """One consideration and who says so."""

    text: str
    source: str


class Family(msgspec.Struct, frozen=True):
    """What is known about the models whose names match."""

    match: tuple[str, ...]
    statements: tuple[Statement, ...]


class _Families(msgspec.Struct, frozen=True):
    family: tuple[Family, ...]


def llm_fields(llm: LlmSection, facts: LlmFacts) -> tuple[ContextField, ...]:
    """Label, model, provider, window, price, reasoning and considerations; what is unknown is left out."""
    source = "its own description" if facts.about else "litellm"
    known = known_about(llm.model)
    values = (
        ("label", llm.label, FILE_NAME),
        ("model", llm.model, FILE_NAME),
        ("provider", facts.provider, source),
        ("about", facts.about, source),
        ("context window", _tokens(facts.context_window), source),
        ("longest answer", _tokens(facts.max_output), source),
        ("price", _price(facts), source),
        ("reasoning", _reasoning(facts), source),
        ("considerations", llm.considerations, FILE_NAME),
        (
            "family considerations",
            " ".join(statement.text for statement in known),
            "; ".join(dict.fromkeys(statement.source for statement in known)),
        ),
    )
    return tuple(ContextField(context="llm", name=name, value=value, source=of) for name, value, of in values if value)


def known_about(model: str) -> tuple[Statement, ...]:
    """What families.toml says about a model, by its name after the last slash."""
    name = model.rpartition("/")[2].lower()
    return tuple(
        statement
        for family in families()
        if any(fnmatchcase(name, glob) for glob in family.match)
        for statement in family.statements
    )


def families() -> tuple[Family, ...]:
    """All families of models that we know something about."""
    text = Path(__file__).with_name("families.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=_Families).family


def _tokens(count: int | None) -> str:
    return f"{count:,} tokens" if count is not None else ""


def _price(facts: LlmFacts) -> str:
    prices = (facts.usd_per_input_token, facts.usd_per_output_token)
    if prices[0] is None or prices[1] is None:
        return ""
    if prices == (0.0, 0.0):
        return "free"
    return f"${prices[0] * 1e6:.2f} per million tokens read, ${prices[1] * 1e6:.2f} per million written"


def _reasoning(facts: LlmFacts) -> str:
    if facts.reasoning:
        return "can reason before it answers"
    # Without any data, False only means that nobody knows.
    return "answers without reasoning first" if facts.context_window is not None else ""
