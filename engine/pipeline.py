"""What follows what: profile -> prompt -> generate -> evaluate -> apply, each a command that starts jobs.

This module alone knows all four stages. It reads the session, hands work to a stage, and publishes what the
stage brings; it holds no truth of its own.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from engine.composing import Change, changes_of, chosen, title_of, to_do
from engine.config import Config
from engine.conversation import Asked, Conversations
from engine.cosmetic import with_cosmetics
from engine.errors import EditError, EngineError, LlmError
from engine.flagging import flags_of
from engine.generate.follow_up import LAST_TRY, follow_up
from engine.generate.patch_reading import from_patch
from engine.generate.reading import read_answer, read_baseline
from engine.generate.request import going_on
from engine.generate.request import messages as request_messages
from engine.jobs import Jobs, RunningJob, new_id
from engine.llm import prices
from engine.llm.replay import recordable
from engine.model import BaselineFile, Bottleneck, Candidate, Evaluation, Job, Message, Prompt
from engine.profiling import Profiling
from engine.prompt import related
from engine.prompting import Prompting
from engine.proof import Proof
from engine.protocol import (
    AddAnswer,
    CandidateChanged,
    CandidateStreamed,
    EvaluationChanged,
)
from engine.searching import Searches
from engine.session import Session
from engine.source import language_of
from engine.talk import Talk

READING_SHARE = 10
"""A growing answer is read again after this many times the seconds that the last reading took."""


class Pipeline:
    """The four stages of one project."""

    def __init__(self, config: Config, session: Session, jobs: Jobs, proof: Proof) -> None:
        self.config = config
        self._session = session
        self._jobs = jobs
        self._proof = proof
        self.conversations = Conversations(config, session)
        self.profiling = Profiling(config, session, jobs, proof)
        self.prompting = Prompting(config, session, jobs, self.conversations)
        self.searches = Searches(config, session, jobs, proof)

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self.config = config
        self.conversations.configure(config)
        self.profiling.configure(config)
        self.prompting.configure(config)
        self.searches.configure(config)
        self._proof.configure(config)

    # --------------------------------------------------------------------------------- stage 3: generate

    def optimise(self, prompts: Iterable[str], experiment: str = "", repetition: int = 0) -> list[Job]:
        """Send each prompt with its bottleneck's code to its LLM."""
        found = [self._session.prompt(id) for id in prompts]
        if not found:
            raise EngineError("There is no prompt yet; press m to have them written.")
        for prompt in found:
            if prompt.state != "ready":
                raise EngineError(
                    f"The prompt for {prompt.llm} is {prompt.state}, not ready; press m to write it again."
                )
        return [self._optimise(prompt, experiment, repetition) for prompt in found]

    def request(self, prompt: Prompt) -> tuple[Message, ...]:
        """What is sent with a prompt: the prompt and the code of its bottleneck, likely secrets masked."""
        target = self._session.bottleneck(prompt.bottleneck)
        text = read_baseline(self.config.root_path, target.file).text
        edit_format = self.conversations.llm(prompt.llm).edit_format
        around = related(self.config, target)
        said = request_messages(prompt.text, target, text, edit_format, language_of(target.file), around.told)
        return self.conversations.outgoing(said)

    def _optimise(self, prompt: Prompt, experiment: str, repetition: int) -> Job:
        section = self.conversations.llm(prompt.llm)
        target = self._session.bottleneck(prompt.bottleneck)
        baseline = read_baseline(self.config.root_path, target.file)
        sent = self.request(prompt)
        candidate = Candidate(
            id=new_id(),
            bottleneck=target.id,
            llm=prompt.llm,
            prompt=prompt.id,
            state="streaming",
            at=time.time(),
            model=section.model,
            params=recordable(section.params),
            strategy=prompt.strategy,
            experiment=experiment,
            repetition=repetition,
            edit_format=section.edit_format,
            files=(baseline,),
            sent=sent,
        )
        self._session.publish(CandidateChanged(candidate=candidate))

        async def work(running: RunningJob) -> None:
            await self._stream_candidate(running, candidate, target)

        return self._jobs.start("generate", f"{prompt.llm}: {target.function}", candidate.id, work)

    def continue_candidate(self, id: str) -> Job:
        """Have the LLM go on with an answer that was cut off.

        Raises:
            EngineError: when there is nothing to go on with.
        """
        cut = self._session.candidate(id)
        if cut.state != "interrupted" or not cut.answer:
            raise EngineError(f"The answer of {cut.llm} was not cut off; there is nothing to go on with.")
        target = self._session.bottleneck(cut.bottleneck)
        candidate = msgspec.structs.replace(cut, state="streaming", reason="")
        self._session.publish(CandidateChanged(candidate=candidate))

        async def work(running: RunningJob) -> None:
            await self._stream_candidate(running, candidate, target)

        return self._jobs.start("generate", f"{cut.llm} goes on: {target.function}", cut.id, work)

    def follow_up(self, id: str, remark: str) -> dict[str, str]:
        """Send a candidate back to its LLM with what became of it; the next try is a candidate of its own.

        Raises:
            EngineError: when it has no answer from an LLM, or the file has changed since.
        """
        parent = self._session.candidate(id)
        if not parent.sent or not parent.answer or parent.state in ("streaming", "interrupted"):
            raise EngineError(f"The candidate of {parent.llm} has no whole answer from an LLM to follow up on.")
        section = self.conversations.llm(parent.llm)
        target = self._session.bottleneck(parent.bottleneck)
        baseline = read_baseline(self.config.root_path, target.file)
        if all(file.digest != baseline.digest for file in parent.files):
            raise EngineError(f"{target.file} has changed since that answer; optimise again (o).")
        proofs = [item for item in self._session.evaluations.values() if item.candidate == id]
        before = self._session.candidates.get(parent.parent)
        twice = parent.state == "unappliable" and before is not None and before.state == "unappliable"
        edit_format = LAST_TRY if twice else parent.edit_format
        talk = follow_up(parent, target.file, proofs[-1] if proofs else None, remark, edit_format)
        child = Candidate(
            id=new_id(),
            bottleneck=target.id,
            llm=parent.llm,
            prompt=parent.prompt,
            state="streaming",
            at=time.time(),
            model=section.model,
            params=recordable(section.params),
            strategy=parent.strategy,
            parent=parent.id,
            remark=remark,
            edit_format=edit_format,
            files=(baseline,),
            sent=(*talk[:-1], *self.conversations.outgoing(talk[-1:])),
        )
        self._session.publish(CandidateChanged(candidate=child))

        async def work(running: RunningJob) -> None:
            await self._stream_candidate(running, child, target)

        job = self._jobs.start("generate", f"{parent.llm} tries again: {target.function}", child.id, work)
        return {"job": job.id, "candidate": child.id}

    def add_answer(self, command: AddAnswer) -> Candidate:
        """Take an answer from elsewhere as a candidate.

        Raises:
            EngineError: when no bottleneck is meant, or more than one.
        """
        target = self._session.named(command.bottleneck)
        baseline = read_baseline(self.config.root_path, target.file)
        born = Candidate(
            id=new_id(),
            bottleneck=target.id,
            llm=command.llm,
            prompt="",
            state="streaming",
            at=time.time(),
            strategy="pasted",
            files=(baseline,),
        )
        seen = read_answer(born, command.answer, target, self._readable, self.config.project.protected)
        flags = flags_of(self.config, changes_of(seen))
        made = msgspec.structs.replace(with_cosmetics(seen), flags=flags)
        self._session.publish(CandidateChanged(candidate=made))
        return made

    async def _stream_candidate(self, running: RunningJob, candidate: Candidate, target: Bottleneck) -> None:
        mask = self.conversations.mask(*(file.text for file in candidate.files[:1]))
        known: dict[str, BaselineFile | None] = {file.path: file for file in candidate.files}

        def read(path: str) -> BaselineFile | None:
            if path not in known:
                known[path] = self._readable(path)
            return known[path]

        def parsed(text: str, *, partial: bool = False) -> Candidate:
            protected = self.config.project.protected
            seen = read_answer(candidate, mask.restore(text), target, read, protected, partial=partial)
            return msgspec.structs.replace(seen, answer=text)

        seen_so_far, due = candidate, 0.0

        def tell(offset: int, piece: str, text: str) -> CandidateStreamed:
            nonlocal seen_so_far, due
            began = time.monotonic()
            if began >= due:
                seen_so_far = parsed(text, partial=True)
                due = time.monotonic() + READING_SHARE * (time.monotonic() - began)
            hunks, unapplied = seen_so_far.hunks, seen_so_far.unapplied
            return CandidateStreamed(
                candidate=candidate.id, offset=offset, text=piece, hunks=hunks, unapplied=unapplied
            )

        def end(seen: Candidate, **fields: Any) -> None:
            told = {
                "seconds": candidate.seconds + time.time() - begun,
                "usage": prices.total(candidate.usage, talk.usage),
                "reasoning": candidate.reasoning + talk.reasoning,
                **fields,
            }
            self._session.publish(CandidateChanged(candidate=msgspec.structs.replace(seen, **told)))

        begun = time.time()
        stream = self._session.open_stream(candidate.id, tell)
        if candidate.answer:
            stream.add(candidate.answer)
        asked = Asked(
            purpose="optimise",
            llm=candidate.llm,
            bottleneck=target.id,
            subject=candidate.id,
            messages=going_on(candidate.sent, candidate.answer),
        )
        talk = Talk(self.conversations, asked, running, stream.add)
        try:
            done = await talk.run()
            seen = await asyncio.to_thread(parsed, stream.text)
            flags = await asyncio.to_thread(flags_of, self.config, changes_of(seen))
            seen = await asyncio.to_thread(with_cosmetics, seen)
            end(seen, model=done.model, flags=flags)
        except LlmError as error:
            state = "interrupted" if stream.text else "failed"
            end(candidate, answer=stream.text, state=state, reason=str(error))
            raise
        except asyncio.CancelledError:
            reason = "Cancelled; what had come of the answer is kept."
            end(candidate, answer=stream.text, state="interrupted", reason=reason)
            raise
        finally:
            self._session.close_stream(candidate.id)

    def _readable(self, path: str) -> BaselineFile | None:
        try:
            return read_baseline(self.config.root_path, path)
        except EditError:
            return None

    # --------------------------------------------------------------------------------- stage 4: evaluate

    def evaluate(self, ids: Iterable[str]) -> list[Job]:
        """Build, test and benchmark the kept hunks of each candidate."""
        found = [self._session.candidate(id) for id in ids]
        if not found:
            raise EngineError("There is no candidate yet; press o to ask the LLMs.")
        for candidate in found:
            if not candidate.kept or candidate.state == "streaming":
                reason = "still streams" if candidate.state == "streaming" else "has no hunk that is kept"
                raise EngineError(f"The candidate of {candidate.llm} {reason}; there is nothing to evaluate.")
        return [self._evaluate(candidate, len(found)) for candidate in found]

    def evaluate_patch(self, title: str, patch: str, family: int = 1) -> Job:
        """Build, test and benchmark a git-style patch against the working tree."""
        born = Evaluation(
            id=new_id(),
            title=title,
            state="queued",
            at=time.time(),
            objective=self.config.task.objective,
            family=family,
        )
        try:
            changes = self._patch_changes(patch)
        except EditError as error:
            failed = msgspec.structs.replace(born, state="done", verdict="unappliable", reason=str(error), patch=patch)
            self._session.publish(EvaluationChanged(evaluation=failed))

            async def nothing(running: RunningJob) -> None:
                running.started()

            return self._jobs.start("evaluate", title, born.id, nothing)
        return self._proof.start(born, changes)

    def resume(self, evaluation: Evaluation) -> Job:
        """Go on with an evaluation that was cut off, with the measurements it has.

        Raises:
            EditError: when its patch no longer fits the working tree.
        """
        kept = msgspec.structs.replace(evaluation, steps=(), reason="")
        return self._proof.start(kept, self._patch_changes(evaluation.patch))

    def _evaluate(self, candidate: Candidate, family: int) -> Job:
        target = self._session.bottleneck(candidate.bottleneck)
        born = Evaluation(
            id=new_id(),
            title=f"{candidate.llm}: {target.function}",
            state="queued",
            at=time.time(),
            candidate=candidate.id,
            hunks=tuple(hunk.id for hunk in candidate.kept),
            objective=self.config.task.objective,
            family=family,
            rivals=candidate.bottleneck,
        )
        return self._proof.start(born, to_do(self._session, [candidate], candidate.kept))

    def evaluate_variant(self, hunks: Sequence[str], title: str = "", family: int = 1) -> Job:
        """Build, test and benchmark hunks of any candidates together; the tray when none is named.

        Raises:
            EngineError: when a hunk is not there, or nothing is accepted.
            EditError: when hunks conflict.
        """
        candidates, taken = chosen(self._session, hunks)
        changes = to_do(self._session, candidates, taken)
        born = Evaluation(
            id=new_id(),
            title=title or title_of(candidates, taken),
            state="queued",
            at=time.time(),
            hunks=tuple(hunk.id for hunk in taken),
            objective=self.config.task.objective,
            family=family,
        )
        return self._proof.start(born, changes)

    def _patch_changes(self, patch: str) -> list[Change]:
        found = from_patch(patch, self._readable).items()
        return [(path, before or "", after) for path, (before, after) in found]
