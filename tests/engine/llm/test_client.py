"""The streaming client against a real HTTP server that speaks the OpenAI protocol, well and badly."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.errors import LlmError
from engine.llm.client import Delta, Done, stream
from engine.model import Message

ASK = (Message(role="system", content="You help."), Message(role="user", content="Say hello."))
KEY = "sk-verysecret-0123456789abcdef"
Write = Callable[[bytes], Awaitable[None]]
Script = Callable[[Write], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Server:
    """Answers each request by a script; keeps what it was sent and whether the client went away."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.headers.append(head)
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        self.requests.append(json.loads(await reader.readexactly(length)))

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        gone = asyncio.create_task(reader.read(1))
        script = asyncio.create_task(self.script(write))  # type: ignore[arg-type]
        await asyncio.wait({gone, script}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            self.left.set()
        script.cancel()
        gone.cancel()
        writer.close()


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[tuple[str, Server]]:
    server = Server(script)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", server
    finally:
        listening.close()


def event(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    delta = {key: value for key, value in (("content", text), *more.pop("delta", {}).items()) if value is not None}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "served-1", "choices": choices, **more}
    return f"data: {json.dumps(body)}\n\n".encode()


def script(*parts: bytes) -> Script:
    async def play(write: Write) -> None:
        for part in parts:
            await write(part)

    return play


def failing(status: str, body: str, headers: str = "") -> Script:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
    return script(head.encode())


async def hear(url: str, **options: Any) -> tuple[str, str, Done]:
    text = reasoning = ""
    async for part in stream("openai/gpt-4o", ASK, api_base=url, api_key=KEY, **options):
        if isinstance(part, Done):
            return text, reasoning, part
        text, reasoning = text + part.text, reasoning + part.reasoning
    raise AssertionError("no Done")


USAGE = event(choices=[], usage={"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200})
END = b"data: [DONE]\n\n"


async def test_text_reasoning_usage_and_price() -> None:
    thought = event(delta={"reasoning_content": "Hm. "})
    parts = (
        HEAD,
        thought,
        event("<thi"),
        event("nk>So.</think>"),
        event("Hel"),
        event("lo"),
        event(finish="stop"),
        USAGE,
    )
    async with serving(script(*parts, END)) as (url, server):
        text, reasoning, done = await hear(url, params={"temperature": 0.5})
    assert (text, reasoning) == ("Hello", "Hm. So.")
    assert done.model == "served-1" and done.finish_reason == "stop"
    assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.estimated) == (1000, 200, False)
    assert done.usage.usd == pytest.approx(1000 * 2.5e-6 + 200 * 1e-5)
    sent = server.requests[0]
    assert sent["stream_options"] == {"include_usage": True} and sent["temperature"] == 0.5
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert f"Bearer {KEY}" in server.headers[0]


async def test_usage_that_nobody_told_is_marked_as_estimated() -> None:
    async with serving(script(HEAD, event("Hello there"), event(finish="stop"), END)) as (url, _):
        _, _, done = await hear(url)
    assert done.usage.estimated and done.usage.input_tokens > 5 and done.usage.output_tokens > 0


async def test_an_unknown_price_is_none_and_params_can_tell_it() -> None:
    async with serving(script(HEAD, event("Hi"), event(finish="stop"), USAGE, END)) as (url, _):
        done = [p async for p in stream("openai/my-own", ASK, api_base=url)][-1]
        told = {"input_cost_per_token": 0.001, "output_cost_per_token": 0.01}
        priced = [p async for p in stream("openai/my-own", ASK, api_base=url, params=told)][-1]
    assert isinstance(done, Done) and done.usage.usd is None
    assert isinstance(priced, Done) and priced.usage.usd == pytest.approx(3.0)


ERROR = '{"error": {"message": "%s", "type": "x", "code": "%s"}}'
FAILURES = {
    "401 Unauthorized": (ERROR % (f"Incorrect API key: {KEY}", "invalid_api_key"), "", "refused the API key"),
    "403 Forbidden": (ERROR % ("no", "denied"), "", "denied access"),
    "404 Not Found": (ERROR % ("no such model", "model_not_found"), "", "knows no model openai/gpt-4o"),
    "429 Too Many Requests": (ERROR % ("slow down", "rate_limit"), "retry-after: 17\r\n", "asks to wait 17 s"),
    "400 Bad Request": (
        ERROR % ("This model's maximum context length is 8192 tokens", "context_length_exceeded"),
        "",
        "longer than the context window",
    ),
    "422 Unprocessable Entity": (ERROR % (f"bad temperature, {KEY}", "x"), "", "refused the request. It says:"),
    "503 Service Unavailable": (ERROR % ("overloaded", "x"), "", r"failed \(503\)"),
}


@pytest.mark.parametrize("status", FAILURES)
async def test_each_failure_is_one_sentence_after_one_request(status: str) -> None:
    body, headers, words = FAILURES[status]
    async with serving(failing(status, body, headers)) as (url, server):
        with pytest.raises(LlmError, match=words) as caught:
            await hear(url)
    assert len(server.requests) == 1
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}" and "\n" not in str(caught.value)


async def test_a_cut_keeps_what_had_come() -> None:
    async def cut(write: Write) -> None:
        await write(HEAD.replace(b"Connection: close", b"Content-Length: 99999") + event("Half an ") + event("answer"))

    async with serving(cut) as (url, _):
        with pytest.raises(LlmError, match="cut off after 14 characters") as caught:
            await hear(url)
    assert caught.value.partial == "Half an answer"


async def test_an_answer_without_text_is_a_failure() -> None:
    page = b"<html><body>Welcome</body></html>"
    html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)
    for parts in ((html,), (HEAD, event(finish="stop"), END)):
        async with serving(script(*parts)) as (url, _):
            with pytest.raises(LlmError, match="empty answer"):
                await hear(url)


