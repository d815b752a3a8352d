"""Which part of the engine carries out which command, and what it replies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import composing, decisions, delivery, history, hunk_edits, outgoing, paths, receipts, recordings
from engine.comparing import compare
from engine.errors import EngineError
from engine.experimenting import Experiments
from engine.jobs import Jobs
from engine.journal import Journal
from engine.noise import NoiseWatch
from engine.pipeline import Pipeline
from engine.placements import Placements
from engine.proof import Proof
from engine.protocol import (
    AddAnswer,
    AddPrompt,
    Apply,
    Cancel,
    Combine,
    Command,
    CompareCandidates,
    ContinueCandidate,
    CopyPrompt,
    Decide,
    DecideProposal,
    EditContext,
    EditHunk,
    EditPrompt,
    Evaluate,
    EvaluatePatch,
    EvaluateVariant,
    ExportRecording,
    FollowUp,
    ImportProfile,
    ImportRecording,
    ImprovePrompts,
    ListStrategies,
    Mark,
    MarkPrompt,
    MeasureNoise,
    MeasureWorth,
    NewSession,
    NoteHunk,
    Optimise,
    PlaceEdit,
    PreviewPrompt,
    PreviewSending,
    PreviewVariant,
    RankApproaches,
    RedoDecision,
    Replay,
    RunExperiment,
    RunProfile,
    Schedule,
    SetBudget,
    ShowEvidence,
    ShowPlaces,
    SplitHunk,
    StopSpending,
    UndoApply,
    UndoDecision,
    WritePrompts,
    WriteReceipt,
)
from engine.report.procedure import session_cells
from engine.report.tally import Nouns
from engine.session import Session
from engine.store_archive import archive


class Dispatch:
    """The commands of one engine, but for those that are about the engine itself."""

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        pipeline: Pipeline,
        experiments: Experiments,
        proof: Proof,
        noise: NoiseWatch,
        journal: Journal,
        publish_project: Callable[[], None],
    ) -> None:
        self._session = session
        self._jobs = jobs
        self._pipeline = pipeline
        self._experiments = experiments
        self._proof = proof
        self._noise = noise
        self._journal = journal
        self._publish_project = publish_project
        self._placements = Placements(session, pipeline.conversations)

    def carry_out(self, command: Command) -> Any:
        """What `command` replies.

        Raises:
            MpcoError: when it cannot be done, in one sentence.
        """
        match command:
            case RunProfile():
                return {"job": self._pipeline.profiling.run().id}
            case ImportProfile():
                return {"job": self._pipeline.profiling.import_files(command).id}
            case ShowEvidence():
                return {"fields": self._pipeline.profiling.evidence(command.bottleneck)}
            case Mark():
                self._pipeline.profiling.mark(command)
            case WritePrompts():
                jobs, prompts = self._pipeline.prompting.write(command)
                return {"jobs": [job.id for job in jobs], "prompts": prompts}
            case ListStrategies():
                return self._pipeline.prompting.strategies()
            case EditContext():
                self._pipeline.prompting.edit_context(command)
            case PreviewPrompt():
                return self._pipeline.prompting.preview(command)
            case EditPrompt():
                return {"prompt": self._pipeline.prompting.edit(command.prompt, command.text).id}
            case ImprovePrompts():
                return {"jobs": [job.id for job in self._pipeline.prompting.improve(command)]}
            case DecideProposal():
                return {"prompt": self._pipeline.prompting.decide(command).id}
            case CopyPrompt():
                return {"prompts": [item.id for item in self._pipeline.prompting.copy(command)]}
            case AddPrompt():
                return {"prompt": self._pipeline.prompting.add(command).id}
            case MarkPrompt():
                self._pipeline.prompting.mark(command)
            case Optimise():
                return {"jobs": [job.id for job in self._pipeline.optimise(command.prompts)]}
            case ContinueCandidate():
                return {"job": self._pipeline.continue_candidate(command.candidate).id}
            case FollowUp():
                return self._pipeline.follow_up(command.candidate, command.remark)
            case AddAnswer():
                return {"candidate": self._pipeline.add_answer(command).id}
            case Evaluate():
                return _evaluations(self._pipeline.evaluate(command.candidates))
            case EvaluatePatch():
                return _evaluations([self._pipeline.evaluate_patch(command.title, command.patch, command.family)])
            case PreviewVariant():
                return composing.preview(self._session, command.hunks)
            case EvaluateVariant():
                return _evaluations([self._pipeline.evaluate_variant(command.hunks, command.title)])
            case MeasureWorth():
                return {"jobs": [self._pipeline.searches.worth(command.evaluation).id]}
            case Combine():
                return _evaluations([self._pipeline.searches.combine()])
            case RunExperiment(plan=True):
                return self._experiments.plan(command)
            case RunExperiment():
                job = self._experiments.run(command)
                return {"job": job.id, "experiment": job.subject}
            case Schedule():
                self._proof.schedule(command.evaluation, command.action)
            case _:
                return self._decide_or_deliver(command)
        return None

    def _decide_or_deliver(self, command: Command) -> Any:
        match command:
            case Decide():
                decisions.decide(self._session, command)
            case SplitHunk():
                return {"hunks": hunk_edits.split(self._session, command)}
            case EditHunk():
                return hunk_edits.edit(self._session, command)
            case ShowPlaces():
                return self._placements.offered(command)
            case PlaceEdit():
                return self._placements.place(command)
            case NoteHunk():
                decisions.note(self._session, command)
            case CompareCandidates():
                return compare(self._session.candidate(command.one), self._session.candidate(command.other))
            case UndoDecision():
                decisions.undo(self._session)
            case RedoDecision():
                decisions.redo(self._session)
            case Apply():
                done = delivery.apply(self._pipeline.config, self._session, self._journal, command)
                return {"application": done.id, "where": done.where}
            case UndoApply():
                done = delivery.take_back(self._pipeline.config, self._session, self._journal, command)
                return {"application": done.id, "where": done.where}
            case WriteReceipt():
                return {"path": str(receipts.write(self._pipeline.config, self._session, command))}
            case MeasureNoise():
                self._noise.measure()
            case NewSession():
                return self._begin_anew(command.name)
            case RankApproaches():
                return session_cells(_nouns(self._session), self._session.project.name)
            case Cancel():
                self._jobs.cancel(command.job)
            case _:
                return self._spend_or_replay(command)
        return None

    def _begin_anew(self, name: str) -> dict[str, Any]:
        if self._jobs.live:
            raise EngineError("Jobs are running in this session; wait for them, or cancel them (x), to begin another.")
        root = self._pipeline.config.root_path
        target = history.new_name(root, name)
        archive(paths.database(root), target)
        self._session.begin_anew()
        self._pipeline.conversations.budget.begin_anew()
        self._pipeline.conversations.forget_recordings()
        return {"name": target.stem, "path": str(target), "bytes": target.stat().st_size}

    def _spend_or_replay(self, command: Command) -> Any:
        conversations = self._pipeline.conversations
        match command:
            case SetBudget():
                conversations.cap(command.max_usd)
                self._publish_project()
            case StopSpending():
                conversations.budget.give_up()
            case PreviewSending():
                return outgoing.preview(command, self._session, self._pipeline)
            case Replay():
                return conversations.replay(command.source, command.speed)
            case ExportRecording():
                kept = self._session.store.exchanges()
                recordings.write(Path(command.path), kept)
                return {"exchanges": len(kept)}
            case ImportRecording():
                found = recordings.read(Path(command.path))
                self._session.store.keep_exchanges(*found)
                conversations.forget_recordings()
                return {"exchanges": len(found)}
        return None


def _nouns(session: Session) -> Nouns:
    bottlenecks = session.profile.bottlenecks if session.profile else ()
    return Nouns(session.prompts, session.candidates, session.evaluations, bottlenecks)


def _evaluations(jobs: Any) -> dict[str, list[str]]:
    return {"jobs": [job.id for job in jobs], "evaluations": [job.subject for job in jobs]}
