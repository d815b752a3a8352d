"""One question to an LLM: tried again, paced, paid for and recorded, until there is an answer or a reason."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from engine import config as configuration
from engine import privacy
from engine.conversation import Asked, Conversations, Section
from engine.errors import BudgetError, ConfigError, EngineError, LlmError, PrivacyError
from engine.jobs import RunningJob, new_id
from engine.llm import client, prices
from engine.llm.budget import Reservation
from engine.llm.client import Deadlines, Delta, Done
from engine.llm.replay import Recorder, recordable
from engine.model import Exchange, Usage
from engine.protocol import Notice

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds before the second try, and at most before any other; doubled from try to try."""
LONGEST_WAIT = 300.0
"""A provider that asks to wait longer than these seconds is not waited for."""
REASONING_STEP = 400
"""Characters of reasoning after which the job tells of it again."""


class Talk:
    """One question and its answer, over as many calls as that takes."""

    def __init__(
        self, conversations: Conversations, asked: Asked, running: RunningJob, on_text: Callable[[str], None]
    ) -> None:
        mask = conversations.mask(*(item.content for item in asked.messages))
        if mask:
            conversations.session.announce(Notice(text=mask.notice(), severity="warning"))
        self.usage: Usage | None = None
        """Of all its calls so far, failed ones as well."""
        self._house = conversations
        self._asked = msgspec.structs.replace(asked, messages=mask.hide(asked.messages))
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
        except EngineError as error:
            raise LlmError(str(error)) from error
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

        def on_delta(delta: Delta) -> None:
            recorder.add(delta)
            self._take(delta)
            if self._characters > reservation.characters:
                self._house.budget.extend(reservation)

        ended: Done | BaseException | None = None
        try:
            self._house.session.store.keep_exchanges(exchange)
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
