"""The steps of one evaluation: build and test an arm, run its benchmark once; `race` does so in blocks.

Both arms go through the same steps, so their caches (.pyc files, build products) are in the same state when
measuring begins; the first pair of every session still counts as warm-up.
"""

import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from statistics import median
from typing import Literal

import msgspec

from engine.config import CommandSection, Config
from engine.errors import BaselineError
from engine.evaluate import products
from engine.evaluate.arm import Arm, Run
from engine.evaluate.command import arguments
from engine.evaluate.conditions import Conditions
from engine.evaluate.contender import Contender
from engine.evaluate.failures import explain
from engine.evaluate.machine import machine
from engine.evaluate.metrics import score
from engine.evaluate.outputs import OutputProblem, Outputs, difference
from engine.evaluate.statistics import Metric
from engine.evaluate.syntax import TIMEOUT as SYNTAX_TIMEOUT
from engine.evaluate.syntax import compile_command
from engine.evaluate.verdict import Ruling
from engine.evaluate.workspace import Base
from engine.model import Arm as ArmName
from engine.model import Behaviour, Estimate, EvaluationState, Measurement, Step, Verdict

StepName = Literal["build", "test", "benchmark"]
STATES: dict[StepName, EvaluationState] = {"build": "building", "test": "testing", "benchmark": "measuring"}

PATIENCE, GRACE_SECONDS = 10.0, 20.0
"""A variant's step may take this many times the baseline's, and the grace on top, but never more than configured."""
SHORT = 0.05
"""Seconds of a run below which starting and ending a process are much of what is measured."""
TOLD_LINES = 12
"""Of a failing baseline's output, in the error."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A new state of the evaluation."""

    state: EvaluationState


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One more pair of runs, in the order they were taken, and what all of them say by now."""

    measurements: tuple[Measurement, ...]
    estimate: Estimate | None
    metric: Metric


News = Progress | Step | Pair | Behaviour | Ruling


class Ground:
    """A frozen base with its baseline arm, and what the baseline's own steps took."""

    def __init__(self, base: Base, arm: Arm) -> None:
        self.base = base
        self.arm = arm
        self.steps: tuple[Step, ...] = ()
        """Complete once the baseline is proven to work; empty before."""
        self.built = False
        self.worn = False
        """Whether the arm has been measured with, so that files of earlier runs may lie in it."""
        self.first_run: Measurement | None = None
        self.names: list[tuple[str, str]] | None = None
        """What the baseline's benchmark reports, and which way is better."""
        self.output: str | None = None
        """What its output has to equal."""


class Failed(Exception):
    """A step of an arm did not pass."""

    def __init__(self, step: Step, run: Run, timeout: float, verdict: Verdict | None = None, reason: str = "") -> None:
        super().__init__(step.name)
        self.step = step
        self.verdict, self.reason = (verdict, reason) if verdict else explain(step, run, timeout)

    def of_baseline(self) -> BaselineError:
        """The error to raise when it was the user's own code that failed."""
        tail = "\n".join(self.step.output.strip().splitlines()[-TOLD_LINES:])
        if self.reason.endswith(tail):  # one line, which the reason quotes
            tail = ""
        return BaselineError(f"The project itself fails, before any change: {self.reason}\n{tail}".rstrip())


