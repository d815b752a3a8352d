"""Searches over hunks as jobs: what each hunk of a variant is worth, and which of all hunks go best together.

A search is a row of steps, each an evaluation against another variant. What to measure next follows from the steps
that have ended, so a search that was cut off or cancelled goes on where it was.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import msgspec

from engine.composing import chosen, title_of, to_do
from engine.config import Config
from engine.errors import EditError, EngineError
from engine.evaluate.combination import Combination, Hunks
from engine.evaluate.dissection import Dissection, Left
from engine.generate.hunks import conflicts
from engine.generate.reading import read_baseline
from engine.jobs import Jobs, RunningJob, Work, new_id
from engine.model import Candidate, Evaluation, Hunk, Job, Search
from engine.proof import Proof
from engine.protocol import EvaluationChanged
from engine.session import Session

LEAST_PAIRS = 3
"""A step is not begun when the budget of runs leaves less for it."""
ENDED = ("done", "cancelled", "interrupted", "baseline fails", "failed")


class Searches:
    """The searches of one project."""

    def __init__(self, config: Config, session: Session, jobs: Jobs, proof: Proof) -> None:
        self._config = config
        self._session = session
        self._jobs = jobs
        self._proof = proof

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self._config = config

    def worth(self, id: str) -> Job:
        """Measure what each hunk of a winning variant adds.

        Raises:
            EngineError: when it is not a proven variant of several hunks that run, or that is under way already.
        """
        whole = self._session.evaluations.get(id)
        if whole is None:
            raise EngineError("There is no such evaluation in this session.")
        if whole.search or whole.verdict != "faster" or whole.estimate is None:
            raise EngineError("Only a variant that was proven faster can be taken apart; b measures one.")
        if len(self._running_hunks(whole)) < 2:
            raise EngineError("There is only one hunk that runs in it: the whole gain is that hunk's.")
        self._refuse_twice("worth", id)
        return self._jobs.start("worth", f"worth of each hunk: {whole.title}", id, self._worth_work(id))

    def combine(self) -> Job:
        """Search for the best combination of hunks of all candidates; the job's subject is the evaluation it makes.

        Raises:
            EngineError: when fewer than two sets of hunks could be combined, or that is under way already.
        """
        if len(self._sets()) < 2:
            raise EngineError("Combining takes two measured candidates with a gain, one of them proven; b measures.")
        self._refuse_twice("combine")
        id = new_id()
        return self._jobs.start("combine", "the best combination", id, self._combine_work(id))

    def take_up(self, job: Job) -> None:
        """Go on with a search that was cut off."""
        work = self._worth_work(job.subject) if job.kind == "worth" else self._combine_work(job.subject)
        self._jobs.go_on(job, work)

    def _refuse_twice(self, kind: str, subject: str = "") -> None:
        if any(job.live and job.kind == kind and subject in ("", job.subject) for job in self._session.jobs.values()):
            raise EngineError("This search is under way already; x cancels it.")

    # ------------------------------------------------------------------------------------------- worth

    def _running_hunks(self, whole: Evaluation) -> list[Hunk]:
        """The hunks of a variant that may make a difference.

        Raises:
            EngineError: when one of them was split or edited since, or the variant is a patch of no candidate.
        """
        if not whole.hunks:
            raise EngineError("This variant is a patch of no candidate: it has no hunks to take apart.")
        _, hunks = chosen(self._session, whole.hunks)
        return [hunk for hunk in hunks if not hunk.cosmetic]

    def _worth_work(self, id: str) -> Work:
        async def work(running: RunningJob) -> None:
            while left_out := (found := self._dissection(id)).missing():
                whole = self._session.evaluations[id]
                wanted = [
                    (tuple(hunk for hunk in whole.hunks if hunk not in left), whole.hunks, self._without(whole, left))
                    for left in left_out
                ]
                going_on = await self._measure(running, "worth", id, wanted)
                self._tell_worth(id, found := self._dissection(id))
                if not going_on:
                    return
            self._tell_worth(id, found)

        return work

    def _dissection(self, id: str) -> Dissection:
        whole = self._session.evaluations[id]
        assert whole.estimate is not None
        hunks = self._running_hunks(whole)
        known = {
            frozenset(step.against) - frozenset(step.hunks): step for step in self._steps("worth", id) if step.verdict
        }
        margin = max(self._config.benchmark.margin, self._config.benchmark.worth)
        return Dissection([hunk.id for hunk in hunks], whole.estimate, margin, kin(hunks), known)

    def _tell_worth(self, id: str, found: Dissection) -> None:
        whole = self._session.evaluations[id]
        spare = tuple(hunk for hunk in whole.hunks if hunk in found.spare())
        told = msgspec.structs.replace(whole, worth=found.worths(), spare=spare)
        if told != whole:
            self._session.publish(EvaluationChanged(evaluation=told))

    def _without(self, whole: Evaluation, left: Left) -> str:
        _, hunks = chosen(self._session, whole.hunks)
        places = [f"{hunk.file}:{hunk.old_start}" for hunk in hunks if hunk.id in left]
        return f"without {', '.join(places)}"

    # ----------------------------------------------------------------------------------------- combining

    def _combine_work(self, id: str) -> Work:
        async def work(running: RunningJob) -> None:
            if id in self._session.evaluations:  # cut off when all but the end was done
                return
            while True:
                sets = self._sets()
                if not sets:
                    raise EngineError("What was to be combined is no longer there: the files have changed since.")
                best, options = self._combination(id, sets).course()
                wanted = [(self._ordered(item), self._ordered(best), self._named(item, best)) for item in options]
                if not wanted or not await self._measure(running, "combine", id, wanted):
                    break
            best, _ = self._combination(id, sets).course()
            self._prove(id, self._ordered(best))

        return work

    def _combination(self, id: str, sets: Sequence[Hunks]) -> Combination:
        known = {
            (frozenset(step.hunks), frozenset(step.against)): step
            for step in self._steps("combine", id)
            if step.verdict
        }
        _, hunks = chosen(self._session, sorted(frozenset().union(*sets)))
        clashes = [frozenset({one.id, other.id}) for one, other in conflicts(hunks)]
        return Combination(sets, clashes, known)

    def _sets(self) -> list[Hunks]:
        """What was measured with a gain, the best first, as far as it still can be written; the first is proven."""
        measured = [item for item in self._session.evaluations.values() if item.verdict and item.hunks]
        newest = {frozenset(item.hunks): item for item in measured if not item.search}
        found = [item for item in newest.values() if self._combinable(item)]
        found.sort(key=lambda item: item.estimate.guaranteed if item.estimate else 0.0, reverse=True)
        if not found or found[0].verdict != "faster":
            return []
        same: dict[object, str] = {}
        sets = []
        for item in found:
            _, hunks = chosen(self._session, item.hunks)
            taken = [hunk for hunk in hunks if not hunk.cosmetic and hunk.id not in item.spare]
            sets.append(frozenset(same.setdefault(_content(hunk), hunk.id) for hunk in taken))
        return list(dict.fromkeys(item for item in sets if item))

    def _combinable(self, item: Evaluation) -> bool:
        """Whether it gained, proven or not, and all its hunks can still be written."""
        gained = item.verdict == "inconclusive" and item.estimate and item.estimate.percent_improvement > 0.0
        if item.verdict != "faster" and not gained:
            return False
        try:
            candidates, hunks = chosen(self._session, item.hunks)
            touched = {hunk.file for hunk in hunks}
            return all(hunk.decision != "rejected" for hunk in hunks) and all(
                read_baseline(self._config.root_path, file.path).digest == file.digest
                for candidate in candidates
                for file in candidate.files
                if file.path in touched
            )
        except (EngineError, EditError):
            return False

    def _ordered(self, wanted: Hunks) -> tuple[str, ...]:
        _, hunks = chosen(self._session, tuple(wanted))
        return tuple(hunk.id for hunk in hunks)

    def _named(self, item: Hunks, best: Hunks) -> str:
        come, gone = (self._places(one - other) for one, other in ((item, best), (best, item)))
        return f"best so far with {come}" + (f" for {gone}" if gone else "")

    def _places(self, hunks: Hunks) -> str:
        if not hunks:
            return ""
        candidates, found = chosen(self._session, tuple(hunks))
        owner = {hunk.id: candidate for candidate in candidates for hunk in candidate.hunks}
        return ", ".join(f"{owner[hunk.id].llm} {hunk.file}:{hunk.old_start}" for hunk in found)

    def _prove(self, id: str, hunks: Sequence[str]) -> None:
        """Measure the best combination as a variant like any other, with new runs only."""
        candidates, taken = chosen(self._session, hunks)
        title = title_of(candidates, taken)
        born = Evaluation(
            id=id,
            title=f"best combination: {title}",
            state="queued",
            at=time.time(),
            candidate=_only(candidates, taken),
            hunks=tuple(hunk.id for hunk in taken),
            objective=self._config.task.objective,
        )
        self._proof.start(born, to_do(self._session, candidates, taken))

    # ---------------------------------------------------------------------------------------------- steps

    def _steps(self, search: Search, of: str) -> list[Evaluation]:
        return [item for item in self._session.evaluations.values() if item.search == search and item.of == of]

    async def _measure(
        self,
        running: RunningJob,
        search: Search,
        of: str,
        wanted: Sequence[tuple[tuple[str, ...], tuple[str, ...], str]],
    ) -> bool:
        """Measure (hunks, hunks it is against, title) in one race; False when the budget of runs is at its end.

        Steps that were cut off go on with the runs they have.
        """
        earlier = {(item.hunks, item.against): item for item in self._steps(search, of)}
        left = self._config.benchmark.search_runs - runs_of(self._steps(search, of))
        most = left // (LEAST_PAIRS + 1) - 1
        taken = wanted[: max(0, most)]
        if not taken:
            return False
        pairs = min(self._config.benchmark.max_pairs, left // (len(taken) + 1) - 1)
        doing = [
            asyncio.ensure_future(self._step(running, self._born(search, of, item, earlier, len(taken)), pairs))
            for item in taken
        ]
        try:
            await asyncio.gather(*doing)
        finally:
            for each in doing:
                each.cancel()
            await asyncio.gather(*doing, return_exceptions=True)
            self._end_unended(search, of)
        return True

    async def _step(self, running: RunningJob, born: Evaluation, pairs: int) -> None:
        changes = to_do(self._session, *chosen(self._session, born.hunks))
        against = to_do(self._session, *chosen(self._session, born.against))
        had = len({item.pair for item in born.measurements})
        await self._proof.step(running, born, changes, against, pairs + had)

    def _born(
        self,
        search: Search,
        of: str,
        wanted: tuple[tuple[str, ...], tuple[str, ...], str],
        earlier: dict[tuple[tuple[str, ...], tuple[str, ...]], Evaluation],
        family: int,
    ) -> Evaluation:
        hunks, against, title = wanted
        if cut_off := earlier.get((hunks, against)):
            return msgspec.structs.replace(cut_off, steps=(), reason="", family=family)
        return Evaluation(
            id=new_id(),
            title=title,
            state="queued",
            at=time.time(),
            hunks=hunks,
            objective=self._config.task.objective,
            family=family,
            search=search,
            of=of,
            against=against,
        )

    def _end_unended(self, search: Search, of: str) -> None:
        """After a failure, no step is left as if it were still going on."""
        for step in self._steps(search, of):
            if step.state not in ENDED:
                ended = msgspec.structs.replace(
                    step, state="cancelled", reason="The search ended before it was measured."
                )
                self._session.publish(EvaluationChanged(evaluation=ended))


def runs_of(steps: Iterable[Evaluation]) -> int:
    """Runs of the benchmark that the steps took; one that several share counts once."""
    return len({(run.arm, run.at, run.wall) for step in steps for run in step.measurements})


def kin(hunks: Sequence[Hunk]) -> list[Left]:
    """Pairs of hunks that tell of the same new names: perhaps one of them defines what the other uses."""
    new = {hunk.id: _words(hunk.new_lines) - _words(hunk.old_lines) for hunk in hunks}
    return [frozenset({one.id, other.id}) for one, other in combinations(hunks, 2) if new[one.id] & new[other.id]]


def _words(lines: Iterable[str]) -> set[str]:
    return {word for line in lines for word in re.findall(r"[^\W\d]\w+", line)}


def _content(hunk: Hunk) -> object:
    return hunk.file, hunk.old_start, hunk.old_lines, hunk.new_lines


def _only(candidates: Sequence[Candidate], hunks: Sequence[Hunk]) -> str:
    """The candidate, when all hunks are of one and are all that is kept of it."""
    kept: Callable[[Candidate], set[str]] = lambda item: {hunk.id for hunk in item.kept}  # noqa: E731
    one = candidates[0] if len(candidates) == 1 else None
    return one.id if one is not None and kept(one) == {hunk.id for hunk in hunks} else ""
