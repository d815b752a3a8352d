"""The job queue: background work that can be watched, cancelled and, after a crash, told as interrupted."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Literal

import msgspec

from engine.errors import BaselineError, BudgetError, EngineError, MpcoError
from engine.model import Job, JobKind
from engine.protocol import JobChanged
from engine.session import Session

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.25
"""Progress is told at most this often."""


def new_id() -> str:
    """A fresh id for a noun."""
    return uuid.uuid4().hex[:12]


class RunningJob:
    """What the work of a job may do with its own job."""

    def __init__(self, session: Session, id: str) -> None:
        self._session = session
        self.id = id
        self._told = 0.0

    def progress(self, text: str) -> None:
        """Tell how far the work is, in a few words; too frequent news is dropped."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self._update(progress=text)

    def tell(self, text: str) -> None:
        """Tell what the work waits for, or that it goes on (""); never dropped."""
        self._update(progress=text)

    def asks(self, question: str) -> None:
        """Tell that a person has to decide before the work goes on; "" when that is done."""
        self._update(question=question)

    def started(self) -> None:
        """Tell that the job no longer waits."""
        self._update(state="running")

    def ended(self, state: str, reason: str = "", failure: str = "") -> None:
        """Tell how the job ended."""
        self._update(state=state, reason=reason, failure=failure, progress="", question="")

    def _update(self, **fields: str) -> None:
        job = msgspec.structs.replace(self._session.jobs[self.id], **fields)
        self._session.publish(JobChanged(job=job))


Work = Callable[[RunningJob], Awaitable[None]]


class Jobs:
    """All jobs of one engine."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.closing = False

    @property
    def live(self) -> int:
        """How many jobs run or wait."""
        return len(self._tasks)

    def start(self, kind: JobKind, title: str, subject: str, work: Work) -> Job:
        """Begin `work` in the background; it says `started()` itself when it no longer waits."""
        job = Job(id=new_id(), kind=kind, title=title, subject=subject, state="queued", at=time.time())
        self._session.publish(JobChanged(job=job))
        self._begin(job, work)
        return job

    def go_on(self, job: Job, work: Work) -> None:
        """Begin `work` in the place of a job that was cut off."""
        self._session.publish(JobChanged(job=msgspec.structs.replace(job, state="queued", reason="", progress="")))
        self._begin(job, work)

    def _begin(self, job: Job, work: Work) -> None:
        task = asyncio.create_task(self._run(RunningJob(self._session, job.id), work), name=f"{job.kind} {job.id}")
        self._tasks[job.id] = task

    def cancel(self, id: str) -> None:
        """End a job at once.

        Raises:
            EngineError: when it has ended already.
        """
        task = self._tasks.get(id)
        if task is None:
            raise EngineError("That job has ended already.")
        task.cancel()

    async def ended(self, ids: Iterable[str]) -> None:
        """Wait until these jobs have ended; cancelling the wait leaves them be."""
        if tasks := [self._tasks[id] for id in ids if id in self._tasks]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """End all jobs; they are told as interrupted, so that the next start takes them up."""
        self.closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, running: RunningJob, work: Work) -> None:
        try:
            await work(running)
            running.ended("done")
        except asyncio.CancelledError:
            running.ended("interrupted" if self.closing else "cancelled")
        except MpcoError as error:
            running.ended("failed", str(error), _failure(error))
        except Exception as error:
            log.exception("job %s failed", running.id)
            running.ended(
                "failed", f"MPCO has a defect: {type(error).__name__}: {error}; see `mpco engine log`.", "other"
            )
        finally:
            self._tasks.pop(running.id, None)


def _failure(error: MpcoError) -> Literal["baseline", "budget", "other"]:
    if isinstance(error, BaselineError):
        return "baseline"
    return "budget" if isinstance(error, BudgetError) else "other"
