"""The whole job without a screen: a client of the engine that issues the same commands as the keys do."""

import asyncio
import contextlib
import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec
from msgspec import structs

from engine.client import Client
from engine.errors import EngineError
from engine.model import Candidate, Evaluation, Job, Prompt, Target
from engine.protocol import (
    Apply,
    Cancel,
    Combine,
    Command,
    Decide,
    Evaluate,
    EvaluatePatch,
    ExperimentPlan,
    FollowUp,
    ListStrategies,
    Optimise,
    Replay,
    RunExperiment,
    RunProfile,
    SetBudget,
    StopSpending,
    Strategy,
    WritePrompts,
)
from tui import verbs
from tui.state import State, reduce

Say = Callable[[str], None]


class Session:
    """A followed engine: sends commands, knows the state, and waits for jobs to end."""

    def __init__(self, root: Path, say: Say) -> None:
        self._root = root
        self.say = say
        self._changed = asyncio.Condition()
        self._told: dict[str, str] = {}
        self._following: asyncio.Task[None] | None = None
        self.state = State()

    async def __aenter__(self) -> Self:
        self._client = await Client.connect(self._root)
        self._following = asyncio.create_task(self._follow())
        await self._until(lambda: self.state.project is not None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError, EngineError):
                await self._following
        await self._client.close()

    async def perform(self, command: Command) -> Any:
        """The engine's result for one command.

        Raises:
            EngineError: when the engine refuses, with its sentence.
        """
        return await self._client.send(command)

    async def finish(self, jobs: Iterable[str]) -> list[Job]:
        """Wait until all the jobs have ended; when this is cancelled, so are they."""
        ids = list(jobs)

        def asks() -> bool:
            return any(id in self.state.jobs and self.state.jobs[id].question for id in ids)

        def ended() -> bool:
            return all(id in self.state.jobs and not self.state.jobs[id].live for id in ids)

        try:
            while not ended():
                await self._until(lambda: ended() or asks())
                if asks():  # nobody is here to raise the cap
                    await self.perform(StopSpending())
                    await self._until(lambda: not asks())
        except asyncio.CancelledError:
            for id in ids:
                if id not in self.state.jobs or self.state.jobs[id].live:
                    with contextlib.suppress(EngineError):
                        await self.perform(Cancel(job=id))
            raise
        return [self.state.jobs[id] for id in ids]

    async def settled(self, prompts: Iterable[str]) -> list[Prompt]:
        """Wait until none of the prompts is being written any more."""
        ids = list(prompts)

        def done() -> bool:
            prompts = self.state.prompts
            return all(id in prompts and prompts[id].state != "streaming" for id in ids)

        await self._until(done)
        return [self.state.prompts[id] for id in ids]

    async def candidate(self, id: str) -> Candidate:
        """A candidate that a command has just made."""
        await self._until(lambda: id in self.state.candidates)
        return self.state.candidates[id]

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: condition() or self._ended())
        if not condition():
            assert self._following is not None
            self._following.result()
            raise EngineError("The engine was stopped; run the command again to go on.")

    def _ended(self) -> bool:
        return self._following is not None and self._following.done()

    async def _follow(self) -> None:
        try:
            async for event in self._client.events():
                before, self.state = self.state.project, reduce(self.state, event)
                if before is None and self.state.project is not None and self.state.project.notice:
                    self.say(self.state.project.notice)
                self._tell_progress()
                await self._wake()
        finally:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._wake()))

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _tell_progress(self) -> None:
        for job in self.state.jobs.values():
            news = f"{job.title}: {job.progress or job.state}"
            if job.live and self._told.get(job.id) != news:
                self.say(news)
            if job.live or job.id in self._told:
                self._told[job.id] = news


@dataclass(frozen=True)
class Outcome:
    """What a headless run has brought, in the order of the candidates."""

    results: tuple[tuple[Candidate, Evaluation | None], ...] = ()
    combined: Evaluation | None = None
    """The best combination of hunks, measured afresh."""
    failed: tuple[Job, ...] = ()
    applied: str = ""

    @property
    def best(self) -> Evaluation | None:
        """The variant with the largest gain that is safe to claim, among those proven faster."""
        found = [item for item in (*(e for _, e in self.results), self.combined) if item is not None]
        proven = [item for item in found if item.verdict == "faster"]
        return max(proven, key=lambda item: item.estimate.guaranteed if item.estimate else 0.0, default=None)


