"""How an embedded model answers: in small pieces, with pauses between them, and with its usage at the end."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any

from engine.llm.offline import ABOUT, meta
from engine.llm.offline.optimiser import RULES, optimise
from engine.llm.prices import characters_as_tokens

CHUNK_DELAY = 0.025
"""Seconds between pieces: slow enough to be seen to stream."""
LONGEST_ANSWER = 3.5
"""Seconds that all pauses together take at most."""
SHORTEST_CHUNK, CHUNK_SPREAD = 12, 29

Piece = tuple[str, tuple[int, int] | None]
"""Text, and with the last piece the tokens of the question and of the answer."""


class UnknownModelError(Exception):
    """There is no embedded model of that name; the status is what a provider over HTTP would answer."""

    status_code = 404


async def stream(
    model: str, messages: Sequence[Mapping[str, Any]], params: Mapping[str, Any]
) -> AsyncGenerator[Piece, None]:
    """The answer of the model to `messages`; `chunk_delay` in the params sets the pause between its pieces.

    Raises:
        UnknownModelError: when there is no such model.
    """
    text = await asyncio.to_thread(_answer, model, messages)
    pieces = list(_pieces(text))
    delay = min(float(params.get("chunk_delay", CHUNK_DELAY)), LONGEST_ANSWER / len(pieces))
    for piece in pieces:
        await asyncio.sleep(delay)
        yield piece, None
    taken = sum(characters_as_tokens(str(message.get("content", ""))) for message in messages)
    yield "", (taken, characters_as_tokens(text))


def _answer(model: str, messages: Sequence[Mapping[str, Any]]) -> str:
    name = model.removeprefix("offline/")
    by_role = {role: _content(messages, role) for role in ("system", "user")}
    if name == "meta":
        return meta.compose(f"{by_role['system']}\n{by_role['user']}")
    if name not in RULES:
        known = ", ".join(f"offline/{item}" for item in ABOUT)
        raise UnknownModelError(f"There is no offline/{name}; there are {known}.")
    return optimise(name, by_role["system"], by_role["user"])


def _content(messages: Sequence[Mapping[str, Any]], role: str) -> str:
    return "\n".join(str(message.get("content", "")) for message in messages if message.get("role") == role)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of changing length, the same for the same text."""
    start = 0
    while start < len(text):
        size = SHORTEST_CHUNK + zlib.crc32(text[start : start + 8].encode()) % CHUNK_SPREAD
        yield text[start : start + size]
        start += size