@pytest.mark.parametrize("first", [b"", event("Hello")])
async def test_keep_alive_bytes_do_not_defeat_the_time_out(first: bytes) -> None:
    async def dawdle(write: Write) -> None:
        await write(HEAD + first)
        while True:
            await write(b": keep-alive\n\n")
            await asyncio.sleep(0.01)

    async with serving(dawdle) as (url, server):
        with pytest.raises(LlmError, match="did not answer in time"):
            await hear(url, first_timeout=5 if first else 0.3, chunk_timeout=0.2)
        await asyncio.wait_for(server.left.wait(), 5)


async def test_cancelling_and_closing_end_the_connection() -> None:
    async def forever(write: Write) -> None:
        await write(HEAD + event("Hello"))
        await asyncio.Event().wait()

    async with serving(forever) as (url, server):
        task = asyncio.create_task(hear(url))
        while not server.requests:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.left.wait(), 5)
    async with serving(forever) as (url, server):
        parts = stream("openai/gpt-4o", ASK, api_base=url, api_key=KEY)
        assert await anext(parts) == Delta("Hello", "")
        await parts.aclose()
        await asyncio.wait_for(server.left.wait(), 5)


async def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LlmError, match="cannot be reached"):
        await hear("http://127.0.0.1:9/v1")
    with pytest.raises(LlmError, match="No provider is known for nonsense-model"):
        [part async for part in stream("nonsense-model", ASK)]
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LlmError, match="no API key for openai/gpt-4o"):
        [part async for part in stream("openai/gpt-4o", ASK)]


async def test_an_offline_model_streams_for_nothing() -> None:
    parts = [part async for part in stream("offline/meta", ASK, params={"chunk_delay": 0})]
    *deltas, done = parts
    assert isinstance(done, Done) and done.model == "offline/meta" and done.usage.usd == 0.0
    assert not done.usage.estimated and done.usage.output_tokens > 100
    assert len(deltas) > 20 and max(len(part.text) for part in deltas if isinstance(part, Delta)) <= 40


async def test_an_offline_model_that_does_not_exist() -> None:
    with pytest.raises(LlmError, match="There is no offline/nobody; there are offline/meta"):
        [part async for part in stream("offline/nobody", ASK)]
