"""Several variants measured against one baseline, in randomised blocks.

One block is one run of the baseline and one run of each contender that is left, in random order; a log-ratio is taken
within a block, so slow drift cancels and the baseline costs a share instead of half of the time. Of rivals (variants
of which only the best is wanted) the clearly worse are ended early, so the leader gets the runs.

A step of a search is compared with another variant in place of the project; steps with the same one share its runs.

All contenders begin together with fresh arms: one that joined later would be compared with a baseline that earlier
runs have worn.
"""

import math
import random
import time
from collections.abc import AsyncGenerator, Sequence

import msgspec

from engine.config import BenchmarkSection, Config
from engine.errors import BaselineError
from engine.evaluate import sight
from engine.evaluate.arm import Arm
from engine.evaluate.comparison import Comparison, Failed, Ground, News, Pair, brief, measurement, noise
from engine.evaluate.conditions import Look, Patience
from engine.evaluate.contender import Contender, Withdrawn
from engine.evaluate.machine import machine
from engine.evaluate.rows import broken, rows
from engine.evaluate.statistics import Metric, estimate, estimate_of, log_ratios, value
from engine.evaluate.verdict import Exhausted, Ruling, Terms, choose_metric, rule
from engine.model import Evaluation, Measurement, Objective, Search

FIELD = 8
"""Contenders that race at most: the longer a block, the less do its runs share."""
DOMINANCE_ALPHA = 0.1
"""Probability of giving up a rival that is as good as the leader; verdicts do not hang on it."""
CHOOSING = 4
"""The metric is chosen from so many first pairs: on a busy machine, few runs show what share of time is computing."""
CALM_RUNS = 6.0
"""An evaluation waits for a quiet machine for as long as so many runs of the benchmark take, at most."""


class Race:
    """The contenders of one ground, built and tested, until each has its verdict."""

    def __init__(self, config: Config, comparison: Comparison, ground: Ground, field: Sequence[Contender]) -> None:
        self._section = config.benchmark
        self._comparison = comparison
        self._ground = ground
        self._field = list(field)
        self._proven: list[Contender] = []
        self._random = random.Random()
        usual = next((step.seconds for step in ground.steps if step.name == "benchmark"), 0.0)
        self._patience = Patience(min(self._section.calm_seconds, CALM_RUNS * usual))

    async def run(self) -> AsyncGenerator[tuple[Contender, News], None]:
        """Block after block; the last that is told of a contender is its `Ruling`.

        Raises:
            BaselineError: when the baseline's benchmark fails meanwhile.
        """
        for each in self._field:
            each.metric = self._metric(each)
        for told in self._rulings():
            yield told
        block = 0
        while self._field:
            for told in await self.block(block):
                yield told
            for told in self._rulings():
                yield told
            block += 1

    async def block(self, block: int) -> list[tuple[Contender, News]]:
        """One run of each, and what it brought; a contender that failed leaves the field."""
        order: list[Contender | Arm] = [*dict.fromkeys(self._reference(each) for each in self._field), *self._field]
        self._random.shuffle(order)
        runs: list[tuple[Contender | Arm, Measurement]] = []
        told: list[tuple[Contender, News]] = []
        async with machine(alone=True):
            await self._patience.wait()
            for each in order:
                try:
                    runs.append((each, await self._measure(each)))
                except Withdrawn:
                    continue
                except Failed as failed:
                    if each is self._ground.arm:
                        raise failed.of_baseline() from failed
                    told += self._out(each, failed)
        for contender, run in runs:
            if isinstance(contender, Contender) and contender in self._field and not contender.withdrawn:
                told.append((contender, self._pair(contender, block, run, runs)))
        return told

    def _reference(self, contender: Contender) -> Arm:
        return contender.opponent or self._ground.arm

    def _out(self, each: Contender | Arm, failed: Failed) -> list[tuple[Contender, News]]:
        """A contender that failed leaves the field; so do all that are compared with a variant that failed."""
        told: list[tuple[Contender, News]] = []
        for contender in tuple(self._field):
            if contender is each:
                ruling = Ruling(verdict=failed.verdict, reason=failed.reason)
                told += [(contender, failed.step), (contender, ruling)]
            elif self._reference(contender) is each:
                ruling = Ruling(verdict="inconclusive", reason=f"What it is compared with fails: {failed.reason}")
                told.append((contender, ruling))
            else:
                continue
            self._field.remove(contender)
        return told

    async def _measure(self, each: Contender | Arm) -> Measurement:
        look = Look()
        if isinstance(each, Contender):
            assert each.arm is not None
            run = await each.under_way(self._comparison.benchmark(each.arm, "variant"))
        else:
            run = await self._comparison.benchmark(each, "baseline")
        found = look.conditions(run.cpu)
        self._patience.note(found)
        return measurement(run, 0, "variant" if isinstance(each, Contender) else "baseline", False, found)

    def _pair(
        self, contender: Contender, block: int, own: Measurement, runs: Sequence[tuple[Contender | Arm, Measurement]]
    ) -> Pair:
        """What a block says of one contender: its own run and its reference's, in the order they were taken."""
        first, reference = not contender.begun, self._reference(contender)
        pair = tuple(
            msgspec.structs.replace(run, pair=contender.next_pair, warm_up=first)
            for each, run in runs
            if each is reference or each is contender
        )
        if contender.begun:
            contender.runs[block] = own
        contender.taken += pair
        contender.begun = True
        contender.next_pair += 1
        contender.metric = self._metric(contender)
        found = estimate(contender.taken, contender.metric, self._terms(contender).alpha)
        return Pair(measurements=pair, estimate=found, metric=contender.metric)

    # ------------------------------------------------------------------------------------------ decisions

    def _rulings(self) -> list[tuple[Contender, News]]:
        """The contenders that need no more runs, with their verdicts; they leave the field."""
        told: list[tuple[Contender, News]] = []
        for contender in tuple(self._field):
            if contender.withdrawn:
                self._field.remove(contender)
            elif ruling := self._rule(contender):
                self._field.remove(contender)
                if ruling.verdict == "faster":
                    self._proven.append(contender)
                reason = f"{ruling.reason}{noise(contender.taken)}"
                if ruling.verdict == "inconclusive" and ruling.metric != "benchmark":
                    reason += brief(contender.taken)
                found = rows(contender.taken, self._terms(contender).alpha)
                told.append((contender, msgspec.structs.replace(ruling, reason=reason, metrics=found)))
        return told

    def _rule(self, contender: Contender) -> Ruling | None:
        taken, section = contender.taken, self._section
        pairs, seconds = len(log_ratios(taken, "wall")), sum(item.wall for item in taken)
        exhausted: Exhausted = "seconds" if taken and seconds >= section.max_seconds else ""
        most = contender.most_pairs or section.max_pairs
        if pairs >= most:
            exhausted = "pairs"
        if contender.dropped:
            exhausted = "dropped"
        if not taken and not exhausted:
            return None
        left = min(most - pairs, (section.max_seconds - seconds) / (seconds / max(1, pairs) or 1.0))
        remaining = math.inf if contender.pinned else max(0.0, left)
        ruling = rule(taken, contender.metric, exhausted, self._terms(contender), remaining)
        if ruling is None and not contender.pinned and (better := self._better(contender)):
            ruling = rule(taken, contender.metric, "dominated", self._terms(contender))
            assert ruling is not None
            ruling = msgspec.structs.replace(ruling, reason=f"{ruling.reason} Ended early: {better} is clearly faster.")
        if ruling and ruling.verdict == "faster" and (worse := broken(rows(taken, self._terms(contender).alpha))):
            ruling = msgspec.structs.replace(ruling, verdict="slower", reason=f"{worse} {ruling.reason}")
        return ruling

    def _better(self, contender: Contender) -> str:
        """The title of a rival that beats it, run for run in the same blocks; empty when there is none."""
        for rival in (*self._field, *self._proven):
            if rival is contender or not contender.rivals or rival.rivals != contender.rivals:
                continue
            metric: Metric = contender.metric if contender.metric == rival.metric else "wall"
            shared = contender.runs.keys() & rival.runs.keys()
            found = estimate_of(
                [math.log(value(contender.runs[n], metric) / value(rival.runs[n], metric)) for n in sorted(shared)],
                DOMINANCE_ALPHA,
            )
            if found is not None and found.high < 0.0:
                return rival.title
        return ""

    def _terms(self, contender: Contender) -> Terms:
        return terms(self._section, contender.family, contender.pinned, contender.search)

    def _metric(self, contender: Contender) -> Metric:
        if self._section.output != "none":
            return "benchmark"
        first = [self._ground.first_run] if self._ground.first_run else []
        early = [item for item in contender.taken if item.pair < CHOOSING]
        return choose_metric(contender.objective, [*first, *early])


