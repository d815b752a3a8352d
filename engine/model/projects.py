"""The project and its LLMs."""

from typing import Literal

from engine.model.noun import Noun


class Llm(Noun, frozen=True, kw_only=True):
    """One target LLM of the project, as the screen shows it."""

    label: str
    model: str
    about: str = ""
    """For the offline models: what they are, in one sentence."""


class LlmFacts(Noun, frozen=True, kw_only=True):
    """What litellm's own model data (or the offline models' own description) says about an LLM."""

    model: str
    provider: str = ""
    context_window: int | None = None
    """Tokens; None when unknown."""
    max_output: int | None = None
    usd_per_input_token: float | None = None
    """None when the price is unknown; 0.0 only when it is known to be free."""
    usd_per_output_token: float | None = None
    reasoning: bool = False
    about: str = ""
    """For the offline models: what they are, in one sentence."""


class Project(Noun, frozen=True, kw_only=True):
    """The project as the screen shows it."""

    root: str
    name: str
    description: str = ""
    languages: tuple[str, ...] = ()
    llms: tuple[Llm, ...] = ()
    meta_prompter: str = ""
    prompt_scope: Literal["bottleneck", "project"] = "bottleneck"
    """What a prompt is written for unless something else is asked for."""
    test_command: str = ""
    benchmark_command: str = ""
    profile_command: str = ""
    max_usd: float | None = None
    rounds: int = 0
    """How often a headless run lets an LLM try again."""
    sandbox: str = ""
    """The mechanism in use, or why there is none."""
    notice: str = ""
    """What happened to the session while it was opened, in one sentence; empty for nothing."""
