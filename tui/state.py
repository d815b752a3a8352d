"""The read model: a pure reducer (state, event) -> state, testable without a screen.

Widgets render a `State` and never hold truth of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from engine.model import (
    Application,
    Bottleneck,
    Candidate,
    ContextEdit,
    Evaluation,
    Experiment,
    Job,
    Noise,
    Profile,
    Project,
    Prompt,
    Usage,
)
from engine.protocol import (
    ApplicationChanged,
    BottleneckChanged,
    CandidateChanged,
    CandidateStreamed,
    Change,
    ContextEdited,
    EvaluationChanged,
    Event,
    ExperimentBegun,
    JobChanged,
    Measured,
    NoiseChanged,
    ProfileChanged,
    ProjectChanged,
    PromptChanged,
    PromptStreamed,
    Snapshot,
)


@dataclass(frozen=True)
class State:
    """Everything the screens show, as of event `n`; mappings are keyed by id, in order of creation."""

    n: int = 0
    project: Project | None = None
    profile: Profile | None = None
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    applications: Mapping[str, Application] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    noise: Noise | None = None
    context_edits: Mapping[str, ContextEdit] = field(default_factory=dict)
    experiments: Mapping[str, Experiment] = field(default_factory=dict)

    @property
    def live_jobs(self) -> tuple[Job, ...]:
        """Jobs that run or wait."""
        return tuple(job for job in self.jobs.values() if job.live)

    @property
    def question(self) -> str:
        """What running work waits for a person to decide, in one sentence; empty when there is nothing."""
        return next((job.question for job in self.live_jobs if job.question), "")

    @property
    def usages(self) -> tuple[Usage, ...]:
        """What the calls of the session took, for each prompt and candidate."""
        found = [item.usage for item in self.prompts.values()] + [item.usage for item in self.candidates.values()]
        return tuple(usage for usage in found if usage)

    @property
    def spent_usd(self) -> float:
        """The known cost of all calls of the session."""
        return sum(usage.usd or 0.0 for usage in self.usages)

    @property
    def bottlenecks(self) -> tuple[Bottleneck, ...]:
        """The bottlenecks of the current profile, ranked."""
        return self.profile.bottlenecks if self.profile else ()

    def bottleneck(self, id: str) -> Bottleneck | None:
        """The bottleneck of that id in the current profile."""
        return next((item for item in self.bottlenecks if item.id == id), None)

    def prompt_versions(self, bottleneck: str, llm: str) -> tuple[Prompt, ...]:
        """All versions of one (bottleneck, LLM), oldest first."""
        return tuple(
            sorted(
                (p for p in self.prompts.values() if p.bottleneck == bottleneck and p.llm == llm),
                key=lambda prompt: prompt.version,
            )
        )

    def latest_evaluation(self, candidate: str) -> Evaluation | None:
        """The newest evaluation of a candidate."""
        found = [item for item in self.evaluations.values() if item.candidate == candidate]
        return found[-1] if found else None


def reduce(state: State, event: Event) -> State:
    """The state after `event`."""
    changed = _changed(state, event.change)
    return replace(changed, n=event.n) if event.n > changed.n else changed


def _changed(state: State, change: Change) -> State:
    match change:
        case Snapshot():
            return State(
                project=change.project,
                profile=change.profile,
                prompts={item.id: item for item in change.prompts},
                candidates={item.id: item for item in change.candidates},
                evaluations={item.id: item for item in change.evaluations},
                applications={item.id: item for item in change.applications},
                jobs={item.id: item for item in change.jobs},
                noise=change.noise,
                context_edits={item.id: item for item in change.context_edits},
                experiments={item.id: item for item in change.experiments},
            )
        case ProjectChanged(project=project):
            return replace(state, project=project)
        case ProfileChanged(profile=profile):
            return replace(state, profile=profile)
        case BottleneckChanged(bottleneck=bottleneck):
            return _with_bottleneck(state, bottleneck)
        case PromptChanged(prompt=prompt):
            return replace(state, prompts={**state.prompts, prompt.id: prompt})
        case ExperimentBegun(experiment=experiment):
            return replace(state, experiments={**state.experiments, experiment.id: experiment})
        case ContextEdited(edit=edit):
            return replace(state, context_edits={**state.context_edits, edit.id: edit})
        case CandidateChanged(candidate=candidate):
            return replace(state, candidates={**state.candidates, candidate.id: candidate})
        case EvaluationChanged(evaluation=evaluation):
            return replace(state, evaluations={**state.evaluations, evaluation.id: evaluation})
        case ApplicationChanged(application=application):
            return replace(state, applications={**state.applications, application.id: application})
        case NoiseChanged(noise=noise):
            return replace(state, noise=noise)
        case JobChanged(job=job):
            return replace(state, jobs={**state.jobs, job.id: job})
        case Measured():
            return _with_measurements(state, change)
        case PromptStreamed():
            return _with_prompt_text(state, change)
        case CandidateStreamed():
            return _with_answer_text(state, change)
        case _:
            return state


def _with_bottleneck(state: State, bottleneck: Bottleneck) -> State:
    if state.profile is None:
        return state
    items = tuple(bottleneck if item.id == bottleneck.id else item for item in state.profile.bottlenecks)
    return replace(state, profile=msgspec.structs.replace(state.profile, bottlenecks=items))


def _with_measurements(state: State, change: Measured) -> State:
    evaluation = state.evaluations.get(change.evaluation)
    if evaluation is None:
        return state
    updated = msgspec.structs.replace(
        evaluation, measurements=evaluation.measurements + change.measurements, estimate=change.estimate
    )
    return replace(state, evaluations={**state.evaluations, updated.id: updated})


def _with_prompt_text(state: State, change: PromptStreamed) -> State:
    prompt = state.prompts.get(change.prompt)
    if prompt is None or prompt.state != "streaming":
        return state
    updated = msgspec.structs.replace(prompt, text=prompt.text[: change.offset] + change.text)
    return replace(state, prompts={**state.prompts, updated.id: updated})


def _with_answer_text(state: State, change: CandidateStreamed) -> State:
    candidate = state.candidates.get(change.candidate)
    if candidate is None or candidate.state != "streaming":
        return state
    updated = msgspec.structs.replace(
        candidate,
        answer=candidate.answer[: change.offset] + change.text,
        hunks=candidate.hunks if change.hunks is None else change.hunks,
        unapplied=change.unapplied,
    )
    return replace(state, candidates={**state.candidates, updated.id: updated})
