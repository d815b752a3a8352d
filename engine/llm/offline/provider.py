"""Makes the offline models callable through litellm, so that they run the very path that real LLMs run."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from litellm.llms.custom_llm import CustomLLM, CustomLLMError
from litellm.types.utils import GenericStreamingChunk

from engine.llm.offline import ABOUT, meta
from engine.llm.offline.optimiser import RULES, optimise
from engine.llm.prices import characters_as_tokens

CHUNK_DELAY = 0.025
"""Seconds between pieces: slow enough to be seen to stream."""
LONGEST_ANSWER = 3.5
"""Seconds that all pauses together take at most."""
SHORTEST_CHUNK, CHUNK_SPREAD = 12, 29


class Offline(CustomLLM):
    """The offline models."""

    async def astreaming(  # type: ignore[override]  # litellm declares a coroutine and iterates what it gets
        self, model: str, messages: list[Any], *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Stream the model's answer in small pieces; `chunk_delay` in the params sets the pause between them."""
        params = kwargs.get("optional_params") or {}
        text = await asyncio.to_thread(_answer, model, messages)
        pieces = list(_pieces(text))
        delay = min(float(params.get("chunk_delay", CHUNK_DELAY)), LONGEST_ANSWER / len(pieces))
        for piece in pieces:
            await asyncio.sleep(delay)
            yield _chunk(piece)
        taken = sum(characters_as_tokens(str(message.get("content", ""))) for message in messages)
        yield _chunk("", (taken, characters_as_tokens(text)))


def _answer(model: str, messages: list[Any]) -> str:
    name = model.removeprefix("offline/")
    by_role = {role: _content(messages, role) for role in ("system", "user")}
    if name == "meta":
        return meta.compose(f"{by_role['system']}\n{by_role['user']}")
    if name not in RULES:
        known = ", ".join(f"offline/{item}" for item in ABOUT)
        raise CustomLLMError(  # type: ignore[no-untyped-call]
            status_code=404, message=f"There is no offline/{name}; there are {known}."
        )
    return optimise(name, by_role["system"], by_role["user"])


def _content(messages: list[Any], role: str) -> str:
    return "\n".join(str(message.get("content", "")) for message in messages if message.get("role") == role)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of changing length, the same for the same text."""
    start = 0
    while start < len(text):
        size = SHORTEST_CHUNK + zlib.crc32(text[start : start + 8].encode()) % CHUNK_SPREAD
        yield text[start : start + size]
        start += size


def _chunk(text: str, tokens: tuple[int, int] | None = None) -> Any:
    usage: Any = None
    if tokens:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    return GenericStreamingChunk(
        text=text,
        is_finished=tokens is not None,
        finish_reason="stop" if tokens else "",
        usage=usage,
        index=0,
        tool_use=None,
    )
