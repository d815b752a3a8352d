"""The configured LLMs: who is meant by a label, how many calls at once, within which budget or from which recording."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine import recordings
from engine.config import Config, LlmSection, MetaPrompterSection
from engine.errors import EngineError
from engine.llm.budget import Budget
from engine.llm.pace import Pace
from engine.llm.replay import Recording, is_replay
from engine.masking import Mask
from engine.model import Message, Purpose, Usage
from engine.session import Session

Section = LlmSection | MetaPrompterSection


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question to an LLM."""

    purpose: Purpose
    """`prompt` asks the meta-prompter, `optimise` the LLM itself."""
    llm: str
    """Label of the target LLM."""
    bottleneck: str
    subject: str
    """Id of the prompt or candidate that is made."""
    messages: tuple[Message, ...]
    model: str = ""
    """For `prompt`: the model of [meta_prompter], the label or the model of an [[llm]], or any other model's name."""


class Conversations:
    """The LLM calls of one engine."""

    def __init__(self, config: Config, session: Session) -> None:
        self.session = session
        self.budget = Budget()
        self.config = config
        self._cap: float | None = None
        self._places: dict[tuple[str, int], asyncio.Semaphore] = {}
        self._recording: Recording | None = None
        self._recordings: dict[tuple[str, float, str], Recording] = {}
        self._paces: dict[tuple[str, int | None], Pace] = {}
        self.configure(config)
        for usage in _usages(session):
            self.budget.count(usage)

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self.config = config
        self.budget.cap(self.max_usd, config.budget.max_tokens)

    def cap(self, max_usd: float | None) -> None:
        """Cap the spend at `max_usd`; None takes the configured cap. Calls that wait for money try again."""
        self._cap = max_usd
        self.budget.cap(self.max_usd, self.config.budget.max_tokens)

    @property
    def max_usd(self) -> float | None:
        """The cap that holds now."""
        return self.config.budget.max_usd if self._cap is None else self._cap

    def replay(self, source: str, speed: float) -> dict[str, Any]:
        """Answer every call from the recording `source`, or by the LLMs again when that is empty.

        Raises:
            EngineError: when there is no such recording.
        """
        if not source:
            self._recording = None
            return {}
        self._recording = recordings.playable(Path(source), speed)
        found = self._recording.exchanges
        return {
            "exchanges": len(found),
            "bottlenecks": list(dict.fromkeys(item.bottleneck for item in found)),
            "llms": list(dict.fromkeys(item.llm for item in found)),
        }

    def forget_recordings(self) -> None:
        """Begin again with the recordings that models named `replay/...` answer from."""
        self._recordings.clear()

    def recording(self, section: Section) -> Recording | None:
        """The recording that answers in place of an LLM; None when it is really called."""
        if self._recording is not None or not is_replay(section.model):
            return self._recording
        source, speed = str(section.params.get("recording", "")), float(section.params.get("speed", 1.0))
        key = (source, speed, _name(section))
        if key not in self._recordings:
            own = Recording(self.session.store.exchanges(), "This session", speed)
            path = Path(self.config.path).parent / source
            self._recordings[key] = recordings.playable(path, speed) if source else own
        return self._recordings[key]

    def llm(self, label: str) -> LlmSection:
        """The target LLM of that label.

        Raises:
            EngineError: naming the labels there are.
        """
        for section in self.config.llm:
            if section.label == label:
                return section
        known = ", ".join(section.label for section in self.config.llm)
        raise EngineError(f"mpco.toml has no [[llm]] with label {label!r}; there are: {known}.")

    def asked_section(self, asked: Asked) -> Section:
        """How the LLM that is asked is to be called."""
        if asked.purpose != "prompt":
            return self.llm(asked.llm)
        return self.meta_prompter(asked.model)

    def meta_prompter(self, model: str) -> Section:
        """How the LLM that writes prompts is to be called: the configured one, an [[llm]], or any other model."""
        if model in ("", self.config.meta_prompter.model):
            return self.config.meta_prompter
        named = (section for section in self.config.llm if model in (section.label, section.model))
        return next(named, None) or MetaPrompterSection(model=model)

    def fallback(self, section: Section) -> Section | None:
        """Who is asked when `section` fails."""
        if not section.fallback:
            return None
        named = (item for item in self.config.llm if item.label == section.fallback)
        return next(named, None) or msgspec.structs.replace(section, model=section.fallback, fallback="")

    def place(self, section: Section) -> asyncio.Semaphore:
        """Where a call waits until no more than `max_parallel` others of its LLM are under way."""
        key = (_name(section), section.max_parallel)
        return self._places.setdefault(key, asyncio.Semaphore(section.max_parallel))

    def pace(self, section: Section) -> Pace:
        """How often an LLM may be called."""
        key = (_name(section), section.requests_per_minute)
        return self._paces.setdefault(key, Pace(section.requests_per_minute))

    def outgoing(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """`messages` as they may be sent: with a placeholder for each likely secret."""
        return self.mask(*(item.content for item in messages)).hide(messages)

    def mask(self, *texts: str) -> Mask:
        """The likely secrets of `texts`; none when [privacy] says that they may be sent."""
        return Mask.of(texts if self.config.privacy.mask_secrets else ())


def _name(section: Section) -> str:
    return section.label if isinstance(section, LlmSection) else ""


def _usages(session: Session) -> Iterator[Usage]:
    for usage in (
        *(item.usage for item in session.prompts.values()),
        *(item.usage for item in session.candidates.values()),
    ):
        if usage is not None:
            yield usage
