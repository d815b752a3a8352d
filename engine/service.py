"""The background process of one project: socket, command dispatch, crash recovery.

`python -m engine.service ROOT` prints one line, `ready` once it listens or a sentence that says why it cannot,
and then works until it is asked to stop, or has had no client and no job for a while.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from engine import config as configuration
from engine import delivery, paths
from engine.client import READY
from engine.config import Config
from engine.dispatch import Dispatch
from engine.environment import DOTENV
from engine.errors import UNREADABLE, EditError, EngineError, MpcoError
from engine.evaluate.sandbox import strongest
from engine.experimenting import Experiments
from engine.jobs import Jobs
from engine.journal import Journal
from engine.llm import client as llm_client
from engine.llm import prices
from engine.model import Llm, Project
from engine.noise import NoiseWatch
from engine.pipeline import Pipeline
from engine.proof import Proof
from engine.protocol import (
    LINE_LIMIT,
    PROTOCOL_VERSION,
    Command,
    Event,
    Follow,
    ImportProfile,
    ProjectChanged,
    Reply,
    Request,
    RunProfile,
    Status,
    Stop,
    Stopped,
)
from engine.recovery import take_up
from engine.session import open_session
from engine.tree import TreeWatch

IDLE_SECONDS = 15 * 60
BACKLOG_BYTES = 64 * 1024 * 1024
"""A client that leaves this much unread is let go; it attaches again and asks for what it missed."""

OFFLINE = "offline/"

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_decode: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


class Service:
    """The engine of the project in `config.root`."""

    def __init__(self, config: Config) -> None:
        root = config.root_path
        self._config = config
        self._session = open_session(paths.database(root), describe(config))
        self._store = self._session.store
        self._jobs = Jobs(self._session)
        self._proof = Proof(config, self._session, self._jobs, paths.state_dir(root))
        self._pipeline = Pipeline(config, self._session, self._jobs, self._proof)
        self._experiments = Experiments(self._session, self._jobs, self._pipeline)
        self._noise = NoiseWatch(config, self._session, self._jobs, self._proof)
        self._tree = TreeWatch(self._session)
        self._journal = Journal(paths.state_dir(root))
        self._dispatch = Dispatch(
            self._session,
            self._jobs,
            self._pipeline,
            self._experiments,
            self._proof,
            self._noise,
            self._journal,
            self._publish_project,
        )
        self._ending = asyncio.Event()
        self._clients: set[asyncio.StreamWriter] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._attending: set[asyncio.Task[Any]] = set()
        self._config_read = _modified(config)
        self._place = paths.session_lock(root)
        self._place.touch(0o600)
        self._began_in = self._place.stat()

    async def serve(self, socket: Path) -> None:
        """Listen on `socket` until asked to stop."""
        usual = os.umask(0o177)
        server = await asyncio.start_unix_server(self._attend, str(socket), limit=LINE_LIMIT)
        os.umask(usual)
        try:
            delivery.finish_interrupted(self._session, self._journal)
        except EditError as error:
            log.error("%s", error)  # the next write tells it to the person
        take_up(self._session, self._pipeline, self._experiments)
        self._in_background(self._warm_up())
        self._in_background(self._watch_idle())
        self._in_background(self._noise.watch())
        self._in_background(self._tree.watch())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._ending.set)
        report(READY)
        await self._ending.wait()
        server.close()
        await self._close()

    async def _close(self) -> None:
        await self._jobs.close()
        await self._noise.close()
        await self._proof.close()
        self._session.announce(Stopped())
        for task in self._background:
            task.cancel()
        for writer in tuple(self._clients):
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()
        if self._attending:
            await asyncio.wait(self._attending, timeout=1)
        self._store.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        attending = asyncio.current_task()
        assert attending is not None
        self._attending.add(attending)

        def tell(event: Event) -> None:
            if writer.transport.get_write_buffer_size() > BACKLOG_BYTES:
                writer.transport.abort()
            elif not writer.is_closing():
                writer.write(_encode(event) + b"\n")

        try:
            if self._is_astray():
                log.error("%s was removed or made again: this engine ends, for a new one", self._place.parent)
                self._ending.set()
                return
            while line := await reader.readline():
                writer.write(_encode(await self._answer(line, tell)) + b"\n")
                await writer.drain()
        except (OSError, ValueError) as error:
            log.info("a client is let go: %s", error)
        finally:
            self._session.unfollow(tell)
            self._clients.discard(writer)
            self._attending.discard(attending)
            writer.close()

    def _is_astray(self) -> bool:
        """Whether the project's folder was removed, or made again, so that what is stored here is stored nowhere."""
        try:
            return not os.path.samestat(self._place.stat(), self._began_in)
        except OSError:
            return True

    async def _answer(self, line: bytes, tell: Any) -> Reply:
        try:
            request = _decode.decode(line)
        except UNREADABLE as error:
            return Reply(id=_id_of(line), error=f"The engine does not understand this command: {error}.")
        try:
            if isinstance(request.command, Follow):
                self._session.follow(request.command.after, tell)
                return Reply(id=request.id)
            self._reread_config()
            return Reply(id=request.id, result=msgspec.Raw(_encode(self._carry_out(request.command))))
        except MpcoError as error:
            return Reply(id=request.id, error=str(error))
        except Exception as error:
            log.exception("command failed: %s", type(request.command).__name__)
            sentence = f"MPCO has a defect: {type(error).__name__}: {error}; see `mpco engine log`."
            return Reply(id=request.id, error=sentence)

    def _carry_out(self, command: Command) -> Any:
        match command:
            case Status():
                return self._status()
            case Stop():
                return self._ending.set()
            case RunProfile() | ImportProfile():
                self._in_background(self._load_llms())
                return self._dispatch.carry_out(command)
            case _:
                return self._dispatch.carry_out(command)

    def _status(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "version": version("mpco"),
            "protocol": PROTOCOL_VERSION,
            "root": self._config.root,
            "jobs": self._jobs.live,
            "clients": len(self._clients),
            "socket": str(paths.socket_path(self._config.root_path)),
        }

    def _reread_config(self) -> None:
        modified = _modified(self._config)
        if modified == self._config_read:
            return
        self._config = configuration.load(self._config.root_path)
        self._config_read = modified
        self._pipeline.configure(self._config)
        self._publish_project()
        self._noise.configure(self._config)

    async def _warm_up(self) -> None:
        sandbox = await asyncio.to_thread(strongest)
        found = sandbox.name if sandbox.works else sandbox.about
        self._publish_project(found)
        await self._proof.clear()
        if self._session.profile is not None:
            await self._load_llms()

    async def _load_llms(self) -> None:
        """Load litellm while nobody waits for it; patches to evaluate need none, nor that work beside them."""
        await asyncio.to_thread(llm_client.warm_up)

    def _publish_project(self, sandbox: str = "") -> None:
        described = describe(self._config, sandbox or self._session.project.sandbox)
        max_usd, notice = self._pipeline.conversations.max_usd, self._session.project.notice
        now = msgspec.structs.replace(described, max_usd=max_usd, notice=notice)
        self._session.publish(ProjectChanged(project=now))

    async def _watch_idle(self) -> None:
        idle = 0
        while idle < IDLE_SECONDS:
            await asyncio.sleep(60)
            idle = 0 if self._clients or self._jobs.live else idle + 60
        self._ending.set()

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def describe(config: Config, sandbox: str = "") -> Project:
    """The project as the screen shows it."""
    llms = tuple(
        Llm(
            label=item.label,
            model=item.model,
            about=prices.facts(item.model).about if item.model.startswith(OFFLINE) else "",
        )
        for item in config.llm
    )
    return Project(
        root=config.root,
        name=config.project.name,
        description=config.project.description,
        languages=config.project.languages,
        llms=llms,
        meta_prompter=config.meta_prompter.model,
        prompt_scope=config.meta_prompter.scope,
        test_command=config.test.command,
        benchmark_command=config.benchmark.command,
        profile_command=config.profile.command or config.benchmark.command,
        max_usd=config.budget.max_usd,
        rounds=config.task.rounds,
        sandbox=sandbox,
    )