@dataclass(frozen=True)
class Plan:
    """What `mpco run` is asked to do."""

    bottlenecks: int = 3
    llms: tuple[str, ...] = ()
    strategy: str = "mpco"
    without: tuple[Any, ...] = ()
    max_usd: float | None = None
    replay: str = ""
    speed: float = 1.0
    worth: bool = False
    """Whether it is measured what each hunk of the winners is worth."""
    combine: bool = False
    """Whether the best combination of hunks is searched for."""
    apply_best: bool = False
    branch: str = ""
    scope: Literal["", "bottleneck", "project"] = ""
    meta_prompter: str = ""


async def run(session: Session, plan: Plan) -> Outcome:
    """Stages 1 to 4 for the top bottlenecks, then the best to the tree or a branch when the plan says so.

    Raises:
        EngineError: when a stage cannot begin.
    """
    if plan.max_usd is not None:
        await session.perform(SetBudget(max_usd=_cap(session.state, plan.max_usd)))
    recorded = await session.perform(Replay(source=plan.replay, speed=plan.speed)) if plan.replay else None
    try:
        return await _stages(session, plan, recorded)
    finally:
        with contextlib.suppress(EngineError):
            if plan.max_usd is not None:
                await session.perform(SetBudget(max_usd=None))
            if recorded is not None:
                await session.perform(Replay(source=""))


async def mistake(session: Session, llms: Iterable[str], strategies: Iterable[str]) -> str:
    """What names nothing that there is, in a sentence, before anything is run or sent for it; else an empty text."""
    labels = [llm.label for llm in session.state.project.llms] if session.state.project else []
    for label in llms:
        if label not in labels:
            return f"mpco.toml has no [[llm]] with label {_unknown(label, labels)}"
    told = msgspec.convert(await session.perform(ListStrategies()), list[Strategy])
    known = {item.name: item for item in told}
    for name in strategies:
        if name not in known:
            return f"There is no strategy {_unknown(name, list(known))}"
        if known[name].problem:
            return known[name].problem
    return ""


