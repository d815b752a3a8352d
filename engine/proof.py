"""Stage 4 as jobs: evaluations wait for the machine in turn, and every step and pair is published as it comes."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.config import Config
from engine.errors import EditError, MpcoError
from engine.evaluate.workbench import Pair, Progress, Ruling, Workbench
from engine.flagging import flags_of
from engine.generate.patch import to_patch
from engine.generate.reading import encode, read_baseline
from engine.jobs import Jobs, RunningJob
from engine.model import Evaluation, Job, Step
from engine.protocol import EvaluationChanged, Measured
from engine.session import Session

Change = tuple[str, str, str]
"""(path, text before, text after)"""


class Proof:
    """The evaluations of one project; `machine` is held by whatever must have the machine to itself."""

    def __init__(self, config: Config, session: Session, jobs: Jobs, state_dir: Path) -> None:
        self.machine = asyncio.Lock()
        self._config = config
        self._session = session
        self._jobs = jobs
        self._state_dir = state_dir
        self._workbench: Workbench | None = None
        self._outdated = False

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
            await self.close()
        if self._workbench is None:
            bench = Workbench(self._config, self._state_dir)
            await bench.open()
            self._workbench = bench
        return self._workbench

    async def close(self) -> None:
        """End every process and give the disk back."""
        self._outdated = False
        if self._workbench is not None:
            bench, self._workbench = self._workbench, None
            await bench.close()

    def start(self, born: Evaluation, changes: Sequence[Change]) -> Job:
        """Queue the evaluation of `changes`, going on with the measurements `born` already has."""
        patch = to_patch(changes)
        digest = hashlib.sha256(patch.encode()).hexdigest()
        flags = flags_of(self._config, changes)
        queued = msgspec.structs.replace(born, state="queued", patch=patch, patch_digest=digest, flags=flags)
        self._session.publish(EvaluationChanged(evaluation=queued))

        async def work(running: RunningJob) -> None:
            async with self.machine:
                running.started()
                await self._evaluate(running, born.id, changes)

        async def ended_well(running: RunningJob) -> None:
            try:
                await work(running)
            except asyncio.CancelledError:
                state = "interrupted" if self._jobs.closing else "cancelled"
                self._change(born.id, state=state, reason="Cancelled; the measurements so far are kept.")
                raise
            except MpcoError as error:
                self._change(born.id, state="cancelled", reason=str(error))
                raise

        return self._jobs.start("evaluate", born.title, born.id, ended_well)

    async def _evaluate(self, running: RunningJob, id: str, changes: Sequence[Change]) -> None:
        root = self._config.root_path
        for path, before, _ in changes:
            if before and read_baseline(root, path).text != before:
                raise EditError(f"{path} has changed since the candidate was made; optimise it again (o).")
        workbench = await self.workbench()
        evaluation = self._session.evaluations[id]
        self._change(id, state="preparing", sandbox=workbench.sandbox.name, verdict=None, reason="")
        files = {path: encode(root, path, after) for path, _, after in changes}
        steps = workbench.evaluate(
            evaluation.title, files, objective=evaluation.objective, measured=evaluation.measurements
        )
        async for news in steps:
            self._tell(running, id, news)

    def _tell(self, running: RunningJob, id: str, news: Progress | Step | Pair | Ruling) -> None:
        match news:
            case Progress(state=state):
                self._change(id, state=state)
                running.progress(state)
            case Step():
                self._change(id, steps=(*self._session.evaluations[id].steps, news))
            case Pair(measurements=measurements, estimate=estimate):
                self._session.publish(Measured(evaluation=id, measurements=measurements, estimate=estimate))
                running.progress(f"pair {measurements[-1].pair}")
            case Ruling():
                self._change(
                    id,
                    state="done",
                    verdict=news.verdict,
                    reason=news.reason,
                    metric=news.metric,
                    estimate=news.estimate or self._session.evaluations[id].estimate,
                )

    def _change(self, id: str, **fields: object) -> None:
        changed = msgspec.structs.replace(self._session.evaluations[id], **fields)
        self._session.publish(EvaluationChanged(evaluation=changed))
