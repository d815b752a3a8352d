"""Talking to the configured LLMs: who is meant by a label, how many at once, how often again, and at what cost."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine import config as configuration
from engine import privacy, recordings
from engine.config import Config, LlmSection, MetaPrompterSection
from engine.errors import BudgetError, ConfigError, EngineError, LlmError, PrivacyError
from engine.jobs import RunningJob, new_id
from engine.llm import client, prices
from engine.llm.budget import Budget, Reservation
from engine.llm.client import Deadlines, Delta, Done
from engine.llm.pace import Pace
from engine.llm.replay import Recorder, Recording, is_replay, recordable
from engine.masking import Mask
from engine.model import Exchange, Message, Purpose, Usage
from engine.protocol import Notice
from engine.session import Session

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds before the second try, and at most before any other; doubled from try to try."""
LONGEST_WAIT = 300.0
"""A provider that asks to wait longer than these seconds is not waited for."""
REASONING_STEP = 400
"""Characters of reasoning after which the job tells of it again."""

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
        if asked.model in ("", self.config.meta_prompter.model):
            return self.config.meta_prompter
        named = (section for section in self.config.llm if asked.model in (section.label, section.model))
        return next(named, None) or MetaPrompterSection(model=asked.model)

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

    def talk(self, asked: Asked, running: RunningJob, on_text: Callable[[str], None]) -> "Talk":
        """A question that is about to be asked; its text is passed on as it comes."""
        mask = self.mask(*(item.content for item in asked.messages))
        if mask:
            self.session.announce(Notice(text=mask.notice(), severity="warning"))
        masked = msgspec.structs.replace(asked, messages=mask.hide(asked.messages))
        return Talk(self, masked, running, on_text)


