"""Recordings of calls: made while an answer streams, and played back in place of an LLM."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from engine.errors import LlmError
from engine.llm.client import Delta, Done, OnDelta
from engine.model import Exchange, RecordedChunk, Usage

PREFIX = "replay/"
"""Models of this name answer from a recording."""
CHUNK_SECONDS = 1 / 30
"""Pieces that come closer together are recorded as one: nobody can see them apart."""
SECRET_PARAMS = ("header", "key", "secret", "credential", "password", "token_provider", "authorization")
"""Params whose name has one of these words may hold a secret, and are not recorded."""


def is_replay(model: str) -> bool:
    """Whether `model` answers from a recording."""
    return model.startswith(PREFIX)


def recordable(params: Mapping[str, Any]) -> dict[str, Any]:
    """The params without headers and keys."""
    return {name: value for name, value in params.items() if not any(part in name for part in SECRET_PARAMS)}


class Recorder:
    """Takes down one answer while it comes."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._chunks: list[RecordedChunk] = []
        self._at = 0.0
        self._texts: list[str] = []
        self._reasonings: list[str] = []

    @property
    def seconds(self) -> float:
        """Since the request was sent."""
        return time.monotonic() - self._begun

    def add(self, delta: Delta) -> None:
        """Take down a piece."""
        now = self.seconds
        if now - self._at >= CHUNK_SECONDS:
            self._close()
            self._at = now
        self._texts.append(delta.text)
        self._reasonings.append(delta.reasoning)

    def chunks(self) -> tuple[RecordedChunk, ...]:
        """All that was taken down."""
        self._close()
        return tuple(self._chunks)

    def _close(self) -> None:
        text, reasoning = "".join(self._texts), "".join(self._reasonings)
        if text or reasoning:
            self._chunks.append(RecordedChunk(seconds=round(self._at, 4), text=text, reasoning=reasoning))
        self._texts.clear()
        self._reasonings.clear()


class Recording:
    """The exchanges of a session, to be played back; `speed` 1 is as recorded, 0 as fast as possible."""

    def __init__(self, exchanges: Iterable[Exchange], name: str, speed: float = 1.0) -> None:
        self.exchanges = tuple(exchanges)
        self._name = name
        self._speed = speed
        self._played: Counter[tuple[str, ...]] = Counter()

    def find(self, wanted: Exchange) -> Exchange:
        """The recorded exchange that answers a request like `wanted`.

        The same messages come first; else the same question (purpose, LLM, bottleneck), since profiles, and with
        them the prompts, differ a little from run to run. Asked again, the next recorded answer is given.

        Raises:
            LlmError: when there is none.
        """
        model = wanted.model.removeprefix(PREFIX) if is_replay(wanted.model) else ""
        ended = [item for item in self.exchanges if item.seconds is not None and not is_replay(item.model)]
        of_model = [item for item in ended if model in ("", item.model, item.returned_model)]
        question = (wanted.purpose, wanted.llm, wanted.bottleneck)
        same = [item for item in of_model if item.messages == wanted.messages]
        same = same or [item for item in of_model if (item.purpose, item.llm, item.bottleneck) == question]
        same = [item for item in same if item.model == wanted.model] or same
        same = [item for item in same if item.chunks] or same
        if not same:
            what = f"by {model}" if model else f"for {wanted.llm}"
            raise LlmError(f"{self._name} has no answer {what} to this question; record one with a real model first.")
        key = (*question, model, same[0].id)
        number = self._played[key]
        self._played[key] += 1
        return same[min(number, len(same) - 1)]

    async def play(self, found: Exchange, on_delta: OnDelta) -> Done:
        """Give a recorded answer again, at its own speed; it costs nothing.

        Raises:
            LlmError: with the recorded sentence, when the recorded call failed.
        """
        begun = time.monotonic()
        for chunk in found.chunks:
            wait = chunk.seconds / self._speed - (time.monotonic() - begun) if self._speed else 0.0
            await asyncio.sleep(max(0.0, wait))
            on_delta(Delta(chunk.text, chunk.reasoning))
        if found.error:
            raise LlmError(found.error, "".join(chunk.text for chunk in found.chunks))
        usage = msgspec.structs.replace(found.usage or Usage(), usd=0.0)
        return Done(found.returned_model or found.model, usage, found.finish_reason)
