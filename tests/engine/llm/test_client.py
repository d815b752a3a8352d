"""One call of an LLM over real HTTP, against a provider that answers well and badly."""

import asyncio
import time
from email.utils import formatdate
from typing import Any

import pytest

from engine.errors import LlmError
from engine.llm.client import Deadlines, Delta, Done, ask, warm_up
from engine.model import Message
from tests.openai_server import ECHOED_KEY as KEY
from tests.openai_server import END, event, refusing, sending, serving, usage

ASK = (Message(role="system", content="You help."), Message(role="user", content="Say hello."))
BRISK = Deadlines(first=1.2, chunk=0.3, total=5.0)
"""For those that stay silent; a server that answers may take longer on a busy machine."""
SLOW_LINE = Deadlines(first=30.0, chunk=30.0, total=60.0)
STALLS = Deadlines(first=30.0, chunk=1.0, total=60.0)
GPT = sending(event("Hello"), event(finish="stop"), usage(), END)


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """litellm is loaded before the first deadline runs."""
    warm_up()


async def hear(url: str, model: str, **options: Any) -> tuple[str, str, Done]:
    """(text, reasoning, end) of the answer of the model named so."""
    heard: list[Delta] = []
    done = await ask(f"openai/{model}", ASK, heard.append, api_base=url, **{"api_key": KEY, **options})
    return "".join(delta.text for delta in heard), "".join(delta.reasoning for delta in heard), done


async def failure(model: str, deadlines: Deadlines = SLOW_LINE) -> LlmError:
    """How a call to the model named so fails; it made one request and told nobody the key."""
    async with serving() as server:
        with pytest.raises(LlmError) as caught:
            await hear(server.url, model, deadlines=deadlines)
    assert len(server.calls) == 1
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}" and "\n" not in str(caught.value)
    return caught.value


async def test_text_usage_and_price() -> None:
    async with serving(GPT) as server:
        text, _, done = await hear(server.url, "gpt-4o", params={"temperature": 0.5})
    assert text == "Hello" and done.model == "served-1" and done.finish_reason == "stop"
    assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.estimated) == (1000, 200, False)
    assert done.usage.usd == pytest.approx(1000 * 2.5e-6 + 200 * 1e-5)
    sent = server.calls[0].body
    assert sent["stream_options"] == {"include_usage": True} and sent["temperature"] == 0.5
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert f"Bearer {KEY}" in server.calls[0].head


@pytest.mark.parametrize(("model", "thought"), [("reasoning", "Hm. "), ("thinking", "So.")])
async def test_reasoning_comes_apart_from_the_answer(model: str, thought: str) -> None:
    async with serving() as server:
        assert (await hear(server.url, model))[:2] == ("Hello", thought)


@pytest.mark.parametrize("model", ["no-usage", "no-done"])
async def test_usage_that_nobody_told_is_marked_as_estimated(model: str) -> None:
    async with serving() as server:
        text, _, done = await hear(server.url, model)
    assert text == "Hello there"
    assert done.usage.estimated and done.usage.input_tokens > 5 and done.usage.output_tokens > 0


async def test_one_byte_at_a_time_is_slow_but_whole() -> None:
    async with serving() as server:
        text, _, done = await hear(server.url, "dribbling")
    assert text == "Hello there" and done.usage.input_tokens == 1000


async def test_an_unknown_price_is_none_and_params_can_tell_it() -> None:
    told = {"input_cost_per_token": 0.001, "output_cost_per_token": 0.01}
    async with serving() as server:
        assert (await hear(server.url, "my-own"))[2].usage.usd is None
        assert (await hear(server.url, "my-own", params=told))[2].usage.usd == pytest.approx(3.0)


REFUSALS = {
    "bad-key": ("refused the API key: check api_key", False),
    "denied": ("denied access", False),
    "unknown": ("knows no model openai/unknown: check its name and api_base", False),
    "no-quota": ("no quota left: add credit", False),
    "busy": ("over its rate limit", True),
    "busy-for-an-hour": ("asks to wait 3600 s", True),
    "too-long": ("longer than the context window", False),
    "bad-request": ("refused the request. It says: bad temperature, …", False),
    "refused": ("refused the content", False),
    "failing": ("failed (500); try again later", True),
    "down": ("failed (503); try again later", True),
    "html": ("is no answer of an LLM: check that api_base", False),
}


