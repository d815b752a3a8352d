"""Background work."""

from typing import Literal

from engine.model.noun import Noun

JobKind = Literal["profile", "prompt", "generate", "evaluate", "worth", "combine", "experiment"]
JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]


class Job(Noun, frozen=True, kw_only=True):
    """A piece of background work that a person can watch and cancel."""

    id: str
    kind: JobKind
    title: str
    state: JobState
    at: float
    subject: str = ""
    """Id of the prompt, candidate, evaluation or experiment that it is about."""
    progress: str = ""
    question: str = ""
    """What it waits for a person to decide, in one sentence; empty when it does not wait."""
    reason: str = ""
    failure: Literal["", "baseline", "budget", "other"] = ""
    """What kind of failure `reason` tells of, for exit codes."""

    @property
    def live(self) -> bool:
        """Whether it still runs or waits."""
        return self.state in ("queued", "running")