def _modified(config: Config) -> list[int]:
    """When the files that make the configuration were last written, each."""
    return [path.stat().st_mtime_ns for path in (Path(config.path), config.root_path / DOTENV) if path.is_file()]


def _id_of(line: bytes) -> int:
    with contextlib.suppress(*UNREADABLE, AttributeError, TypeError):
        found = msgspec.json.decode(line).get("id", 0)
        return found if isinstance(found, int) else 0
    return 0


def report(line: str) -> None:
    """Tell whoever started the engine, once: `ready`, or why not; standard output is closed by that."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(root: Path) -> int:
    """Run the engine of the project in `root`; the exit code is 0 also when another one runs already."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        # The system closes the files of a process in the order they were opened, and the session must be free first.
        session = os.open(paths.session_lock(root), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        lock = os.open(paths.lock_path(root), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _taken(lock):
            report(READY)
            return 0
        if not _taken(session):
            raise EngineError(
                f"{root}: an engine works on this session already, but not in {paths.runtime_dir()}; "
                "set XDG_RUNTIME_DIR to what it is where that one was started, or end it there with `mpco engine stop`"
            )
        service = Service(configuration.load(root))
        socket = paths.socket_path(root)
        socket.unlink(missing_ok=True)
        asyncio.run(service.serve(socket))
        socket.unlink(missing_ok=True)
    except MpcoError as error:
        log.error("%s", error)
        report(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
