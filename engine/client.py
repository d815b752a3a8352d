"""How the screen and the command line reach the service: start it on demand, attach, replay, follow."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from engine import paths
from engine.errors import UNREADABLE, EngineError
from engine.protocol import LINE_LIMIT, Command, Event, Follow, Reply, Request, ServerMessage, Stopped

READY = "ready"
START_ATTEMPTS = 40
START_PAUSE = 0.2

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)


class Client:
    """One connection to the engine of a project; lost connections of `events` are taken up again."""

    def __init__(self, socket: Path, root: Path | None = None) -> None:
        self._socket = socket
        self._root = root
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._next_id = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._last = 0
        self._stopped = False

    @classmethod
    async def connect(cls, root: Path, *, start: bool = True) -> "Client":
        """A client of the engine of the project in `root`, which is started unless `start` is False.

        Raises:
            EngineError: when it does not run and cannot be started; the sentence says why.
        """
        client = cls(paths.socket_path(root), root if start else None)
        await client._open()
        return client

    @classmethod
    async def attach(cls, socket: Path) -> "Client":
        """A client of whatever engine listens on `socket`; nothing is started.

        Raises:
            EngineError: when nothing listens there.
        """
        client = cls(socket)
        await client._open()
        return client

    async def send(self, command: Command) -> Any:
        """The engine's result for `command`, decoded from JSON.

        Raises:
            EngineError: when the engine refuses (with its sentence) or goes away before it answers.
        """
        if self._writer is None or self._writer.is_closing():
            raise EngineError("The engine is not connected; try again in a moment.")
        self._next_id = number = self._next_id + 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(_encoder.encode(Request(number, command)) + b"\n")
            await self._writer.drain()
            return await answer
        except OSError as error:
            raise EngineError("The engine went away before it answered; it is started again.") from error
        finally:
            self._waiting.pop(number, None)

    async def events(self) -> AsyncIterator[Event]:
        """A `Snapshot` of the session, then every event as it happens, across lost connections.

        Ends when the engine was asked to stop, or when the client is closed.

        Raises:
            EngineError: when a lost engine cannot be started again.
        """
        await self._follow()
        while True:
            event = await self._events.get()
            if event is None:
                if self._stopped:
                    return
                await self._open()
                await self._follow()
                continue
            if isinstance(event.change, Stopped):
                self._stopped = True
            self._last = max(self._last, event.n)
            yield event

    async def closed(self) -> None:
        """Wait until the engine has closed this connection, as it does when it has ended."""
        if self._reading is not None:
            await self._reading

    async def close(self) -> None:
        """Leave the engine; its jobs go on."""
        self._stopped = True
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self._writer is not None:
            self._writer.close()

    async def _follow(self) -> None:
        try:
            await self.send(Follow(after=self._last))
        except EngineError:
            # An engine that has just been killed may still have taken the connection: its end is in the queue.
            if self._reading is None or not self._reading.done():
                raise

    async def _open(self) -> None:
        try:
            await self._dial()
        except OSError as refused:
            if self._root is None:
                raise EngineError("No engine runs for this project; `mpco` starts one.") from refused
            await self._start(self._root)
        self._reading = asyncio.create_task(self._read())

    async def _dial(self) -> None:
        self._reader, self._writer = await asyncio.open_unix_connection(str(self._socket), limit=LINE_LIMIT)

    async def _start(self, root: Path) -> None:
        """Start the engine and connect; an engine that is just ending, or just beginning, is waited for."""
        for _ in range(START_ATTEMPTS):
            await asyncio.to_thread(start_engine, root)
            try:
                return await self._dial()
            except OSError:
                await asyncio.sleep(START_PAUSE)
        raise EngineError("The engine was started but does not answer; see `mpco engine log`.")

    async def _read(self) -> None:
        assert self._reader is not None
        try:
            while line := await self._reader.readline():
                self._take(_decoder.decode(line))
        except (ValueError, *UNREADABLE) as error:
            self._fail(EngineError(f"The engine sent something that cannot be read: {error}"))
        except OSError:
            pass  # an engine that ends may reset the connection: to us it went away, as below
        finally:
            self._fail(EngineError("The engine went away before it answered; it is started again."))
            self._events.put_nowait(None)

    def _take(self, message: ServerMessage) -> None:
        if isinstance(message, Event):
            self._events.put_nowait(message)
            return
        answer = self._waiting.get(message.id)
        if answer is not None and not answer.done():
            _settle(answer, message)

    def _fail(self, error: EngineError) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)


def _settle(answer: "asyncio.Future[Any]", reply: Reply) -> None:
    if reply.error:
        answer.set_exception(EngineError(reply.error))
    else:
        answer.set_result(msgspec.json.decode(reply.result))


def start_engine(root: Path) -> None:
    """Start the engine of the project in `root` in a session of its own and wait until it listens.

    Returns also when another client has started it meanwhile.

    Raises:
        EngineError: with the engine's own sentence when it could not start.
    """
    log = paths.state_dir(root) / "engine.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.service", str(root)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd="/",
            text=True,
        )
    assert process.stdout is not None
    with process.stdout as said:
        report = said.read().strip()
    if report != READY:
        raise EngineError(report or f"The engine did not start; its log {log} says why.")
