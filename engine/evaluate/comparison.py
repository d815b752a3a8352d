"""The steps of one evaluation: build and test an arm, then run baseline and variant in pairs of random order.

Both arms go through the same steps, so their caches (.pyc files, build products) are in the same state when
measuring begins; the first pair of every session still counts as warm-up.
"""

import os
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Literal

import msgspec

from engine.config import CommandSection, Config
from engine.errors import BaselineError
from engine.evaluate import products, sight
from engine.evaluate.arm import Arm, Run
from engine.evaluate.command import arguments
from engine.evaluate.conditions import Conditions, Look, Patience
from engine.evaluate.failures import explain
from engine.evaluate.machine import machine
from engine.evaluate.statistics import Metric, estimate, log_ratios
from engine.evaluate.syntax import TIMEOUT as SYNTAX_TIMEOUT
from engine.evaluate.syntax import compile_command
from engine.evaluate.verdict import Exhausted, Ruling, Terms, choose_metric, rule
from engine.evaluate.workspace import Base
from engine.model import Arm as ArmName
from engine.model import Estimate, EvaluationState, Measurement, Objective, Step

StepName = Literal["build", "test", "benchmark"]
STATES: dict[StepName, EvaluationState] = {"build": "building", "test": "testing", "benchmark": "measuring"}

PATIENCE, GRACE_SECONDS = 10.0, 20.0
"""A variant's step may take this many times the baseline's, and the grace on top, but never more than configured."""
CALM_RUNS = 6.0
"""An evaluation waits for a quiet machine for as long as so many runs of the benchmark take, at most."""
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


News = Progress | Step | Pair | Ruling


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


class Failed(Exception):
    """A step of an arm did not pass."""

    def __init__(self, step: Step, run: Run, timeout: float) -> None:
        super().__init__(step.name)
        self.step = step
        self.verdict, self.reason = explain(step, run, timeout)

    def of_baseline(self) -> BaselineError:
        """The error to raise when it was the user's own code that failed."""
        tail = "\n".join(self.step.output.strip().splitlines()[-TOLD_LINES:])
        return BaselineError(f"The project itself fails, before any change: {self.reason}\n{tail}".rstrip())


