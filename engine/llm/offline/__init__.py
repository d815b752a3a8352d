"""The embedded offline models: honest rule-based programs behind the same door as real LLMs.

They need no key and no network, so that the first run, the tests and the CI do the whole job for real. None of
them is a language model, and every description and every answer says so. This module holds what is known about
them without importing litellm; `provider` makes them callable through it.
"""

from engine.model import LlmFacts

PROVIDER = "offline"
CONTEXT_WINDOW = 200_000

ABOUT = {
    "meta": "A rule-based prompt writer, not a language model: it composes prompts from the contexts it is told.",
    "algorithms": "A rule-based rewriter, not a language model: it changes data structures and algorithms "
    "(sets, dict indexes, deques, heaps, counters) where it can show that results stay the same.",
    "loops": "A rule-based rewriter, not a language model: it hoists invariants out of loops, joins strings "
    "and writes comprehensions where it can show that results stay the same.",
    "caching": "A rule-based rewriter, not a language model: it compiles patterns once, memoises pure functions "
    "and precomputes constants where it can show that results stay the same.",
}


def is_offline(model: str) -> bool:
    """Whether `model` names an embedded model, known or not."""
    return model.startswith(f"{PROVIDER}/")


def facts(model: str) -> LlmFacts:
    """What is known about an embedded model; `about` is empty for a name that does not exist."""
    return LlmFacts(
        model=model,
        provider=PROVIDER,
        context_window=CONTEXT_WINDOW,
        max_output=CONTEXT_WINDOW,
        usd_per_input_token=0.0,
        usd_per_output_token=0.0,
        about=ABOUT.get(model.removeprefix(f"{PROVIDER}/"), ""),
    )
