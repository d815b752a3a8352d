"""Makes the offline models callable through litellm, beside and in the way of all other LLMs."""

from collections.abc import AsyncIterator
from typing import Any

from litellm.llms.custom_llm import CustomLLM, CustomLLMError
from litellm.types.utils import GenericStreamingChunk

from engine.llm.offline.streaming import UnknownModelError, stream


class Offline(CustomLLM):
    """The offline models."""

    async def astreaming(  # type: ignore[override]  # litellm declares a coroutine and iterates what it gets
        self, model: str, messages: list[Any], *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Stream the model's answer in small pieces, with its usage."""
        try:
            async for piece, tokens in stream(model, messages, kwargs.get("optional_params") or {}):
                yield _chunk(piece, tokens)
        except UnknownModelError as error:
            raise CustomLLMError(  # type: ignore[no-untyped-call]
                status_code=error.status_code, message=str(error)
            ) from None


def _chunk(text: str, tokens: tuple[int, int] | None) -> Any:
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
