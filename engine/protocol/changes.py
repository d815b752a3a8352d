"""What the engine tells its clients."""

import msgspec

from engine.model import (
    Application,
    Bottleneck,
    Candidate,
    ContextEdit,
    Estimate,
    Evaluation,
    Experiment,
    Hunk,
    Job,
    Measurement,
    Noise,
    Profile,
    Project,
    Prompt,
    Unapplied,
)
from engine.protocol.replies import Reply
from engine.protocol.word import Word


class Snapshot(Word, frozen=True, kw_only=True, tag="snapshot"):
    """The whole session; events that follow are numbered after it."""

    project: Project
    profile: Profile | None = None
    prompts: tuple[Prompt, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    applications: tuple[Application, ...] = ()
    jobs: tuple[Job, ...] = ()
    noise: Noise | None = None
    context_edits: tuple[ContextEdit, ...] = ()
    experiments: tuple[Experiment, ...] = ()


class ProjectChanged(Word, frozen=True, kw_only=True, tag="project"):
    """The configuration was (re)read."""

    project: Project


class ProfileChanged(Word, frozen=True, kw_only=True, tag="profile"):
    """A new profile replaces the one before."""

    profile: Profile


class ExperimentBegun(Word, frozen=True, kw_only=True, tag="experiment"):
    """An experiment was planned; its job works through the cells."""

    experiment: Experiment


class BottleneckChanged(Word, frozen=True, kw_only=True, tag="bottleneck"):
    """A bottleneck of the current profile was marked or unmarked."""

    bottleneck: Bottleneck


class PromptChanged(Word, frozen=True, kw_only=True, tag="prompt"):
    """A prompt version is new or has changed its state."""

    prompt: Prompt


class ContextEdited(Word, frozen=True, kw_only=True, tag="context_edited"):
    """A person has said what the next prompts are told of something, or has taken that back."""

    edit: ContextEdit


class CandidateChanged(Word, frozen=True, kw_only=True, tag="candidate"):
    """A candidate is new, has changed its state, or a decision about its hunks was taken."""

    candidate: Candidate


class EvaluationChanged(Word, frozen=True, kw_only=True, tag="evaluation"):
    """An evaluation is new or has changed; carries its measurements so far."""

    evaluation: Evaluation


class Measured(Word, frozen=True, kw_only=True, tag="measured"):
    """One pair of benchmark runs was stored."""

    evaluation: str
    measurements: tuple[Measurement, ...]
    estimate: Estimate | None = None


class NoiseChanged(Word, frozen=True, kw_only=True, tag="noise"):
    """What this machine can see is being found out, or is known."""

    noise: Noise


class ApplicationChanged(Word, frozen=True, kw_only=True, tag="application"):
    """Hunks were written, or that was undone."""

    application: Application


class JobChanged(Word, frozen=True, kw_only=True, tag="job"):
    """A job was queued, started, has progressed or ended."""

    job: Job


class PromptStreamed(Word, frozen=True, kw_only=True, tag="prompt_streamed"):
    """The text of a streaming prompt from `offset` characters on (unnumbered)."""

    prompt: str
    offset: int
    text: str


class CandidateStreamed(Word, frozen=True, kw_only=True, tag="candidate_streamed"):
    """The answer of a streaming candidate from `offset` on, and its diff so far when it has grown (unnumbered)."""

    candidate: str
    offset: int
    text: str
    hunks: tuple[Hunk, ...] | None = None
    unapplied: tuple[Unapplied, ...] = ()


class Stopped(Word, frozen=True, kw_only=True, tag="stopped"):
    """The engine ends because it was asked to; clients do not start it again by themselves (unnumbered)."""


class Notice(Word, frozen=True, kw_only=True, tag="notice"):
    """One sentence for the person at the screen (unnumbered)."""

    text: str
    severity: str = "information"


Change = (
    Snapshot
    | ProjectChanged
    | ProfileChanged
    | BottleneckChanged
    | PromptChanged
    | ContextEdited
    | ExperimentBegun
    | CandidateChanged
    | EvaluationChanged
    | Measured
    | NoiseChanged
    | ApplicationChanged
    | JobChanged
    | PromptStreamed
    | CandidateStreamed
    | Stopped
    | Notice
)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="event"):
    """One change of the session; `n` is 0 for moments of a stream."""

    n: int
    at: float
    change: Change


ServerMessage = Event | Reply
