"""Talking to the configured LLMs: who is meant by a label, how many at once, and within which budget."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from engine import config as configuration
from engine.config import Config, LlmSection, MetaPrompterSection
from engine.errors import EngineError, LlmError
from engine.llm import client as llm_client
from engine.model import Message, Usage
from engine.session import Session


class Conversations:
    """The LLM calls of one engine."""

    def __init__(self, config: Config, session: Session) -> None:
        self._session = session
        self._places: dict[str, asyncio.Semaphore] = {}
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self._config = config
        self._budget = llm_client.Budget(config.budget.max_usd, config.budget.max_tokens)
        self._count_what_was_spent()

    def cap(self, max_usd: float | None) -> None:
        """Cap the spend at `max_usd`; None takes the configured cap."""
        usd = self._config.budget.max_usd if max_usd is None else max_usd
        self._budget = llm_client.Budget(usd, self._config.budget.max_tokens)
        self._count_what_was_spent()

    def llm(self, label: str) -> LlmSection:
        """The target LLM of that label.

        Raises:
            EngineError: naming the labels there are.
        """
        for section in self._config.llm:
            if section.label == label:
                return section
        known = ", ".join(section.label for section in self._config.llm)
        raise EngineError(f"mpco.toml has no [[llm]] with label {label!r}; there are: {known}.")

    async def ask(
        self, label: str, messages: tuple[Message, ...], on_text: Callable[[str], None], on_start: Callable[[], None]
    ) -> llm_client.Done:
        """Send messages to a target LLM and pass its text on as it comes.

        Raises:
            LlmError: when the call fails, or the budget does not allow it.
        """
        section = self.llm(label)
        return await self._talk(label, section, section.max_parallel, messages, on_text, on_start)

    async def meta_prompt(
        self, messages: tuple[Message, ...], on_text: Callable[[str], None], on_start: Callable[[], None]
    ) -> llm_client.Done:
        """Send messages to the meta-prompter and pass its text on as it comes.

        Raises:
            LlmError: when the call fails, or the budget does not allow it.
        """
        return await self._talk("", self._config.meta_prompter, 4, messages, on_text, on_start)

    async def _talk(
        self,
        label: str,
        section: LlmSection | MetaPrompterSection,
        parallel: int,
        messages: tuple[Message, ...],
        on_text: Callable[[str], None],
        on_start: Callable[[], None],
    ) -> llm_client.Done:
        async with self._places.setdefault(label, asyncio.Semaphore(parallel)):
            on_start()
            reservation = self._budget.reserve(section.model, messages, section.params)
            usage: Usage | None = None
            try:
                key = configuration.resolve_key(section, Path(self._config.path).parent)
                parts = llm_client.stream(
                    section.model, messages, api_base=section.api_base, api_key=key, params=section.params
                )
                async for part in parts:
                    if isinstance(part, llm_client.Done):
                        usage = part.usage
                        return part
                    on_text(part.text)
            finally:
                self._budget.settle(reservation, usage)
        raise LlmError(f"{section.model} ended its answer without saying so; try again.")

    def _count_what_was_spent(self) -> None:
        usages = [item.usage for item in self._session.prompts.values()]
        usages += [item.usage for item in self._session.candidates.values()]
        for usage in usages:
            if usage is not None:
                self._budget.count(usage)
