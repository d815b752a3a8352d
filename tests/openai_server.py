"""An LLM provider on loopback that speaks the OpenAI protocol over real HTTP, well or badly in many ways.

The name of the model that a request asks for chooses how it is answered: one of `BEHAVIOURS`, else well.
`python -m tests.openai_server` runs it as a process of its own and prints its port.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
END = b"data: [DONE]\n\n"
FLOOD_CHUNKS = 1000
ECHOED_KEY = "sk-verysecret-0123456789abcdef"


class Call:
    """One request under way."""

    def __init__(self, head: str, body: dict[str, Any], number: int, writer: asyncio.StreamWriter) -> None:
        self.head = head
        self.body = body
        self.at = asyncio.get_running_loop().time()
        self.number = number
        """Which request for this model it is, from 1."""
        self.left = asyncio.Event()
        """Set when the client closes the connection before the answer has ended."""
        self._writer = writer

    async def write(self, *parts: bytes) -> None:
        """Send each part as a write of its own."""
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()

    async def status(self, line: str, message: str, code: str = "", headers: str = "") -> None:
        """Refuse with an error in OpenAI's form."""
        body = json.dumps({"error": {"message": message, "type": "error", "code": code}})
        head = f"HTTP/1.1 {line}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}"
        await self.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    async def page(self, body: bytes, type: str = "text/html") -> None:
        """Answer with something that is no stream."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        await self.write(head.encode() + body)


Behaviour = Callable[[Call], Awaitable[None]]


def event(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One server-sent event with a chunk of an answer."""
    delta = {key: value for key, value in (("content", text), *more.pop("delta", {}).items()) if value is not None}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "served-1", "choices": choices, **more}
    return f"data: {json.dumps(body)}\n\n".encode()