class Talk:
    """One question and its answer, over as many calls as that takes."""

    def __init__(
        self, conversations: Conversations, asked: Asked, running: RunningJob, on_text: Callable[[str], None]
    ) -> None:
        self.usage: Usage | None = None
        """Of all its calls so far, failed ones as well."""
        self._house = conversations
        self._asked = asked
        self._running = running
        self._on_text = on_text
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._characters = 0
        self._told_reasoning = 0

    @property
    def reasoning(self) -> str:
        """What the LLM thought, apart from its answer."""
        return "".join(self._reasonings)

    async def run(self) -> Done:
        """Ask, with all retries and then the fallback.

        Raises:
            LlmError: when no call goes well; what had come of an answer was passed on.
        """
        section = self._house.asked_section(self._asked)
        try:
            return await self._ask(section)
        except (BudgetError, PrivacyError):
            raise
        except LlmError as error:
            fallback = self._house.fallback(section)
            if fallback is None or self._texts:
                raise
            self._running.tell(f"{error} Now {fallback.model} is asked.")
            return await self._ask(fallback)

    async def _ask(self, section: Section) -> Done:
        async with self._house.place(section):
            self._running.started()
            for pause in _pauses(section.retries):
                try:
                    return await self._call(section)
                except LlmError as error:
                    wait = pause if error.retry_after is None else error.retry_after
                    if not error.retry or pause is None or wait is None or wait > LONGEST_WAIT:
                        raise
                    self._running.tell(f"again in {wait:.0f} s: {error}")
                    await asyncio.sleep(wait)
                    self._running.tell("")
        raise AssertionError("the last try returns or raises")

    async def _call(self, section: Section) -> Done:
        privacy.check(section.model, section, self._house.config.privacy)
        recording = self._house.recording(section)
        exchange = self._exchange(section)
        if recording is not None:
            done = await recording.play(recording.find(exchange), self._take)
            self.usage = prices.total(self.usage, done.usage)
            return done
        if problem := prices.misfit(section.model, self._asked.messages, section.context_window):
            raise LlmError(problem)
        key = self._key(section)
        while wait := self._house.pace(section).wait():
            self._running.tell(f"waits {wait:.0f} s: at most {section.requests_per_minute} requests a minute")
            await asyncio.sleep(wait)
        reservation = await self._reserve(section)
        recorder = Recorder()
        self._house.session.store.keep_exchanges(exchange)

        def on_delta(delta: Delta) -> None:
            recorder.add(delta)
            self._take(delta)
            if self._characters > reservation.characters:
                self._house.budget.extend(reservation)

        ended: Done | BaseException | None = None
        try:
            ended = await client.ask(
                section.model,
                self._asked.messages,
                on_delta,
                api_base=section.api_base,
                api_key=key,
                params=section.params,
                deadlines=Deadlines(section.first_timeout, section.chunk_timeout, section.total_timeout),
            )
            return ended
        except BaseException as error:
            ended = error
            raise
        finally:
            self._end(section, exchange, recorder, reservation, ended)

    def _exchange(self, section: Section) -> Exchange:
        return Exchange(
            id=new_id(),
            at=time.time(),
            purpose=self._asked.purpose,
            llm=self._asked.llm,
            bottleneck=self._asked.bottleneck,
            subject=self._asked.subject,
            model=section.model,
            messages=self._asked.messages,
            params=recordable(section.params),
        )

    def _end(
        self,
        section: Section,
        exchange: Exchange,
        recorder: Recorder,
        reservation: Reservation,
        ended: "Done | BaseException | None",
    ) -> None:
        """Count and record a call, however it ended."""
        chunks = recorder.chunks()
        usage: Usage | None = None
        if isinstance(ended, Done):
            usage = ended.usage
        elif chunks or not isinstance(ended, LlmError) or ended.billed:
            written = "".join(chunk.text + chunk.reasoning for chunk in chunks)
            usage = prices.estimate_usage(section.model, self._asked.messages, written)
            usage = msgspec.structs.replace(usage, usd=prices.priced(section.model, section.params, usage))
        self._house.budget.settle(reservation, usage)
        self.usage = prices.total(self.usage, usage)
        whole = msgspec.structs.replace(
            exchange,
            chunks=chunks,
            usage=usage,
            seconds=recorder.seconds,
            returned_model=ended.model if isinstance(ended, Done) else "",
            finish_reason=ended.finish_reason if isinstance(ended, Done) else "",
            error="" if isinstance(ended, Done) else str(ended) or "Cancelled.",
        )
        self._house.session.store.keep_exchanges(whole)

    async def _reserve(self, section: Section) -> Reservation:
        """Set money aside; when the budget is reached, wait until other calls give back or a person has decided."""
        budget = self._house.budget
        while True:
            try:
                return budget.reserve(section.model, self._asked.messages, section.params)
            except BudgetError as error:
                if not error.raisable:
                    raise
                if budget.busy:
                    self._running.tell("waits for money that other calls hold")
                else:
                    self._running.asks(str(error))
                if not await budget.room():
                    raise
                self._running.asks("")
                self._running.tell("")

    def _take(self, delta: Delta) -> None:
        if delta.reasoning:
            self._reasonings.append(delta.reasoning)
            self._characters += len(delta.reasoning)
            if not self._texts and self._characters - self._told_reasoning >= REASONING_STEP:
                self._told_reasoning = self._characters
                self._running.progress(f"reasons, {self._characters} characters so far")
        if delta.text:
            if not self._texts and self._reasonings:
                self._running.tell("")
            self._texts.append(delta.text)
            self._characters += len(delta.text)
            self._on_text(delta.text)

    def _key(self, section: Section) -> str:
        try:
            return configuration.resolve_key(section, Path(self._house.config.path).parent)
        except ConfigError as error:
            raise LlmError(str(error)) from None


def _pauses(retries: int) -> Iterator[float | None]:
    """Seconds to wait after each try, with jitter so that parallel calls do not come back together; None at last."""
    for number in range(retries):
        yield min(LONGEST_PAUSE, FIRST_PAUSE * 2**number) * random.uniform(1.0, 1.25)
    yield None


def _name(section: Section) -> str:
    return section.label if isinstance(section, LlmSection) else ""


def _usages(session: Session) -> Iterator[Usage]:
    for usage in (
        *(item.usage for item in session.prompts.values()),
        *(item.usage for item in session.candidates.values()),
    ):
        if usage is not None:
            yield usage