async def against_itself(
    config: Config, comparison: Comparison, ground: Ground, other: Arm, objective: Objective
) -> AsyncGenerator[Pair, None]:
    """Measure the baseline against another arm of the same code, for a bounded number of pairs.

    Raises:
        BaselineError: when the build or the benchmark fails.
    """
    contender = Contender("", "the project itself", {}, objective)
    contender.arm = other
    await comparison.build(other)
    race = Race(config, comparison, ground, [contender])
    begun = time.monotonic()
    for number in range(1 + sight.PAIRS):
        for _, news in await race.block(number):
            if isinstance(news, Pair):
                yield news
            elif isinstance(news, Ruling):
                raise BaselineError(f"The project itself fails, before any change: {news.reason}")
        spent = time.monotonic() - begun
        if spent + spent / (number + 1) > sight.SECONDS:
            return


def terms(section: BenchmarkSection, family: int, pinned: bool = False, search: Search = "") -> Terms:
    """The terms of one evaluation of `family` that were asked for together: alpha / family each (Bonferroni).

    A hunk that is left out makes no difference when the loss is less than a gain one would bother about. A step
    towards the best combination only has to be a step up: what it comes to is measured afresh in the end.
    """
    alpha, worth = section.alpha / max(1, family), 0.0 if pinned else section.worth
    if search == "worth":
        return Terms(alpha=alpha, margin=max(section.margin, section.worth), sharpen=False)
    return Terms(alpha=alpha, margin=section.margin, worth=worth, sharpen=not search)


def so_far(config: Config, evaluation: Evaluation) -> Ruling:
    """The verdict on an evaluation that is ended by hand while it is not in a race."""
    on = terms(config.benchmark, evaluation.family, search=evaluation.search)
    found = rule(evaluation.measurements, evaluation.metric, "dropped", on)
    assert found is not None
    return found