class Comparison:
    """What is done to the arms of one ground."""

    def __init__(self, config: Config, ground: Ground) -> None:
        self._config = config
        self._ground = ground
        self._random = random.Random()

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
        self._ground.first_run = _measurement(run, -1, "baseline", True, Conditions())
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

    async def judge(
        self,
        variant: Arm,
        changed: Iterable[str],
        objective: Objective,
        measured: Sequence[Measurement],
        doubt: Callable[[], Awaitable[str]],
    ) -> AsyncGenerator[News, None]:
        """Build and test the variant, whose `changed` files differ, then measure it until there is a verdict.

        `doubt` is asked before measuring: a sentence that says why it would be in vain, or an empty text.

        Raises:
            BaselineError: when it is the baseline whose benchmark fails meanwhile.
        """
        try:
            if check := compile_command(self._config, changed):
                async with machine(alone=False):
                    self._checked(await variant.run(check, timeout=SYNTAX_TIMEOUT), "build", "variant", SYNTAX_TIMEOUT)
            for name in ("build", "test"):
                if self._section(name).command:
                    yield Progress(state=STATES[name])
                    step, _ = await self._step(variant, name, "variant")
                    yield step
            if reason := await doubt():
                yield Ruling(verdict="inconclusive", reason=reason)
                return
            yield Progress(state="measuring")
            async with aclosing(self._measure(variant, objective, measured)) as pairs:
                async for news in pairs:
                    yield news
        except Failed as failed:
            if failed.step.arm == "baseline":
                raise failed.of_baseline() from failed
            yield failed.step
            yield Ruling(verdict=failed.verdict, reason=failed.reason)

    async def against_itself(self, other: Arm, objective: Objective) -> AsyncGenerator[Pair, None]:
        """Measure the baseline against another arm of the same code, for a bounded number of pairs.

        Raises:
            BaselineError: when the build or the benchmark fails.
        """
        taken: list[Measurement] = []
        patience = Patience(self._config.benchmark.calm_seconds)
        begun = time.monotonic()
        try:
            if self._config.build.command:
                await self._step(other, "build", "variant")
            for number in range(1 + sight.PAIRS):
                pair = await self._pair(other, number, number == 0, patience)
                taken += pair
                metric = choose_metric(objective, [item for item in taken if item.warm_up])
                yield Pair(measurements=pair, estimate=estimate(taken, metric), metric=metric)
                spent = time.monotonic() - begun
                if spent + spent / (number + 1) > sight.SECONDS:
                    return
        except Failed as failed:
            raise failed.of_baseline() from failed

    async def _measure(
        self, variant: Arm, objective: Objective, measured: Sequence[Measurement]
    ) -> AsyncGenerator[Pair | Ruling, None]:
        taken = list(measured)
        metric = self._metric(objective, taken)
        ruling = self._rule(taken, metric) if taken else None
        number = max((item.pair for item in taken), default=-1) + 1
        warm_up = True  # the arms are fresh, also when an evaluation is taken up again
        usual = next((step.seconds for step in self._ground.steps if step.name == "benchmark"), 0.0)
        patience = Patience(min(self._config.benchmark.calm_seconds, CALM_RUNS * usual))
        while ruling is None:
            pair = await self._pair(variant, number, warm_up, patience)
            taken += pair
            if warm_up and not measured:
                metric = self._metric(objective, taken)
            yield Pair(measurements=pair, estimate=estimate(taken, metric, self._terms.alpha), metric=metric)
            ruling = self._rule(taken, metric)
            number, warm_up = number + 1, False
        yield msgspec.structs.replace(ruling, reason=f"{ruling.reason}{_noise(taken)}")

    def _metric(self, objective: Objective, taken: Sequence[Measurement]) -> Metric:
        first = [self._ground.first_run] if self._ground.first_run else []
        return choose_metric(objective, [*first, *(item for item in taken if item.warm_up)])

    @property
    def _terms(self) -> Terms:
        section = self._config.benchmark
        return Terms(alpha=section.alpha, margin=section.margin, worth=section.worth)

    def _rule(self, taken: Sequence[Measurement], metric: Metric) -> Ruling | None:
        section = self._config.benchmark
        pairs, seconds = len(log_ratios(taken, "wall")), sum(item.wall for item in taken)
        exhausted: Exhausted = "seconds" if seconds >= section.max_seconds else ""
        if pairs >= section.max_pairs:
            exhausted = "pairs"
        left = min(section.max_pairs - pairs, (section.max_seconds - seconds) / (seconds / max(1, pairs)))
        return rule(taken, metric, exhausted, self._terms, max(0.0, left))

    async def _pair(self, variant: Arm, number: int, warm_up: bool, patience: Patience) -> tuple[Measurement, ...]:
        arms: list[tuple[ArmName, Arm]] = [("baseline", self._ground.arm), ("variant", variant)]
        self._random.shuffle(arms)
        pair: list[Measurement] = []
        async with machine(alone=True):
            await patience.wait()
            for name, arm in arms:
                look = Look()
                _, run = await self._run(arm, "benchmark", name)
                found = look.conditions(run.cpu)
                patience.note(found)
                pair.append(_measurement(run, number, name, warm_up, found))
        return tuple(pair)

    async def _step(self, arm: Arm, name: StepName, which: ArmName) -> tuple[Step, Run]:
        async with machine(alone=name == "benchmark"):
            return await self._run(arm, name, which)

    async def _run(self, arm: Arm, name: StepName, which: ArmName) -> tuple[Step, Run]:
        """Run a step's command; raises Failed unless it passes."""
        section = self._section(name)
        timeout = self._timeout(name, which)
        run = await arm.run(arguments(section.command), timeout=timeout)
        return self._checked(run, name, which, timeout), run

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


def _measurement(run: Run, pair: int, arm: ArmName, warm_up: bool, found: Conditions) -> Measurement:
    return Measurement(
        pair=pair,
        arm=arm,
        wall=run.wall,
        cpu=run.cpu,
        max_rss=run.max_rss,
        at=time.time() - run.wall,
        load=os.getloadavg()[0],
        others=found.others,
        stolen=found.stolen,
        stalled=found.stalled,
        mhz=found.mhz,
        noisy=found.disturbance,
        warm_up=warm_up,
    )


def _noise(taken: Sequence[Measurement]) -> str:
    """A sentence about the noisy runs; empty when there were none."""
    noisy = [item.noisy for item in taken if item.noisy and not item.warm_up]
    if not noisy:
        return ""
    counted = sum(not item.warm_up for item in taken)
    return f" {len(noisy)} of {counted} runs were noisy: {Counter(noisy).most_common(1)[0][0]}."