def _unknown(found: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(found, known, n=1)
    return f"{found!r}; there are: {', '.join(known)}" + (f'; did you mean "{near[0]}"?' if near else ".")


def _cap(state: State, max_usd: float) -> float:
    """The cap of the session under which this run spends at most `max_usd`, and no more than is configured."""
    configured = state.project.max_usd if state.project else None
    whole = state.spent_usd + max_usd
    return whole if configured is None else min(whole, configured)


async def _stages(session: Session, plan: Plan, recorded: Any) -> Outcome:
    failed = _failed(await session.finish([(await session.perform(RunProfile()))["job"]]))
    if failed:
        return Outcome(failed=failed)
    known = [item.id for item in session.state.bottlenecks if not recorded or item.id in recorded["bottlenecks"]]
    targets = tuple(known[: plan.bottlenecks])
    if recorded and not targets:
        raise EngineError(f"{plan.replay}: no bottleneck of this project is in that recording; record one here first.")
    writing = await session.perform(
        WritePrompts(
            bottlenecks=targets,
            llms=plan.llms,
            strategy=plan.strategy,
            without=plan.without,
            scope=plan.scope,
            meta_prompter=plan.meta_prompter,
        )
    )
    written = await session.finish(writing["jobs"])
    settled = await session.settled(writing["prompts"])
    prompts = tuple(prompt.id for prompt in settled if prompt.state == "ready")
    if not prompts:
        return Outcome(failed=_failed(written))
    asking = await session.perform(Optimise(prompts=prompts))
    asked = await session.finish(asking["jobs"])
    candidates = tuple(job.subject for job in asked)
    ready = tuple(id for id in candidates if session.state.candidates[id].kept)
    proven = await session.finish((await session.perform(Evaluate(candidates=ready)))["jobs"]) if ready else []
    for _ in range(session.state.project.rounds if session.state.project else 0):
        candidates, asked, proven = await _again(session, candidates, asked, proven)
    results = tuple((session.state.candidates[id], session.state.latest_evaluation(id)) for id in candidates)
    outcome = Outcome(results=results, failed=_failed([*written, *asked, *proven]))
    outcome = await _searched(session, plan, outcome)
    return await _apply_best(session, plan, outcome) if plan.apply_best else outcome


async def _combined(session: Session, command: Combine, jobs: list[Job]) -> Evaluation | None:
    """The best combination, once it is measured afresh; None where too few candidates gained anything."""
    try:
        begun = await session.perform(command)
    except EngineError as error:
        session.say(str(error))
        return None
    id = begun["evaluations"][0]
    jobs += await session.finish(begun["jobs"])
    jobs += await session.finish([job.id for job in session.state.jobs.values() if job.subject == id and job.live])
    return session.state.evaluations.get(id)


async def _searched(session: Session, plan: Plan, outcome: Outcome) -> Outcome:
    """With what the plan asks for: the worth of each hunk of the winners, the best combination."""
    jobs: list[Job] = []
    for _, proof in outcome.results if plan.worth else ():
        command = verbs.worth(session.state, proof)
        if not isinstance(command, str):
            jobs += await session.finish((await session.perform(command))["jobs"])
    combining = verbs.combine(session.state) if plan.combine else ""
    combined = None if isinstance(combining, str) else await _combined(session, combining, jobs)
    results = tuple((c, session.state.evaluations[e.id] if e else None) for c, e in outcome.results)
    return replace(outcome, results=results, combined=combined, failed=(*outcome.failed, *_failed(jobs)))


async def _again(
    session: Session, candidates: tuple[str, ...], asked: list[Job], proven: list[Job]
) -> tuple[tuple[str, ...], list[Job], list[Job]]:
    """Let the LLMs try again where the last try was not proven faster; all candidates and jobs so far."""
    state = session.state
    followed = {state.candidates[id].parent for id in candidates}
    begun = []
    for id in candidates:
        candidate, proof = state.candidates[id], state.latest_evaluation(id)
        answered = bool(candidate.answer) and candidate.state in ("ready", "empty", "unappliable")
        if answered and id not in followed and (proof is None or proof.verdict != "faster"):
            begun.append(await session.perform(FollowUp(candidate=id)))
    more = await session.finish(each["job"] for each in begun)
    new = tuple(each["candidate"] for each in begun)
    ready = tuple(id for id in new if session.state.candidates[id].kept)
    jobs = await session.finish((await session.perform(Evaluate(candidates=ready)))["jobs"]) if ready else []
    return (*candidates, *new), [*asked, *more], [*proven, *jobs]


async def evaluate(session: Session, patches: Iterable[tuple[str, str]]) -> list[tuple[str, Evaluation, Job]]:
    """Evaluate (title, patch text) pairs against the working tree; they share the baseline's runs and the error."""
    begun = []
    given = list(patches)
    for title, patch in given:
        begun.append(await session.perform(EvaluatePatch(title=title, patch=patch, family=len(given))))
    jobs = await session.finish(job for each in begun for job in each["jobs"])
    found = [session.state.evaluations[each["evaluations"][0]] for each in begun]
    return [(title, evaluation, job) for (title, _), evaluation, job in zip(given, found, jobs, strict=True)]


async def plan_experiment(session: Session, command: RunExperiment) -> ExperimentPlan:
    """What would be worked through, on a fresh profile when there is none yet.

    Raises:
        EngineError: when it could not begin.
    """
    if session.state.profile is None and not command.experiment:
        (profiled,) = await session.finish([(await session.perform(RunProfile()))["job"]])
        if profiled.state != "done":
            raise EngineError(profiled.reason)
    return msgspec.convert(await session.perform(structs.replace(command, plan=True)), ExperimentPlan)


async def experiment(session: Session, command: RunExperiment) -> Job:
    """Work through an experiment.

    Raises:
        EngineError: when it cannot begin.
    """
    (done,) = await session.finish([(await session.perform(command))["job"]])
    return done


async def _apply_best(session: Session, plan: Plan, outcome: Outcome) -> Outcome:
    if outcome.best is None:
        return outcome
    hunks = outcome.best.hunks
    for candidate in session.state.candidates.values():
        mine = tuple(hunk.id for hunk in candidate.hunks if hunk.id in hunks)
        if mine:
            await session.perform(Decide(candidate=candidate.id, hunks=mine, decision="accepted"))
    target: Target = "branch" if plan.branch else "tree"
    done = await session.perform(Apply(hunks=hunks, target=target, where=plan.branch, proven=True))
    return replace(outcome, applied=f"{target} {done['where']}")


def _failed(jobs: Iterable[Job]) -> tuple[Job, ...]:
    return tuple(job for job in jobs if job.state != "done")
