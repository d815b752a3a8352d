"""Experiments as jobs: the cells of a grid, one after the other, from the prompt to the verdict.

What is left follows from the candidates that name the experiment, so one that was cut off goes on where it was.
"""

import time
from collections.abc import Iterable, Iterator
from itertools import groupby

from engine.errors import EngineError
from engine.estimating import Estimating
from engine.jobs import Jobs, RunningJob, Work, new_id
from engine.model import Approach, Candidate, Cell, Evaluation, Experiment, Job, Prompt
from engine.pipeline import Pipeline
from engine.prompt.strategies import is_meta
from engine.prompt.templates import library
from engine.protocol import ExperimentBegun, ExperimentPlan, RunExperiment, WritePrompts
from engine.session import Session

AGAIN = ("interrupted", "failed")
"""States of a candidate whose cell is asked for again when the experiment goes on."""


class Experiments:
    """The experiments of one project."""

    def __init__(self, session: Session, jobs: Jobs, pipeline: Pipeline) -> None:
        self._session = session
        self._jobs = jobs
        self._pipeline = pipeline

    def run(self, command: RunExperiment) -> Job:
        """Begin an experiment, or go on with one.

        Raises:
            EngineError: when there is nothing to run it on, or one is under way.
        """
        if any(job.live and job.kind == "experiment" for job in self._session.jobs.values()):
            raise EngineError("An experiment is under way already; x cancels it.")
        experiment = self._planned(command)
        if experiment.id not in self._session.experiments:
            self._session.publish(ExperimentBegun(experiment=experiment))
        title = f"experiment of {len(list(experiment.cells()))} cells"
        return self._jobs.start("experiment", title, experiment.id, self._work(experiment.id))

    def take_up(self, job: Job) -> None:
        """Go on with an experiment that was cut off."""
        self._jobs.go_on(job, self._work(job.subject))

    def _planned(self, command: RunExperiment) -> Experiment:
        """What the command is about: the experiment it names, or a new one.

        Raises:
            EngineError: when there is no such experiment, LLM, strategy or bottleneck, or no profile.
        """
        if command.experiment:
            found = self._session.experiments.get(command.experiment)
            if found is None:
                raise EngineError(f"There is no experiment {command.experiment} in this session.")
            return found
        config = self._pipeline.config
        section = config.experiment
        profile = self._session.profile
        ranked = tuple(item.id for item in profile.bottlenecks) if profile else ()
        bottlenecks = command.bottlenecks or ranked[: section.bottlenecks]
        if not bottlenecks:
            raise EngineError("There is no profile yet; press p to run one first.")
        for id in bottlenecks:
            self._session.bottleneck(id)
        llms = command.llms or section.llms or tuple(llm.label for llm in config.llm)
        for label in llms:
            self._pipeline.conversations.llm(label)
        strategies = command.strategies or section.strategies
        metas = command.meta_prompters or section.meta_prompters or (config.meta_prompter.model,)
        return Experiment(
            id=new_id(),
            at=time.time(),
            bottlenecks=bottlenecks,
            llms=llms,
            approaches=tuple(self._approaches(strategies, metas)),
            repetitions=command.repetitions or section.repetitions,
            cross=command.cross or section.cross,
        )

    def _approaches(self, strategies: Iterable[str], metas: Iterable[str]) -> Iterator[Approach]:
        templates = library(self._pipeline.config.root_path)
        for strategy in dict.fromkeys(strategies):
            if is_meta(templates.load(strategy)):
                yield from (Approach(strategy, meta) for meta in dict.fromkeys(metas))
            else:
                yield Approach(strategy)

    # ------------------------------------------------------------------------------------------- the work

    def _work(self, id: str) -> Work:
        async def work(running: RunningJob) -> None:
            running.started()
            experiment = self._session.experiments[id]
            cells = list(experiment.cells())
            begun, at_first = time.monotonic(), len(self._done(experiment))
            for _, row in groupby(cells, key=lambda cell: (cell.repetition, cell.approach, cell.bottleneck)):
                same = list(row)
                for step in (self._write, self._ask, self._measure):
                    await self._until_ended(step(experiment, same))
                done = len(self._done(experiment))
                running.tell(_progress(done, len(cells), at_first, time.monotonic() - begun))

        return work

    async def _until_ended(self, jobs: list[str]) -> None:
        try:
            await self._jobs.ended(jobs)
        except BaseException:
            if not self._jobs.closing:
                for id in jobs:
                    if self._session.jobs[id].live:
                        self._jobs.cancel(id)
            raise

    def plan(self, command: RunExperiment) -> ExperimentPlan:
        """What the command would ask for, what that may cost and how long it may take; nothing is sent."""
        experiment = self._planned(command)
        left = self._unasked(experiment, list(experiment.cells()))
        readers = [cell._replace(llm=cell.written_for or cell.llm, written_for="") for cell in left]
        unwritten = [cell for cell in readers if self._prompt(experiment, cell) is None]
        return Estimating(self._session, self._pipeline).plan(experiment, left, unwritten)

    def _write(self, experiment: Experiment, cells: list[Cell]) -> list[str]:
        """Have the prompts written that are missing; `cells` have one approach, bottleneck and repetition."""
        readers = [cell.written_for or cell.llm for cell in self._unasked(experiment, cells)]
        own = [cell for cell in cells if cell.llm in readers and not cell.written_for]
        missing = [cell.llm for cell in own if self._prompt(experiment, cell) is None]
        if not missing:
            return []
        command = WritePrompts(
            bottlenecks=(cells[0].bottleneck,),
            llms=tuple(missing),
            strategy=cells[0].approach.strategy,
            meta_prompter=cells[0].approach.meta_prompter,
        )
        jobs, _ = self._pipeline.prompting.write(command)
        return [job.id for job in jobs]

    def _ask(self, experiment: Experiment, cells: list[Cell]) -> list[str]:
        """Ask the LLMs that have a prompt and no answer yet."""
        prompts = [self._given(experiment, cell) for cell in self._unasked(experiment, cells)]
        ready = [prompt.id for prompt in prompts if prompt is not None and prompt.state == "ready"]
        if not ready:
            return []
        return [job.id for job in self._pipeline.optimise(ready, experiment.id, cells[0].repetition)]

    def _measure(self, experiment: Experiment, cells: list[Cell]) -> list[str]:
        """Evaluate what has hunks and no verdict yet; an evaluation that is under way is waited for."""
        known = self._candidates(experiment)
        waiting, fresh = [], []
        for item in (known[cell] for cell in cells if cell in known):
            evaluation = self._evaluation(item)
            if evaluation is not None and evaluation.verdict is not None:
                continue
            under_way = [
                job.id
                for job in self._session.jobs.values()
                if evaluation and job.live and job.subject == evaluation.id
            ]
            if under_way:
                waiting += under_way
            elif item.kept and item.state == "ready":
                fresh.append(item.id)
        return waiting + ([job.id for job in self._pipeline.evaluate(fresh)] if fresh else [])

    def _unasked(self, experiment: Experiment, cells: list[Cell]) -> list[Cell]:
        known = self._candidates(experiment)
        return [cell for cell in cells if cell not in known]

    def _given(self, experiment: Experiment, cell: Cell) -> Prompt | None:
        """The prompt that the cell's LLM is given: its own, or one that was written for another."""
        if not cell.written_for:
            return self._prompt(experiment, cell)
        own = self._prompt(experiment, cell._replace(llm=cell.written_for, written_for=""))
        return own if own is None or own.state != "ready" else self._pipeline.prompting.lend(own, cell.llm)

    def _prompt(self, experiment: Experiment, cell: Cell) -> Prompt | None:
        """The newest prompt of the cell's approach that was written since the experiment began, as nobody edited it."""
        wanted = (cell.bottleneck, cell.llm, cell.approach.strategy, cell.approach.meta_prompter, "meta")
        found = [
            prompt
            for prompt in self._session.prompts.values()
            if (prompt.bottleneck, prompt.llm, prompt.strategy, prompt.meta_prompter, prompt.author) == wanted
            and prompt.at >= experiment.at
            and not prompt.written_for
            and prompt.state not in AGAIN
        ]
        return found[-1] if found else None

    def _candidates(self, experiment: Experiment) -> dict[Cell, Candidate]:
        found = {}
        for item in self._session.candidates.values():
            if item.experiment == experiment.id and item.state not in AGAIN:
                sent = self._session.prompts[item.prompt]
                approach = Approach(item.strategy, sent.meta_prompter)
                found[Cell(item.bottleneck, item.llm, approach, item.repetition, sent.written_for)] = item
        return found

    def _evaluation(self, candidate: Candidate) -> Evaluation | None:
        found = [item for item in self._session.evaluations.values() if item.candidate == candidate.id]
        return found[-1] if found else None

    def _done(self, experiment: Experiment) -> list[Candidate]:
        """Candidates that have come to their end: with a verdict, or without anything to judge."""
        found = []
        for item in self._candidates(experiment).values():
            evaluation = self._evaluation(item)
            if item.state != "streaming" and (not item.kept or (evaluation is not None and evaluation.verdict)):
                found.append(item)
        return found


def _progress(done: int, cells: int, at_first: int, seconds: float) -> str:
    """How far it is, and how long the rest takes at the pace so far."""
    told = f"{done} of {cells} cells"
    if done > at_first and done < cells:
        minutes = (cells - done) * seconds / (done - at_first) / 60
        told += f", about {max(1, round(minutes))} min left"
    return told
