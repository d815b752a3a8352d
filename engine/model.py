"""The nouns of MPCO, shared by the engine and its clients.

Every noun is a frozen msgspec Struct: what is stored in the session database, what travels over the
socket and what the screen renders are the same value. Shares are fractions (0 to 1), times are seconds,
sizes are bytes, dates are seconds since the epoch, lines count from 1 and spans include their last line.
"""

from typing import Literal

import msgspec


class Noun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all nouns have in common: immutable, built by keyword, compact on the wire."""


# ---------------------------------------------------------------------------------------------- profile


class Edge(Noun, frozen=True, kw_only=True):
    """One caller or callee of a bottleneck and its share of the bottleneck's total time."""

    function: str
    file: str = ""
    line: int = 0
    share: float = 0.0
    calls: int = 0


class LineHeat(Noun, frozen=True, kw_only=True):
    """The share of all profiled time spent on one source line."""

    line: int
    share: float


class Unmapped(Noun, frozen=True, kw_only=True):
    """Time of the profile that belongs to no function of the project."""

    name: str
    share: float


class Bottleneck(Noun, frozen=True, kw_only=True):
    """A function of the project, with its exact source span and what the profile says about it."""

    id: str
    file: str
    """Path relative to the project's root, with forward slashes."""
    function: str
    """Qualified name, as in `Class.method` or `outer.<locals>.inner`."""
    line: int
    """First line of the span, decorators included."""
    end_line: int
    self_share: float
    total_share: float
    addressable_share: float = 0.0
    """Own time plus that of the code outside the project which it calls directly: what a rewrite can change."""
    calls: int = 0
    callers: tuple[Edge, ...] = ()
    callees: tuple[Edge, ...] = ()
    heat: tuple[LineHeat, ...] = ()
    marked: bool = False

    @property
    def place(self) -> str:
        """`file:line`, as editors and compilers write it."""
        return f"{self.file}:{self.line}"


class Profile(Noun, frozen=True, kw_only=True):
    """One profiler run, reduced to the bottlenecks of the project."""

    id: str
    command: str
    format: str
    seconds: float
    """Total profiled time."""
    at: float
    bottlenecks: tuple[Bottleneck, ...] = ()
    """Ranked by addressable share, largest first."""
    unmapped: tuple[Unmapped, ...] = ()


# ----------------------------------------------------------------------------------------------- prompt

ContextName = Literal["project", "task", "llm"]
CONTEXT_NAMES: tuple[ContextName, ...] = ("project", "task", "llm")


class ContextField(Noun, frozen=True, kw_only=True):
    """One fact the meta-prompter is told, and where it came from."""

    context: ContextName
    name: str
    value: str
    source: str = ""
    """For a person: `mpco.toml`, `README.md`, `pyproject.toml`, `profile`, `psutil`, `litellm`, ..."""


class Message(Noun, frozen=True, kw_only=True):
    """One chat message exactly as it is sent to an LLM."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(Noun, frozen=True, kw_only=True):
    """What one LLM call took."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    """None when the model's price is unknown; 0.0 only when it is known to be free."""
    estimated: bool = False
    """True when the provider sent no usage and the figures are counted here."""


TextState = Literal["streaming", "ready", "failed", "interrupted"]


class Prompt(Noun, frozen=True, kw_only=True):
    """The optimisation prompt for one (bottleneck, LLM): one immutable version of it."""

    id: str
    bottleneck: str
    llm: str
    """Label of the target LLM."""
    version: int
    author: Literal["meta", "person"]
    text: str
    state: TextState
    at: float
    parent: str = ""
    strategy: str = "mpco"
    meta_prompter: str = ""
    without: tuple[ContextName, ...] = ()
    """Contexts that were switched off when it was written."""
    fields: tuple[ContextField, ...] = ()
    sent: tuple[Message, ...] = ()
    """The messages the meta-prompter was sent; empty for a person's version."""
    usage: Usage | None = None
    reason: str = ""
    """Why it failed or was interrupted, in one sentence."""


# --------------------------------------------------------------------------------------------- generate

Decision = Literal["pending", "accepted", "rejected"]
EditFormat = Literal["function", "search_replace", "file", "diff"]


class Hunk(Noun, frozen=True, kw_only=True):
    """One block of changed lines of a candidate; lines carry no line ending."""

    id: str
    """Stable: derived from the candidate, the file, the old range and the content."""
    file: str
    old_start: int
    """First replaced line; for a pure insertion the line before which the new lines go."""
    old_lines: tuple[str, ...]
    new_start: int
    new_lines: tuple[str, ...]
    decision: Decision = "pending"
    complete: bool = True
    """False while the answer still streams and the hunk may grow."""


class BaselineFile(Noun, frozen=True, kw_only=True):
    """A file of the project as it was when the candidate was made."""

    path: str
    text: str
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    encoding: str = "utf-8"
    """Python's name of the encoding that the file was read with."""


class Unapplied(Noun, frozen=True, kw_only=True):
    """An edit of an answer that could not be placed, and why."""

    file: str
    reason: str
    text: str = ""


CandidateState = Literal["streaming", "ready", "empty", "unappliable", "failed", "interrupted"]


