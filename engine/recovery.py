"""Crash recovery: what a start of the engine does with work that was cut off.

Evaluations go on with the measurements they already have. LLM calls are never paid twice unasked: a cut stream
keeps its text and is marked interrupted.
"""

import msgspec

from engine.errors import MpcoError
from engine.experimenting import Experiments
from engine.model import Evaluation
from engine.pipeline import Pipeline
from engine.protocol import CandidateChanged, Change, EvaluationChanged, JobChanged, PromptChanged
from engine.session import Session

SEARCHES = ("worth", "combine")
CUT_OFF = "The engine ended while it ran; what had come is kept."


def take_up(session: Session, pipeline: Pipeline, experiments: Experiments) -> None:
    """Mark what was cut off as interrupted, queue unfinished evaluations again, go on with searches and experiments."""
    unfinished = [item for item in session.evaluations.values() if _unfinished(item)]
    cut_off = [job for job in session.jobs.values() if job.live or job.state == "interrupted"]
    searches = [job for job in cut_off if job.kind in SEARCHES]
    changes = [*_interrupted_texts(session), *_interrupted_jobs(session)]
    if changes:
        session.publish(*changes)
    for job in searches:
        pipeline.searches.take_up(job)
    for evaluation in unfinished:
        try:
            pipeline.resume(evaluation)
        except MpcoError as error:
            ended = msgspec.structs.replace(evaluation, state="interrupted", reason=f"It could not go on: {error}")
            session.publish(EvaluationChanged(evaluation=ended))
    for job in cut_off:
        if job.kind == "experiment":
            experiments.take_up(job)


def _unfinished(evaluation: Evaluation) -> bool:
    """Steps of a search are its own to go on with."""
    return evaluation.state not in ("done", "cancelled", "baseline fails", "failed") and not evaluation.search


def _interrupted_texts(session: Session) -> list[Change]:
    changes: list[Change] = []
    for prompt in session.prompts.values():
        if prompt.state == "streaming":
            text = session.store.streamed_text(prompt.id)
            cut = msgspec.structs.replace(prompt, state="interrupted", text=text, reason=CUT_OFF)
            changes.append(PromptChanged(prompt=cut))
    for candidate in session.candidates.values():
        if candidate.state == "streaming":
            answer = session.store.streamed_text(candidate.id)
            cut_answer = msgspec.structs.replace(candidate, state="interrupted", answer=answer, reason=CUT_OFF)
            changes.append(CandidateChanged(candidate=cut_answer))
    return changes


def _interrupted_jobs(session: Session) -> list[Change]:
    live = [job for job in session.jobs.values() if job.live]
    return [JobChanged(job=msgspec.structs.replace(job, state="interrupted", reason=CUT_OFF)) for job in live]
