"""The one door to LLMs: everything MPCO says to a model, and hears from it, passes through `ask`.

Retries are off and deadlines are our own: litellm's defaults pay for silent second requests, and its time-outs
are defeated by a server that sends keep-alive bytes.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from engine.errors import LlmError
from engine.llm import failures, library, prices
from engine.llm.offline import is_offline
from engine.llm.thinking import ThinkSplitter
from engine.model import Message, Usage


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


class Deadlines(msgspec.Struct, frozen=True):
    """Seconds that an answer may take: until its first piece, between pieces, and as a whole."""

    first: float = 120.0
    chunk: float = 60.0
    total: float = 1800.0


USUAL = Deadlines()
OnDelta = Callable[[Delta], None]


def warm_up() -> None:
    """Import litellm, register the offline models and load the tokenizer; meant for a thread."""
    library.load()
    prices.count_tokens("openai/gpt-4o", (Message(role="user", content="warm"),))


async def ask(
    model: str,
    messages: tuple[Message, ...],
    on_delta: OnDelta,
    *,
    api_base: str = "",
    api_key: str = "",
    params: Mapping[str, Any] = {},
    deadlines: Deadlines = USUAL,
) -> Done:
    """Send `messages` to `model` once and pass its answer on as it comes.

    Cancelling the task closes the connection at once.

    Raises:
        LlmError: whatever goes wrong, as one sentence; an answer without text counts as going wrong. What
            `on_delta` raises as an LlmError ends the call and is passed on.
    """
    litellm = await asyncio.to_thread(library.load)
    answer = _Answer(model, messages, on_delta)
    now = asyncio.get_running_loop().time
    ends_at = now() + deadlines.total
    moved, step = 0.0, min(0.1, deadlines.chunk / 10)  # moving a deadline for every chunk would cost more than the text
    try:
        async with asyncio.timeout_at(min(now() + deadlines.first, ends_at)) as deadline:
            request = {
                **params,
                "model": model,
                "messages": [{"role": message.role, "content": message.content} for message in messages],
                "api_base": api_base or None,
                "api_key": api_key or _key_for_own_server(model, api_base),
                "timeout": deadlines.total,
                "stream": True,
                "stream_options": {"include_usage": True},
                "max_retries": 0,
                "num_retries": 0,
            }
            answer.response = await litellm.acompletion(**request)
            async for chunk in answer.response:
                if answer.take(chunk) and now() >= moved + step:
                    moved = now()
                    deadline.reschedule(min(moved + deadlines.chunk, ends_at))
    except (LlmError, asyncio.CancelledError):
        raise
    except TimeoutError:
        raise _late(model, deadlines, answer, now() >= ends_at) from None
    except Exception as error:  # noqa: BLE001  # the clients below litellm raise far more than its own exceptions
        raise failures.explain(model, error, answer.text, api_key, begun=answer.response is not None) from None
    finally:
        await answer.close()
    return answer.finish(params)


def _late(model: str, deadlines: Deadlines, answer: "_Answer", all_used: bool) -> LlmError:
    if all_used:
        return failures.late(model, deadlines.total, "total_timeout", answer.text)
    if answer.begun:
        return failures.late(model, deadlines.chunk, "chunk_timeout", answer.text)
    return failures.late(model, deadlines.first, "first_timeout")


class _Answer:
    """One answer under way: what has come of it, and its end."""

    def __init__(self, model: str, messages: tuple[Message, ...], on_delta: OnDelta) -> None:
        self.response: Any = None
        self._model = model
        self._messages = messages
        self._on_delta = on_delta
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._splitter = ThinkSplitter()
        self._returned_model = ""
        self._finish_reason = ""
        self._usage: Any = None

    @property
    def text(self) -> str:
        """The answer so far, without its reasoning."""
        return "".join(self._texts)

    @property
    def begun(self) -> bool:
        """Whether any text or reasoning has come."""
        return bool(self._texts or self._reasonings)

    def take(self, chunk: Any) -> bool:
        """Pass on what a chunk of the stream adds; False for chunks that carry no text."""
        if not self._returned_model:  # `chunk.model` is only what was asked for
            hidden = getattr(chunk, "_hidden_params", None) or {}
            self._returned_model = hidden.get("provider_response_model") or ""
        self._usage = _field(chunk, "usage") or self._usage
        if not chunk.choices:
            return False
        choice = chunk.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        text, thought = self._splitter.feed(choice.delta.content or "")
        return self._add(text, (_field(choice.delta, "reasoning_content") or "") + thought)

    def finish(self, params: Mapping[str, Any]) -> Done:
        """Pass on what was held back while a tag could have begun, and say how the answer ended.

        Raises:
            LlmError: when there is no text at all: servers behind a wrong address answer so.
        """
        self._add(*self._splitter.finish())
        if not self.text.strip():
            raise failures.empty(self._model, self._finish_reason, bool(self._returned_model))
        usage = self._usage_told()
        usage = msgspec.structs.replace(usage, usd=prices.priced(self._model, params, usage))
        model = self._model if is_offline(self._model) else self._returned_model or self._model
        return Done(model, usage, self._finish_reason)

    def _usage_told(self) -> Usage:
        """What the provider told or, flagged as estimated, our own count."""
        if self._usage is None:
            return prices.estimate_usage(self._model, self._messages, self.text + "".join(self._reasonings))
        # litellm puts in figures of its own when the provider tells none.
        told = any(getattr(chunk, "usage", None) is not None for chunk in getattr(self.response, "chunks", ()))
        return Usage(
            input_tokens=self._usage.prompt_tokens or 0,
            output_tokens=self._usage.completion_tokens or 0,
            estimated=not told,
        )

    async def close(self) -> None:
        """Close the connection; leaving the loop alone does not."""
        if self.response is not None:
            await self.response.aclose()

    def _add(self, text: str, reasoning: str) -> bool:
        if text:
            self._texts.append(text)
        if reasoning:
            self._reasonings.append(reasoning)
        if text or reasoning:
            self._on_delta(Delta(text, reasoning))
        return bool(text or reasoning)


def _field(item: Any, name: str) -> Any:
    """A field of one of litellm's models; asking pydantic for one that is not there takes 150 times as long."""
    return item.__dict__.get(name) or (item.__pydantic_extra__ or {}).get(name)


def _key_for_own_server(model: str, api_base: str) -> str | None:
    """OpenAI-compatible servers of one's own often have no key, but the client insists on one."""
    own = api_base and model.startswith(("openai/", "hosted_vllm/", "lm_studio/"))
    return "none" if own and not os.environ.get("OPENAI_API_KEY") else None
