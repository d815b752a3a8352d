"""What is known about a model before it is called: its window, its prices, and how long a prompt is in tokens."""

from collections.abc import Mapping
from typing import Any

from engine.llm import library, offline
from engine.model import LlmFacts, Message, Usage

LOCAL_PROVIDERS = ("ollama", "ollama_chat", "lm_studio", "llamafile", offline.PROVIDER)
"""Providers that run on the user's own machine: price 0 means free there, and unknown elsewhere."""

CHARACTERS_PER_TOKEN = 4
"""For the offline models, which have no tokens of their own."""


def facts(model: str) -> LlmFacts:
    """What litellm's bundled data says about `model`; nothing is asked over the network."""
    if offline.is_offline(model):
        return offline.facts(model)
    prefix, _, rest = model.rpartition("/")
    costs: Mapping[str, Mapping[str, Any]] = library.load().model_cost
    entry = costs.get(model)
    if entry is None and prefix:
        found = costs.get(rest, {})
        entry = found if found.get("litellm_provider") == prefix.split("/")[0] else {}
    entry = entry or {}
    provider = str(entry.get("litellm_provider") or prefix.split("/")[0])
    return LlmFacts(
        model=model,
        provider=provider,
        context_window=entry.get("max_input_tokens"),
        max_output=entry.get("max_output_tokens"),
        usd_per_input_token=_price(entry, "input_cost_per_token", provider),
        usd_per_output_token=_price(entry, "output_cost_per_token", provider),
        reasoning=bool(entry.get("supports_reasoning")),
    )


def count_tokens(model: str, messages: tuple[Message, ...]) -> int:
    """How many tokens `messages` are for `model`: exact for few models, a fair estimate for the others."""
    if offline.is_offline(model):
        return sum(characters_as_tokens(message.content) for message in messages)
    sent = [{"role": message.role, "content": message.content} for message in messages]
    return int(library.load().token_counter(model=model, messages=sent))


def misfit(model: str, messages: tuple[Message, ...], window: int | None) -> str:
    """Why messages cannot be sent whole, in one sentence; empty when they fit, or when no window is known.

    `window` is the model's context window in tokens as a person has given it; None takes litellm's.
    """
    room = window or facts(model).context_window
    if room is None:
        return ""
    tokens = count_tokens(model, messages)
    if tokens <= room:
        return ""
    return (
        f"The messages for {model} take about {tokens:,} tokens, more than its context window of {room:,}; nothing was "
        "sent. Shorten the prompt, lower [task] context_tokens, or choose a smaller bottleneck or another LLM."
    )


def characters_as_tokens(text: str) -> int:
    """The length of `text` in units of four characters, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def prices(model: str, params: Mapping[str, Any]) -> tuple[float, float] | None:
    """US dollars for one input and one output token; None when unknown.

    `input_cost_per_token` and `output_cost_per_token` in the params of an [[llm]] come before litellm's data.
    """
    known = facts(model)
    per_input = params.get("input_cost_per_token", known.usd_per_input_token)
    per_output = params.get("output_cost_per_token", known.usd_per_output_token)
    if per_input is None or per_output is None:
        return None
    return float(per_input), float(per_output)


def estimate_usd(
    model: str, messages: tuple[Message, ...], max_output: int, params: Mapping[str, Any] = {}
) -> float | None:
    """The most that sending `messages` and receiving `max_output` tokens costs; None when the price is unknown."""
    price = prices(model, params)
    if price is None:
        return None
    return count_tokens(model, messages) * price[0] + max_output * price[1]


def priced(model: str, params: Mapping[str, Any], usage: Usage) -> float | None:
    """What a call that took `usage` costs; None when the price is unknown."""
    price = prices(model, params)
    if price is None:
        return None
    return usage.input_tokens * price[0] + usage.output_tokens * price[1]


def estimate_usage(model: str, messages: tuple[Message, ...], written: str) -> Usage:
    """What a call seems to have taken whose usage nobody told; without its price."""
    answer = (Message(role="assistant", content=written),)
    return Usage(
        input_tokens=count_tokens(model, messages),
        output_tokens=count_tokens(model, answer) if written else 0,
        estimated=True,
    )


def total(first: Usage | None, second: Usage | None) -> Usage | None:
    """Two calls taken together; their price is unknown when either is."""
    if first is None or second is None:
        return first or second
    known = first.usd is not None and second.usd is not None
    return Usage(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        usd=(first.usd or 0.0) + (second.usd or 0.0) if known else None,
        estimated=first.estimated or second.estimated,
    )


def _price(entry: Mapping[str, Any], key: str, provider: str) -> float | None:
    if provider in LOCAL_PROVIDERS:
        return float(entry.get(key) or 0.0)
    # Many entries of the map hold 0 for "not entered": a price that is not known must not read as free.
    return float(entry[key]) if entry.get(key) else None
