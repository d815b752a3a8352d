"""A scripted engine behind a real socket: the tests drive the real app through the real client."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from textual.pilot import Pilot

from engine.client import Client
from engine.protocol import (
    LINE_LIMIT,
    Change,
    Command,
    Event,
    Follow,
    Preview,
    PreviewPrompt,
    PreviewVariant,
    Reply,
    Request,
    Snapshot,
    Variant,
)
from tests.tui import samples
from tui.app import MpcoApp

PATIENCE_SECONDS = 60
SIZES = ((80, 24), (200, 60))

C = TypeVar("C")
_encode = msgspec.json.Encoder().encode
_decode: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


class ScriptedEngine:
    """Speaks the protocol: sends one snapshot, pushes what a test says, records every command."""

    def __init__(self, socket: Path, snapshot: Snapshot) -> None:
        self.socket = socket
        self.snapshot = snapshot
        self.commands: list[Command] = []
        self.answers: dict[type, Any] = {
            PreviewVariant: Variant(),
            PreviewPrompt: Preview(model="offline/meta", messages=(), fields=samples.FIELDS),
        }
        """What a command of a type is answered with; a str is a refusal. Default: null."""
        self._n = 1
        self._followers: set[asyncio.StreamWriter] = set()
        self._visits: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._attend, str(self.socket), limit=LINE_LIMIT)

    async def close(self) -> None:
        """Hang up on everybody."""
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await asyncio.gather(*filter(None, self._visits))

    def hang_up(self) -> None:
        """Cut every connection, as a lost engine does; new ones are taken."""
        for writer in self._visits.values():
            writer.close()

    def push(self, *changes: Change, numbered: bool = True) -> None:
        """Tell every client that follows."""
        for change in changes:
            self._n += numbered
            line = _encode(Event(n=self._n if numbered else 0, at=0.0, change=change)) + b"\n"
            for writer in self._followers:
                writer.write(line)

    async def received(self, kind: type[C], count: int = 1) -> C:
        """The `count`th command of that type, when it has come."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: len(self.all(kind)) >= count)
        return self.all(kind)[count - 1]

    def all(self, kind: type[C]) -> list[C]:
        """All commands of that type, in order."""
        return [command for command in self.commands if isinstance(command, kind)]

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visits[asyncio.current_task()] = writer
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                request = _decode.decode(line)
                writer.write(_encode(self._reply(request, writer)) + b"\n")
                async with self._news:
                    self.commands.append(request.command)
                    self._news.notify_all()
        self._followers.discard(writer)

    def _reply(self, request: Request, writer: asyncio.StreamWriter) -> Reply:
        if isinstance(request.command, Follow):
            writer.write(_encode(Event(n=self._n, at=0.0, change=self.snapshot)) + b"\n")
            self._followers.add(writer)
            return Reply(id=request.id)
        answer = self.answers.get(type(request.command))
        if isinstance(answer, str):
            return Reply(id=request.id, error=answer)
        return Reply(id=request.id, result=msgspec.Raw(_encode(answer)))


class Person:
    """Somebody in front of the app: presses keys and reads the screen."""

    def __init__(self, app: MpcoApp, pilot: Pilot[None], engine: ScriptedEngine | None = None) -> None:
        self.app = app
        self.pilot = pilot
        self.engine = engine

    @property
    def screen(self) -> str:
        """The text that is visible now."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        """Type keys."""
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the app work until `condition` holds; fails with the screen when it does not come to it."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"the screen shows:\n{self.screen}") from None

    async def sees(self, *texts: str) -> None:
        """Wait until all of `texts` are on the screen."""
        await self.until(lambda: all(text in self.screen for text in texts))

    async def misses(self, *texts: str) -> None:
        """Wait until none of `texts` is on the screen."""
        await self.until(lambda: not any(text in self.screen for text in texts))


OpenApp = Callable[..., Any]


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path may have about 100 bytes."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def personal_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and memory of a person who has none; returns the folder of the settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "config" / "mpco"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with the files of the sample session."""
    folder = tmp_path / "logreport"
    samples.write_project(folder)
    return folder


@pytest.fixture
def open_app(root: Path, socket_folder: Path) -> OpenApp:
    """`async with open_app(snapshot, size=(80, 24)) as person:` opens the app on a scripted engine."""

    @asynccontextmanager
    async def opened(snapshot: Snapshot | None = None, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Person]:
        engine = ScriptedEngine(socket_folder / "engine.sock", snapshot or samples.full(root))
        await engine.start()
        app = MpcoApp(root, await Client.attach(engine.socket))
        try:
            async with app.run_test(size=size, tooltips=False, notifications=True) as pilot:
                person = Person(app, pilot, engine)
                await person.until(lambda: app.engine == "ready")
                yield person
        finally:
            await engine.close()

    return opened