def usage(sent: int = 1000, written: int = 200) -> bytes:
    """The event with the usage, as sent when a request includes it."""
    counted = {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
    return event(choices=[], usage=counted)


def saying(*pieces: str) -> Behaviour:
    """Answers well, in these pieces."""

    async def answer(call: Call) -> None:
        await call.write(HEAD, *(event(piece) for piece in pieces), event(finish="stop"), usage(), END)

    return answer


def sending(*parts: bytes) -> Behaviour:
    """Answers with exactly these bytes after the head of a stream."""

    async def answer(call: Call) -> None:
        await call.write(HEAD, *parts)

    return answer


def refusing(line: str, message: str, code: str = "", headers: str = "") -> Behaviour:
    """Refuses every request."""

    async def answer(call: Call) -> None:
        await call.status(line, message, code, headers)

    return answer


def refusing_first(line: str, headers: str = "", times: int = 1) -> Behaviour:
    """Refuses so many requests, then answers well."""

    async def answer(call: Call) -> None:
        if call.number <= times:
            await call.status(line, "not now", "busy", headers)
        else:
            await saying("Hello", " again")(call)

    return answer


async def _for_ever(call: Call) -> None:
    await asyncio.Event().wait()


async def _stall(call: Call) -> None:
    await call.write(HEAD, event("Half an "), event("answer"))
    await _for_ever(call)


async def _keep_alive(call: Call) -> None:
    await call.write(HEAD)
    while True:
        await call.write(b": keep-alive\n\n")
        await asyncio.sleep(0.01)


async def _dribble(call: Call) -> None:
    whole = HEAD + event("Hello there") + event(finish="stop") + usage() + END
    await call.write(*(bytes([byte]) for byte in whole))


async def _drip_for_ever(call: Call) -> None:
    await call.write(HEAD)
    while True:
        await call.write(event("x"))
        await asyncio.sleep(0.02)


async def _flood(call: Call) -> None:
    pieces = [event(f"{number:>6} ") for number in range(FLOOD_CHUNKS)]
    await call.write(HEAD, *pieces, event(finish="stop"), usage(), END)


async def _cut(call: Call) -> None:
    whole = HEAD.replace(b"Connection: close", b"Content-Length: 99999")
    await call.write(whole, event("Half an "), event("answer"))


async def _cut_once(call: Call) -> None:
    await (_cut if call.number == 1 else saying(" and the rest"))(call)


async def _html(call: Call) -> None:
    await call.page(b"<html><body>Welcome</body></html>")


BEHAVIOURS: dict[str, Behaviour] = {
    "bad-key": refusing("401 Unauthorized", f"Incorrect API key provided: {ECHOED_KEY}", "invalid_api_key"),
    "denied": refusing("403 Forbidden", "no access", "denied"),
    "unknown": refusing("404 Not Found", "The model does not exist", "model_not_found"),
    "no-quota": refusing("429 Too Many Requests", "You exceeded your current quota", "insufficient_quota"),
    "busy": refusing("429 Too Many Requests", "slow down", "rate_limit_exceeded"),
    "busy-for-an-hour": refusing("429 Too Many Requests", "slow down", "rate_limit", "retry-after: 3600\r\n"),
    "busy-once": refusing_first("429 Too Many Requests", "retry-after: 0\r\n"),
    "down-once": refusing_first("503 Service Unavailable", "retry-after: 0\r\n"),
    "too-long": refusing(
        "400 Bad Request", "This model's maximum context length is 8192 tokens", "context_length_exceeded"
    ),
    "bad-request": refusing("422 Unprocessable Entity", f"bad temperature, {ECHOED_KEY}", "x"),
    "refused": refusing(
        "400 Bad Request", "Your request was rejected by our safety system", "content_policy_violation"
    ),
    "filtered": sending(event(finish="content_filter"), usage(), END),
    "failing": refusing("500 Internal Server Error", "it broke", "server_error"),
    "down": refusing("503 Service Unavailable", "overloaded", "overloaded"),
    "silent": _for_ever,
    "stalling": _stall,
    "keep-alive": _keep_alive,
    "dribbling": _dribble,
    "flood": _flood,
    "endless": _drip_for_ever,
    "cut": _cut,
    "cut-once": _cut_once,
    "no-done": sending(event("Hello there"), event(finish="stop")),
    "no-end": sending(event("Hello there")),
    "garbage": sending(event("Half an "), event("answer"), b"data: {not json\n\n"),
    "bad-utf8": sending(event("Half an "), event("answer"), b'data: {"choices": "\xff\xfe\n\n'),
    "error-event": sending(
        event("Half an "), event("answer"), b'data: {"error": {"message": "it broke", "code": 500}}\n\n'
    ),
    "html": _html,
    "empty": sending(event(finish="stop"), usage(), END),
    "no-usage": sending(event("Hello there"), event(finish="stop"), END),
    "reasoning": sending(
        event(delta={"reasoning_content": "Hm. "}), event("Hel"), event("lo"), event(finish="stop"), usage(), END
    ),
    "thinking": sending(
        event("<thi"), event("nk>So.</think>"), event("Hel"), event("lo"), event(finish="stop"), usage(), END
    ),
}


HELLO = saying("Hel", "lo")


class Server:
    """Answers requests by their model's name and keeps what it was sent."""

    def __init__(self, answer: Behaviour = HELLO, **behaviours: Behaviour) -> None:
        self.calls: list[Call] = []
        self.url = ""
        """To give as api_base."""
        self._answer = answer
        self._behaviours = BEHAVIOURS | behaviours
        self._numbers: Counter[str] = Counter()

    def calls_of(self, model: str) -> list[Call]:
        """The requests that asked for `model`."""
        return [call for call in self.calls if call.body["model"] == model]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            body = json.loads(await reader.readexactly(length))
        except asyncio.IncompleteReadError:  # a client that was killed before it had asked
            writer.close()
            return
        self._numbers[body["model"]] += 1
        call = Call(head, body, self._numbers[body["model"]], writer)
        self.calls.append(call)
        gone = asyncio.ensure_future(reader.read(1))
        answering = asyncio.ensure_future(self._behaviours.get(body["model"], self._answer)(call))
        await asyncio.wait({gone, answering}, return_when=asyncio.FIRST_COMPLETED)
        refused = answering.done() and isinstance(answering.exception(), OSError)
        if refused or (gone.done() and not answering.done()):
            call.left.set()
        for task in (gone, answering):
            task.cancel()
        await asyncio.gather(gone, answering, return_exceptions=True)
        writer.close()


@asynccontextmanager
async def serving(answer: Behaviour = HELLO, **behaviours: Behaviour) -> AsyncIterator[Server]:
    """A server that listens until the block ends."""
    server = Server(answer, **behaviours)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()


async def _main() -> None:
    async with serving() as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
