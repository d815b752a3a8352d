"""The nouns of MPCO, shared by the engine and its clients.

Every noun is a frozen msgspec Struct: what is stored in the session database, what travels over the
socket and what the screen renders are the same value. Shares are fractions (0 to 1), times are seconds,
sizes are bytes, dates are seconds since the epoch, lines count from 1 and spans include their last line.
"""

from engine.model.applications import Application, AppliedFile, Target
from engine.model.candidates import BaselineFile, Candidate, CandidateState, Decision, EditFormat, Flag, Hunk, Unapplied
from engine.model.evaluations import (
    Arm,
    Behaviour,
    CheckedFunction,
    Deviation,
    Estimate,
    Evaluation,
    EvaluationState,
    Hold,
    Measurement,
    MetricRow,
    Objective,
    Reading,
    Search,
    Step,
    Verdict,
    Worth,
)
from engine.model.exchanges import Exchange, Purpose, RecordedChunk
from engine.model.jobs import Job, JobKind, JobState
from engine.model.noise import Noise
from engine.model.noun import Noun
from engine.model.profiles import Bottleneck, Difference, Edge, FlameNode, LineHeat, Profile, Unmapped
from engine.model.projects import Llm, LlmFacts, Project
from engine.model.prompts import (
    CONTEXT_NAMES,
    ContextEdit,
    ContextField,
    ContextName,
    Message,
    Prompt,
    PromptMark,
    Proposal,
    TextState,
    Usage,
    prompt_to_send,
)

__all__ = [
    "CONTEXT_NAMES",
    "Application",
    "AppliedFile",
    "Arm",
    "BaselineFile",
    "Behaviour",
    "Bottleneck",
    "Candidate",
    "CandidateState",
    "CheckedFunction",
    "ContextEdit",
    "ContextField",
    "ContextName",
    "Decision",
    "Deviation",
    "Difference",
    "Edge",
    "EditFormat",
    "Estimate",
    "Evaluation",
    "EvaluationState",
    "Exchange",
    "Flag",
    "FlameNode",
    "Hold",
    "Hunk",
    "Job",
    "JobKind",
    "JobState",
    "LineHeat",
    "Llm",
    "LlmFacts",
    "Measurement",
    "Message",
    "MetricRow",
    "Noise",
    "Noun",
    "Objective",
    "Profile",
    "Project",
    "Prompt",
    "PromptMark",
    "Proposal",
    "Purpose",
    "Reading",
    "RecordedChunk",
    "Search",
    "Step",
    "Target",
    "TextState",
    "Unapplied",
    "Unmapped",
    "Usage",
    "Verdict",
    "Worth",
    "prompt_to_send",
]
