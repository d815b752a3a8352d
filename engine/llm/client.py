"""The one door to LLMs: everything MPCO says to a model, and hears from it, passes through `stream`.

Retries are off and deadlines are our own: litellm's defaults pay for silent second requests, and its time-outs
are defeated by a server that sends keep-alive bytes.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec

from engine.errors import LlmError
from engine.llm import library, prices
from engine.llm.budget import Budget, Reservation
from engine.llm.failures import explain
from engine.llm.offline import is_offline
from engine.llm.prices import count_tokens, estimate_usd, facts
from engine.llm.thinking import ThinkSplitter
from engine.model import Message, Usage

__all__ = [
    "Budget",
    "Delta",
    "Done",
    "Reservation",
    "count_tokens",
    "estimate_usd",
    "facts",
    "stream",
    "warm_up",
]


class Delta(msgspec.Struct, frozen=True):
    """A piece of a streamed answer."""

    text: str = ""
    reasoning: str = ""


class Done(msgspec.Struct, frozen=True):
    """How an answer ended."""

    model: str
    """The exact model id as the provider returned it."""
    usage: Usage
    finish_reason: str = ""


def warm_up() -> None:
    """Import litellm and register the offline models, so that the first call need not; meant for a thread."""
    library.load()


async def stream(
    model: str,
    messages: tuple[Message, ...],
    *,
    api_base: str = "",
    api_key: str = "",
    params: Mapping[str, Any] = {},
    first_timeout: float = 120.0,
    chunk_timeout: float = 60.0,
    total_timeout: float = 1800.0,
) -> AsyncGenerator[Delta | Done, None]:
    """Send `messages` to `model` once and yield its answer as it comes; a `Done` is the last item.

    Time-outs are seconds: until the first piece, between pieces, and for the whole answer. Cancelling the task or
    closing the generator closes the connection.

    Raises:
        LlmError: whatever goes wrong, as one sentence; an answer without text counts as going wrong.
    """
    answer = _Answer(model, messages, params, api_key)
    ends_at = time.monotonic() + total_timeout
    try:
        answer.response = await _within(first_timeout, answer.begin(api_base, first_timeout))
        timeout = first_timeout
        while True:
            left = ends_at - time.monotonic()
            chunk = await _within(min(timeout, left), anext(answer.response, None))
            if chunk is None:
                break
            delta = answer.take(chunk)
            if delta is not None:
                timeout = chunk_timeout
                yield delta
    except (LlmError, asyncio.CancelledError, GeneratorExit):
        raise
    except Exception as error:  # noqa: BLE001  # the clients below litellm raise far more than its own exceptions
        raise explain(model, error, answer.text, api_key) from None
    finally:
        await answer.close()
    rest = answer.finish()
    if rest is not None:
        yield rest
    yield answer.done()


async def _within(seconds: float, awaitable: Any) -> Any:
    return await asyncio.wait_for(awaitable, max(0.0, seconds))


class _Answer:
    """One answer under way: what has come of it, and its end."""

    def __init__(self, model: str, messages: tuple[Message, ...], params: Mapping[str, Any], key: str) -> None:
        self.text = ""
        self.response: Any = None
        self._model = model
        self._messages = messages
        self._params = params
        self._key = key
        self._reasoning = ""
        self._splitter = ThinkSplitter()
        self._returned_model = ""
        self._finish_reason = ""
        self._usage: Any = None

    async def begin(self, api_base: str, timeout: float) -> Any:
        """Send the request; returns litellm's stream."""
        litellm = await asyncio.to_thread(library.load)
        return await litellm.acompletion(
            **{
                **self._params,
                "model": self._model,
                "messages": [{"role": message.role, "content": message.content} for message in self._messages],
                "api_base": api_base or None,
                "api_key": self._key or _key_for_own_server(self._model, api_base),
                "timeout": timeout,
                "stream": True,
                "stream_options": {"include_usage": True},
                "max_retries": 0,
                "num_retries": 0,
            }
        )

    def take(self, chunk: Any) -> Delta | None:
        """What a chunk of the stream adds; None for chunks that carry no text."""
        hidden = getattr(chunk, "_hidden_params", None) or {}  # `chunk.model` is only what was asked for
        self._returned_model = hidden.get("provider_response_model") or self._returned_model
        self._usage = getattr(chunk, "usage", None) or self._usage
        if not chunk.choices:
            return None
        choice = chunk.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        text, thought = self._splitter.feed(choice.delta.content or "")
        return self._add(text, (getattr(choice.delta, "reasoning_content", None) or "") + thought)

    def finish(self) -> Delta | None:
        """What was held back while a tag could have begun.

        Raises:
            LlmError: when there is no text at all: servers behind a wrong address answer so.
        """
        rest = self._add(*self._splitter.finish())
        if not self.text.strip():
            raise LlmError(
                f"{self._model} sent an empty answer; check that api_base is the address of an LLM server, "
                "or give it more max_tokens if it only reasoned."
            )
        return rest

    def done(self) -> Done:
        """The closing item, with the usage that the provider told or, flagged as estimated, our own count."""
        told = any(getattr(chunk, "usage", None) is not None for chunk in getattr(self.response, "chunks", ()))
        if self._usage is not None:
            usage = Usage(
                input_tokens=self._usage.prompt_tokens or 0,
                output_tokens=self._usage.completion_tokens or 0,
                estimated=not told,
            )
        else:
            written = (Message(role="assistant", content=self.text + self._reasoning),)
            usage = Usage(
                input_tokens=count_tokens(self._model, self._messages),
                output_tokens=count_tokens(self._model, written),
                estimated=True,
            )
        usage = msgspec.structs.replace(usage, usd=prices.priced(self._model, self._params, usage))
        model = self._model if is_offline(self._model) else self._returned_model or self._model
        return Done(model, usage, self._finish_reason)

    async def close(self) -> None:
        """Close the connection; leaving the loop alone does not."""
        if self.response is not None:
            await self.response.aclose()

    def _add(self, text: str, reasoning: str) -> Delta | None:
        self.text += text
        self._reasoning += reasoning
        return Delta(text, reasoning) if text or reasoning else None


def _key_for_own_server(model: str, api_base: str) -> str | None:
    """OpenAI-compatible servers of one's own often have no key, but the client insists on one."""
    own = api_base and model.startswith(("openai/", "hosted_vllm/", "lm_studio/"))
    return "none" if own and not os.environ.get("OPENAI_API_KEY") else None