class Comparison:
    """What is done to the arms of one ground."""

    def __init__(self, config: Config, ground: Ground) -> None:
        self._config = config
        self._ground = ground
        self._outputs = Outputs(config.benchmark)

    async def build_baseline(self) -> None:
        """Bring the baseline's arm to where its commands work, unless it is there.

        Raises:
            BaselineError: when the build fails.
        """
        if not self._ground.built:
            try:
                await self._build_ground()
            except Failed as failed:
                raise failed.of_baseline() from failed

    async def _build_ground(self) -> tuple[Step, Run] | None:
        """Build the baseline; the first time, what that makes is kept for all arms to come."""
        ground, done = self._ground, None
        if self._config.build.command:
            since = products.now()
            done = await self._step(ground.arm, "build", "baseline")
            if not ground.base.products.exists():
                await products.collect(ground.arm, ground.base, since)
        ground.built = True
        return done

    async def prove_baseline(self) -> AsyncGenerator[News, None]:
        """Build, test and benchmark the baseline, once for each ground; its steps are told every time.

        Raises:
            BaselineError: when one of them fails.
        """
        for step in self._ground.steps:
            yield step
        if self._ground.steps:
            return
        done: list[Step] = []
        try:
            for name, state in STATES.items():
                if self._section(name).command:
                    yield Progress(state="preparing" if name == "benchmark" else state)
                    built = await self._build_ground() if name == "build" else None
                    step, run = built or await self._step(self._ground.arm, name, "baseline")
                    done.append(step)
                    yield step
        except Failed as failed:
            raise failed.of_baseline() from failed
        self._ground.built = True
        self._ground.first_run = measurement(run, -1, "baseline", True, Conditions())
        self._ground.steps = tuple(done)

    async def stops(self, broken: Arm) -> bool:
        """Whether the build or the benchmark fails in an arm in which the changed files were broken on purpose."""
        try:
            for name in ("build", "benchmark"):
                if self._section(name).command:
                    await self._step(broken, name, "variant")
        except Failed:
            return True
        return False

    async def prepare(
        self,
        contender: Contender,
        arm: Arm,
        behaves: Callable[[], Awaitable[Behaviour | None]],
        doubt: Callable[[], Awaitable[str]],
    ) -> AsyncGenerator[News, None]:
        """Build and test a contender in its arm; a `Ruling` at the end means that it cannot be measured.

        `behaves` is asked after the tests: a difference it finds counts as a test that failed. `doubt` is asked last:
        a sentence that says why measuring would be in vain, or an empty text.

        Raises:
            Withdrawn: when the contender is taken out meanwhile.
        """
        try:
            made = [path for path, data in contender.changes.items() if data is not None]
            if check := compile_command(self._config, made):
                async with machine(alone=False):
                    run = await contender.under_way(arm.run(check, timeout=SYNTAX_TIMEOUT))
                    self._checked(run, "build", "variant", SYNTAX_TIMEOUT)
            for name in ("build", "test"):
                if self._section(name).command:
                    yield Progress(state=STATES[name])
                    step, _ = await contender.under_way(self._step(arm, name, "variant"))
                    yield step
            if found := await contender.under_way(behaves()):
                yield found
                if found.state == "differs" and self._config.test.behaviour == "fail":
                    yield Ruling(verdict="tests failed", reason=found.sentence)
                    return
            if reason := await contender.under_way(doubt()):
                yield Ruling(verdict="inconclusive", reason=reason)
        except Failed as failed:
            yield failed.step
            yield Ruling(verdict=failed.verdict, reason=failed.reason)

    async def build(self, arm: Arm) -> None:
        """Build an arm that others are compared with, as one of the baseline's own code.

        Raises:
            BaselineError: when that fails.
        """
        try:
            if self._config.build.command:
                await self._step(arm, "build", "variant")
        except Failed as failed:
            raise failed.of_baseline() from failed

    async def benchmark(self, arm: Arm, which: ArmName) -> Run:
        """Run the benchmark once; the caller holds the machine.

        Raises:
            Failed: when it does not pass.
        """
        _, run = await self._run(arm, "benchmark", which)
        return run

    async def _step(self, arm: Arm, name: StepName, which: ArmName) -> tuple[Step, Run]:
        async with machine(alone=name == "benchmark"):
            return await self._run(arm, name, which)

    async def _run(self, arm: Arm, name: StepName, which: ArmName) -> tuple[Step, Run]:
        """Run a step's command; raises Failed unless it passes."""
        section = self._section(name)
        timeout = self._timeout(name, which)
        if name == "benchmark":
            await self._outputs.clear(arm)
        run = await arm.run(arguments(section.command), timeout=timeout)
        step = self._checked(run, name, which, timeout)
        if name == "benchmark":
            run = await self._reported(arm, run, step)
        return step, run

    async def _reported(self, arm: Arm, run: Run, step: Step) -> Run:
        """The run with what the benchmark itself reports, once its output is what it has to be."""
        failed = msgspec.structs.replace(step, passed=False)
        try:
            readings = await self._outputs.readings(arm, run)
            output = await self._outputs.checked(arm, run)
        except OutputProblem as problem:
            raise Failed(failed, run, 0.0, "crashed", str(problem)) from problem
        ground = self._ground
        names: list[tuple[str, str]] = [(item.name, item.better) for item in readings]
        if ground.names is None:
            ground.names, ground.output = names, output
        if names != ground.names:
            shown = ", ".join(name for name, _ in names)
            raise Failed(
                failed, run, 0.0, "crashed", f"The benchmark reports other figures than the first time: {shown}."
            )
        if output is not None and ground.output is not None and (wrong := difference(ground.output, output)):
            raise Failed(failed, run, 0.0, "tests failed", f"The benchmark's output has changed: {wrong}.")
        return msgspec.structs.replace(run, readings=readings)

    def _checked(self, run: Run, name: StepName, which: ArmName, timeout: float) -> Step:
        step = Step(
            name=name,
            arm=which,
            passed=run.exit_code == 0,
            seconds=run.wall,
            exit_code=run.exit_code,
            output=run.output,
        )
        if not step.passed:
            raise Failed(step, run, timeout)
        return step

    def _timeout(self, name: StepName, which: ArmName) -> float:
        """As configured; a variant that takes many times as long as the baseline is hopeless and ended earlier."""
        configured = self._section(name).timeout
        usual = next((step.seconds for step in self._ground.steps if step.name == name), None)
        if which == "baseline" or usual is None:
            return configured
        return min(configured, PATIENCE * usual + GRACE_SECONDS)

    def _section(self, name: StepName) -> CommandSection:
        return {"build": self._config.build, "test": self._config.test, "benchmark": self._config.benchmark}[name]


def measurement(run: Run, pair: int, arm: ArmName, warm_up: bool, found: Conditions) -> Measurement:
    """What is kept of a run that has just ended."""
    return Measurement(
        pair=pair,
        arm=arm,
        wall=run.wall,
        cpu=run.cpu,
        max_rss=run.max_rss,
        readings=run.readings,
        score=score(run.readings),
        at=time.time() - run.wall,
        load=os.getloadavg()[0],
        others=found.others,
        stolen=found.stolen,
        stalled=found.stalled,
        mhz=found.mhz,
        noisy=found.disturbance,
        warm_up=warm_up,
    )


def noise(taken: Sequence[Measurement]) -> str:
    """A sentence about the noisy runs; empty when there were none."""
    noisy = [item.noisy for item in taken if item.noisy and not item.warm_up]
    if not noisy:
        return ""
    counted = sum(not item.warm_up for item in taken)
    return f" {len(noisy)} of {counted} runs were noisy: {Counter(noisy).most_common(1)[0][0]}."


def brief(taken: Sequence[Measurement]) -> str:
    """A sentence about a benchmark that hardly does more than start; empty when it does."""
    usual = median(item.wall for item in taken if item.arm == "baseline") if taken else SHORT
    if usual >= SHORT:
        return ""
    return f" One run takes {1000 * usual:.0f} ms, much of it to start: one of 0.1 s or more shows smaller gains."