class Candidate(Noun, frozen=True, kw_only=True):
    """One LLM's streamed answer to a prompt, parsed into edits of the project's files."""

    id: str
    bottleneck: str
    llm: str
    prompt: str
    state: CandidateState
    at: float
    model: str = ""
    """The exact model id as the provider returned it."""
    strategy: str = "mpco"
    answer: str = ""
    edit_format: EditFormat = "function"
    files: tuple[BaselineFile, ...] = ()
    hunks: tuple[Hunk, ...] = ()
    unapplied: tuple[Unapplied, ...] = ()
    sent: tuple[Message, ...] = ()
    usage: Usage | None = None
    seconds: float = 0.0
    reason: str = ""
    """In one sentence: why there is no diff, when there is none."""

    @property
    def kept(self) -> tuple[Hunk, ...]:
        """The hunks an evaluation takes: accepted and pending ones."""
        return tuple(hunk for hunk in self.hunks if hunk.decision != "rejected")

    @property
    def accepted(self) -> tuple[Hunk, ...]:
        """The hunks an apply takes."""
        return tuple(hunk for hunk in self.hunks if hunk.decision == "accepted")


# --------------------------------------------------------------------------------------------- evaluate

Verdict = Literal[
    "faster",
    "slower",
    "equivalent",
    "inconclusive",
    "unappliable",
    "build failed",
    "tests failed",
    "crashed",
    "timed out",
]
EvaluationState = Literal["queued", "preparing", "building", "testing", "measuring", "done", "cancelled", "interrupted"]
Arm = Literal["baseline", "variant"]
Objective = Literal["runtime", "cpu time", "memory"]


class Step(Noun, frozen=True, kw_only=True):
    """One build or test run of an evaluation, with the tail of its output."""

    name: Literal["build", "test", "benchmark"]
    arm: Arm
    passed: bool
    seconds: float
    exit_code: int | None = None
    """None when it was ended by a limit."""
    output: str = ""


class Measurement(Noun, frozen=True, kw_only=True):
    """One run of the benchmark command."""

    pair: int
    arm: Arm
    wall: float
    cpu: float
    """User plus system time of the whole process tree."""
    max_rss: int
    """Peak resident memory in bytes, of the largest process of the tree."""
    at: float
    load: float = 0.0
    """One-minute load average when the run began."""
    warm_up: bool = False
    """True when the run is kept in the log but left out of the statistics."""


class Estimate(Noun, frozen=True, kw_only=True):
    """What the measurements so far say about the gain, as %PI = (baseline - variant) / baseline x 100."""

    percent_improvement: float
    low: float
    """Lower end of the 95% confidence sequence; may be -inf, sent as -1e9."""
    high: float
    pairs: int

    @property
    def guaranteed(self) -> float:
        """The headline: the gain that is safe to claim, 0 when none is."""
        return max(0.0, self.low)


class Evaluation(Noun, frozen=True, kw_only=True):
    """Build, tests and benchmark of a variant against the baseline."""

    id: str
    title: str
    state: EvaluationState
    at: float
    candidate: str = ""
    """Empty when the variant came from a patch file."""
    hunks: tuple[str, ...] = ()
    """Ids of the hunks evaluated."""
    patch: str = ""
    """The variant as a git-style patch against the baseline: what was proven, byte for byte."""
    patch_digest: str = ""
    objective: Objective = "runtime"
    metric: Literal["wall", "cpu", "memory"] = "wall"
    sandbox: str = ""
    steps: tuple[Step, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    estimate: Estimate | None = None
    verdict: Verdict | None = None
    reason: str = ""


# ------------------------------------------------------------------------------------------ application

Target = Literal["tree", "branch", "patch"]


class AppliedFile(Noun, frozen=True, kw_only=True):
    """A file written by an apply, with both texts so that it can be undone."""

    path: str
    before: str
    after: str
    created: bool = False
    """True when there was no such file before; undoing removes it."""


class Application(Noun, frozen=True, kw_only=True):
    """Accepted hunks written to the user's project, a branch or a patch file."""

    id: str
    target: Target
    where: str
    """The branch's name, the patch file's path, or the project's root."""
    files: tuple[AppliedFile, ...]
    hunks: tuple[str, ...]
    at: float
    evaluation: str = ""
    """The evaluation that proved exactly these hunks; empty when none did."""
    undone: bool = False


# -------------------------------------------------------------------------------------------------- job

JobKind = Literal["profile", "prompt", "generate", "evaluate"]
JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]


class Job(Noun, frozen=True, kw_only=True):
    """A piece of background work that a person can watch and cancel."""

    id: str
    kind: JobKind
    title: str
    state: JobState
    at: float
    subject: str = ""
    """Id of the prompt, candidate or evaluation it makes."""
    progress: str = ""
    reason: str = ""
    failure: Literal["", "baseline", "budget", "other"] = ""
    """What kind of failure `reason` tells of, for exit codes."""

    @property
    def live(self) -> bool:
        """Whether it still runs or waits."""
        return self.state in ("queued", "running")


# ---------------------------------------------------------------------------------------------- project


class Llm(Noun, frozen=True, kw_only=True):
    """One target LLM of the project, as the screen shows it."""

    label: str
    model: str
    about: str = ""
    """For the offline models: what they are, in one sentence."""


class LlmFacts(Noun, frozen=True, kw_only=True):
    """What litellm's own model data (or the offline models' own description) says about an LLM."""

    model: str
    provider: str = ""
    context_window: int | None = None
    """Tokens; None when unknown."""
    max_output: int | None = None
    usd_per_input_token: float | None = None
    """None when the price is unknown; 0.0 only when it is known to be free."""
    usd_per_output_token: float | None = None
    reasoning: bool = False
    about: str = ""
    """For the offline models: what they are, in one sentence."""


class Project(Noun, frozen=True, kw_only=True):
    """The project as the screen shows it."""

    root: str
    name: str
    description: str = ""
    languages: tuple[str, ...] = ()
    llms: tuple[Llm, ...] = ()
    meta_prompter: str = ""
    test_command: str = ""
    benchmark_command: str = ""
    profile_command: str = ""
    max_usd: float | None = None
    sandbox: str = ""
    """The mechanism in use, or why there is none."""
