"""What this machine can see, found out when the engine has nothing else to do, or when somebody asks."""

import asyncio
import contextlib
import time

import msgspec

from engine.config import Config
from engine.errors import EngineError, MpcoError
from engine.evaluate.sight import SECONDS, sight
from engine.evaluate.statistics import Metric
from engine.jobs import Jobs
from engine.model import Measurement, Noise
from engine.proof import Proof
from engine.protocol import Event, JobChanged, NoiseChanged
from engine.session import Session

IDLE_SECONDS = 10.0
"""The engine counts as idle when there has been no job for this long."""
LOOK_SECONDS = 1.0


class NoiseWatch:
    """Compares the project with itself; unasked it gives way to every job at once."""

    def __init__(self, config: Config, session: Session, jobs: Jobs, proof: Proof) -> None:
        self._config = config
        self._session = session
        self._jobs = jobs
        self._proof = proof
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        if session.noise is not None and session.noise.measuring:  # cut off when the engine ended
            self._tell(msgspec.structs.replace(session.noise, measuring=False))

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self._config = config

    def measure(self) -> None:
        """Find it out now.

        Raises:
            EngineError: when that is under way already, or there is no benchmark.
        """
        if not self._config.benchmark.command:
            raise EngineError("There is no benchmark to compare with itself: give [benchmark] command in mpco.toml.")
        if self._task is not None:
            raise EngineError("The project is being compared with itself already.")
        self._start(asked=True)

    async def watch(self) -> None:
        """Find it out once, as soon as the engine is idle."""
        self._session.follow(self._session.store.last_number(), self._give_way)
        done = self._session.noise
        idle_since = time.monotonic()
        while self._session.noise is done or self._task is not None:
            await asyncio.sleep(LOOK_SECONDS)
            section = self._config.benchmark
            if self._jobs.live or self._task is not None or not (section.noise_check and section.command):
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since >= IDLE_SECONDS:
                done = self._session.noise
                self._start(asked=False)

    async def close(self) -> None:
        """End at once."""
        self._session.unfollow(self._give_way)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _give_way(self, event: Event) -> None:
        job = event.change.job if isinstance(event.change, JobChanged) else None
        if self._task is not None and not self._asked and job is not None and job.state == "queued":
            self._task.cancel()

    def _start(self, asked: bool) -> None:
        self._asked = asked
        self._task = asyncio.create_task(self._run(), name="noise")

    async def _run(self) -> None:
        before, command = self._session.noise, self._config.benchmark.command
        unknown = Noise(command=command, at=time.time())
        try:
            self._tell(msgspec.structs.replace(before or unknown, measuring=True))
            self._tell(await self._compared(unknown))
        except MpcoError as error:
            self._tell(msgspec.structs.replace(unknown, reason=str(error)))
        except asyncio.CancelledError:
            self._tell(before or unknown)
            raise
        finally:
            self._task = None

    async def _compared(self, noise: Noise) -> Noise:
        taken: list[Measurement] = []
        metric: Metric = "wall"
        async with self._proof.machine:
            workbench = await self._proof.workbench()
            async with contextlib.aclosing(workbench.against_itself(self._config.task.objective)) as pairs:
                async for pair in pairs:
                    taken += pair.measurements
                    metric = pair.metric
        seen = sight(taken, metric, self._config.benchmark)
        reason = "" if seen.limit is not None else f"The benchmark takes too long to find it out in {SECONDS:.0f} s."
        return msgspec.structs.replace(
            noise, at=time.time(), limit=seen.limit, spread=seen.spread, measurements=tuple(taken), reason=reason
        )

    def _tell(self, noise: Noise) -> None:
        self._session.publish(NoiseChanged(noise=noise))
