"""Stage 4 as jobs: evaluations wait for the machine, race for it, and all that they bring is published as it comes."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec

from engine.composing import Change, digest_of
from engine.config import Config
from engine.errors import BaselineError, EditError, EngineError, MpcoError
from engine.evaluate.workbench import FIELD, Contender, News, Pair, Progress, Ruling, Workbench, so_far
from engine.flagging import flags_of
from engine.generate.patch import to_patch
from engine.generate.reading import encode, read_baseline
from engine.jobs import Jobs, RunningJob
from engine.model import Behaviour, Evaluation, Hold, Job, Step
from engine.protocol import EvaluationChanged, Measured, ScheduleAction
from engine.session import Session

log = logging.getLogger(__name__)


class _Entry:
    """An evaluation in the queue or in the race."""

    def __init__(self, id: str, changes: Sequence[Change], against: Sequence[Change], most_pairs: int) -> None:
        self.id = id
        self.changes = changes
        self.against = against
        self.most_pairs = most_pairs
        self.job: RunningJob | None = None
        self.contender: Contender | None = None
        """While it races."""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Proof:
    """The evaluations of one project; `machine` is held by whatever must have the machine to itself.

    Those that wait when the machine becomes free race together; whoever comes later is in the next race.
    """

    def __init__(self, config: Config, session: Session, jobs: Jobs, state_dir: Path) -> None:
        self.machine = asyncio.Lock()
        self._config = config
        self._session = session
        self._jobs = jobs
        self._state_dir = state_dir
        self._workbench: Workbench | None = None
        self._outdated = False
        self._entries: dict[str, _Entry] = {}
        self._conductor: asyncio.Task[None] | None = None
        self._race: asyncio.Task[None] | None = None

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew; the next evaluation begins with it."""
        self._config = config
        self._outdated = True

    async def workbench(self) -> Workbench:
        """The workbench, opened at first use; only to be used while `machine` is held.

        Raises:
            SandboxError: when no sandbox works and running without one was not allowed.
        """
        if self._outdated:
            await self._close_workbench()
        if self._workbench is None:
            bench = Workbench(self._config, self._state_dir)
            await bench.open()
            self._workbench = bench
        return self._workbench

    async def close(self) -> None:
        """End every process and give the disk back."""
        for task in (self._conductor, self._race):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await self._close_workbench()
        await self.clear()

    async def clear(self) -> None:
        """Give back the disk that a killed engine has left taken."""
        async with self.machine:
            if self._workbench is None:
                await Workbench(self._config, self._state_dir).clear()

    async def _close_workbench(self) -> None:
        self._outdated = False
        if self._workbench is not None:
            bench, self._workbench = self._workbench, None
            await bench.close()

    def start(self, born: Evaluation, changes: Sequence[Change]) -> Job:
        """Queue the evaluation of `changes`, going on with the measurements `born` already has."""
        digest = digest_of(changes)
        flags = flags_of(self._config, changes)
        entry = self._queue(msgspec.structs.replace(born, patch_digest=digest, flags=flags), changes)

        async def wait(running: RunningJob) -> None:
            await self._ended(entry, running)

        return self._jobs.start("evaluate", born.title, born.id, wait)

    async def step(
        self,
        running: RunningJob,
        born: Evaluation,
        changes: Sequence[Change],
        against: Sequence[Change],
        most_pairs: int,
    ) -> Evaluation:
        """Measure a step of a search, `changes` against the variant `against`, within its job; how it ended.

        Raises:
            EditError: when a file has changed since the candidates were made.
            BaselineError: when the project itself does not build, pass its tests or run its benchmark.
        """
        await self._ended(self._queue(born, changes, against, most_pairs), running)
        return self._session.evaluations[born.id]

    def _queue(
        self, born: Evaluation, changes: Sequence[Change], against: Sequence[Change] = (), most_pairs: int = 0
    ) -> _Entry:
        queued = msgspec.structs.replace(born, state="queued", patch=to_patch(changes))
        self._session.publish(EvaluationChanged(evaluation=queued))
        entry = self._entries[born.id] = _Entry(born.id, changes, against, most_pairs)
        return entry

    async def _ended(self, entry: _Entry, running: RunningJob) -> None:
        """Have an evaluation race, and wait for its end."""
        entry.job = running
        try:
            self._conduct()
            await entry.ended
        except asyncio.CancelledError:
            if ending := self._leave(entry):
                await asyncio.wait([ending])
            state = "interrupted" if self._jobs.closing else "cancelled"
            self._change(entry.id, state=state, reason="Cancelled; the measurements so far are kept.")
            raise
        except MpcoError as error:
            state = "baseline fails" if isinstance(error, BaselineError) else "failed"
            self._change(entry.id, state=state, reason=str(error))
            raise
        finally:
            del self._entries[entry.id]

    # ------------------------------------------------------------------------------------------- schedule

    def schedule(self, id: str, action: ScheduleAction) -> None:
        """Overrule the schedule for one evaluation (`engine.protocol.Schedule`).

        Raises:
            EngineError: when it has ended already.
        """
        entry = self._entries.get(id)
        if entry is None:
            raise EngineError("That evaluation has ended already; b measures it again.")
        if action == "drop":
            self._drop(entry)
            return
        hold: Hold = "pinned" if action == "pin" else "paused" if action == "pause" else ""
        self._change(id, hold=hold)
        if entry.contender is not None:
            entry.contender.pinned = hold == "pinned"
        if hold == "paused":
            self._leave(entry)
            self._change(id, state="queued")
        self._conduct()

    def _drop(self, entry: _Entry) -> None:
        if entry.contender is not None:
            entry.contender.drop()
            return
        evaluation = self._session.evaluations[entry.id]
        self._tell(entry, so_far(self._config, evaluation))
        entry.ended.set_result(None)

    def _leave(self, entry: _Entry) -> asyncio.Task[None] | None:
        """Take an evaluation out of the race; the race, when it ends with this one."""
        if entry.contender is None:
            return None
        entry.contender.withdraw()
        entry.contender = None
        if self._race is None or any(other.contender for other in self._entries.values()):
            return None
        self._race.cancel()
        return self._race

    def _conduct(self) -> None:
        if self._conductor is None or self._conductor.done():
            self._conductor = asyncio.create_task(self._races(), name="races")

    async def _races(self) -> None:
        while self._waiting():
            async with self.machine:
                self._race = asyncio.create_task(self._one_race(), name="race")
                await asyncio.wait([self._race])
                self._race = None

    def _waiting(self) -> list[_Entry]:
        """Those that wait for a race, the pinned ones first."""
        found = [item for item in self._entries.values() if item.job and not item.contender and not item.ended.done()]
        holds = {item.id: self._session.evaluations[item.id].hold for item in found}
        return sorted((item for item in found if holds[item.id] != "paused"), key=lambda e: holds[e.id] != "pinned")

    async def _one_race(self) -> None:
        field: list[_Entry] = []
        try:
            workbench = await self.workbench()
            field = [entry for entry in self._waiting()[:FIELD] if self._enter(entry, workbench)]
            contenders = [entry.contender for entry in field if entry.contender]
            if not contenders:
                return
            async with aclosing(workbench.race(contenders)) as steps:
                async for contender, news in steps:
                    entry = self._entries.get(contender.id)
                    if entry is not None and entry.contender is contender:
                        self._tell(entry, news)
        except MpcoError as error:
            self._fail(field or self._waiting(), error)
        except Exception as error:
            log.exception("a race failed")
            self._fail(field or self._waiting(), error)
        finally:
            for entry in field:
                entry.contender = None

    def _fail(self, entries: Sequence[_Entry], error: Exception) -> None:
        for entry in entries:
            if not entry.ended.done():
                entry.ended.set_exception(error)

    def _enter(self, entry: _Entry, workbench: Workbench) -> bool:
        """Make an evaluation a contender, unless its files have changed meanwhile."""
        root, evaluation = self._config.root_path, self._session.evaluations[entry.id]
        try:
            for path, before, _ in (*entry.changes, *entry.against):
                if before and read_baseline(root, path).text != before:
                    raise EditError(f"{path} has changed since the candidate was made; optimise it again (o).")
            files, against = _bytes(root, entry.changes), _bytes(root, entry.against)
        except MpcoError as error:
            self._fail([entry], error)
            return False
        assert entry.job is not None
        entry.job.started()
        self._change(entry.id, sandbox=workbench.sandbox.name, verdict=None, reason="", steps=())
        entry.contender = Contender(
            entry.id,
            evaluation.title,
            files,
            evaluation.objective,
            measured=evaluation.measurements,
            family=evaluation.family,
            rivals=evaluation.rivals,
            pinned=evaluation.hold == "pinned",
            search=evaluation.search,
            against=against or None,
            most_pairs=entry.most_pairs,
        )
        return True

    def _tell(self, entry: _Entry, news: News | EditError) -> None:
        id, running = entry.id, entry.job
        assert running is not None
        match news:
            case EditError():
                self._tell(entry, Ruling(verdict="unappliable", reason=str(news), estimate=None))
            case Progress(state=state):
                self._change(id, state=state)
                running.progress(state)
            case Behaviour():
                self._change(id, behaviour=news)
            case Step():
                self._change(id, steps=(*self._session.evaluations[id].steps, news))
            case Pair(measurements=measurements, estimate=estimate):
                if news.metric != self._session.evaluations[id].metric:
                    self._change(id, metric=news.metric)
                self._session.publish(Measured(evaluation=id, measurements=measurements, estimate=estimate))
                running.progress(f"pair {measurements[-1].pair}")
            case Ruling():
                self._change(
                    id,
                    state="done",
                    verdict=news.verdict,
                    reason=news.reason,
                    metric=news.metric,
                    metrics=news.metrics,
                    estimate=news.estimate or self._session.evaluations[id].estimate,
                )
                if not entry.ended.done():
                    entry.ended.set_result(None)

    def _change(self, id: str, **fields: object) -> None:
        changed = msgspec.structs.replace(self._session.evaluations[id], **fields)
        self._session.publish(EvaluationChanged(evaluation=changed))


def _bytes(root: Path, changes: Sequence[Change]) -> dict[str, bytes | None]:
    return {path: None if after is None else encode(root, path, after) for path, _, after in changes}