@pytest.mark.parametrize("model", REFUSALS)
async def test_what_is_refused_gets_one_sentence_and_costs_nothing(model: str) -> None:
    words, retry = REFUSALS[model]
    error = await failure(model)
    assert words in str(error) and not error.partial
    assert (error.retry, error.billed) == (retry, False)


BROKEN = {
    "filtered": "its content filter",
    "empty": "sent an empty answer",
    "silent": "did not answer within 1.2 s (first_timeout)",
    "keep-alive": "did not answer within 1.2 s (first_timeout)",
}


@pytest.mark.parametrize("model", BROKEN)
async def test_an_answer_without_text_is_a_failure_that_may_cost(model: str) -> None:
    error = await failure(model, BRISK if "first_timeout" in BROKEN[model] else SLOW_LINE)
    assert BROKEN[model] in str(error)
    assert (error.partial, error.retry, error.billed) == ("", False, True)


@pytest.mark.parametrize("model", ["cut", "garbage", "bad-utf8", "error-event", "stalling", "no-end"])
async def test_what_had_come_of_a_broken_answer_is_kept(model: str) -> None:
    error = await failure(model, STALLS if model == "stalling" else SLOW_LINE)
    assert error.partial == ("Hello there" if model == "no-end" else "Half an answer")
    assert f"cut off after {len(error.partial)} characters; what came is kept." in str(error)
    assert (error.retry, error.billed) == (False, True)


async def test_an_answer_that_never_ends_is_ended() -> None:
    error = await failure("endless", Deadlines(first=30, chunk=30, total=2))
    assert "(total_timeout)" in str(error) and set(error.partial) == {"x"}


@pytest.mark.parametrize("model", ["silent", "keep-alive", "stalling"])
async def test_cancelling_and_deadlines_close_the_connection(model: str) -> None:
    async with serving() as server:
        task = asyncio.create_task(hear(server.url, model))
        while not server.calls:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.calls[0].left.wait(), 60)
        with pytest.raises(LlmError):
            await hear(server.url, model, deadlines=BRISK)
        await asyncio.wait_for(server.calls[1].left.wait(), 60)


async def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LlmError, match="cannot be reached") as caught:
        await hear("http://127.0.0.1:9/v1", "gpt-4o")
    assert caught.value.retry and not caught.value.billed
    with pytest.raises(LlmError, match="No provider is known for nonsense-model"):
        await ask("nonsense-model", ASK, print)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LlmError, match="no API key for openai/gpt-4o") as keyless:
        await ask("openai/gpt-4o", ASK, print)
    assert not keyless.value.retry


async def test_an_offline_model_streams_for_nothing() -> None:
    heard: list[Delta] = []
    done = await ask("offline/meta", ASK, heard.append, params={"chunk_delay": 0})
    assert done.model == "offline/meta" and done.usage.usd == 0.0
    assert not done.usage.estimated and done.usage.output_tokens > 100
    assert len(heard) > 20 and max(len(delta.text) for delta in heard) <= 40


async def test_an_offline_model_that_does_not_exist() -> None:
    with pytest.raises(LlmError, match="There is no offline/nobody; there are offline/meta"):
        await ask("offline/nobody", ASK, print)


async def test_a_wait_that_is_told_as_a_date_is_kept_in_seconds() -> None:
    head = f"retry-after: {formatdate(time.time() + 3600, usegmt=True)}\r\n"
    async with serving(refusing("429 Too Many Requests", "slow down", "rate_limit", head)) as server:
        with pytest.raises(LlmError, match=r"asks to wait 3[56]\d\d s") as told:
            await hear(server.url, "busy-until")
    assert told.value.retry and told.value.retry_after and 3000 < told.value.retry_after <= 3600
