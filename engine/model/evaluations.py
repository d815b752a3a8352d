"""The nouns of stage 4: runs, measurements, estimates, verdicts."""

from typing import Literal

from engine.model.candidates import Flag
from engine.model.noun import Noun

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
EvaluationState = Literal[
    "queued",
    "preparing",
    "building",
    "testing",
    "measuring",
    "done",
    "cancelled",
    "interrupted",
    "baseline fails",
    "failed",
]
"""`baseline fails`: the project itself does not build or pass its tests; `failed`: the reason is neither's code."""
Arm = Literal["baseline", "variant"]
Objective = Literal["runtime", "cpu time", "memory"]
Search = Literal["", "worth", "combine"]
"""What a step of a search is measured for: the worth of each hunk, or the best combination."""
Hold = Literal["", "pinned", "paused"]
"""What a person has said of an evaluation's turn: `pinned` goes first and is not ended early; `paused` waits."""


class Step(Noun, frozen=True, kw_only=True):
    """One build or test run of an evaluation, with the tail of its output."""

    name: Literal["build", "test", "benchmark"]
    arm: Arm
    passed: bool
    seconds: float
    exit_code: int | None = None
    """None when it was ended by a limit."""
    output: str = ""


class Reading(Noun, frozen=True, kw_only=True):
    """One figure that the benchmark itself reports."""

    name: str
    value: float
    unit: str = ""
    better: Literal["lower", "higher"] = "lower"
    guardrail: bool = False
    """True when it does not decide, but must not get worse."""


class Measurement(Noun, frozen=True, kw_only=True):
    """One run of the benchmark command."""

    pair: int
    arm: Arm
    wall: float
    cpu: float
    """User plus system time of the whole process tree."""
    max_rss: int
    """Peak resident memory in bytes: of the largest process, or the most that all together were seen to have."""
    at: float
    load: float = 0.0
    """One-minute load average when the run ended."""
    others: float = 0.0
    """Processors that other programs used meanwhile, on average."""
    stolen: float = 0.0
    """Share of the processors' time that the host of a virtual machine took meanwhile."""
    stalled: float = 0.0
    """Share of the time in which some program waited for memory."""
    mhz: float = 0.0
    """Clock rate of the processors after the run; 0 where the system does not tell."""
    noisy: str = ""
    """What disturbed the run, as in `other programs used 1.2 processors`; empty when nothing did."""
    readings: tuple[Reading, ...] = ()
    """What the benchmark itself reports."""
    score: float = 0.0
    """The geometric mean of the readings that decide, as a figure of which less is better; 0 without any."""
    warm_up: bool = False
    """True for the first pair of a session, when the arms are fresh; `Estimate.warm_up` says what was left out."""


class Estimate(Noun, frozen=True, kw_only=True):
    """What the measurements so far say about the gain, as %PI = (baseline - variant) / baseline x 100."""

    percent_improvement: float
    low: float
    """Lower end of the 95% confidence sequence; may be -inf, sent as -1e9."""
    high: float
    pairs: int
    confidence: float = 0.95
    """Of the interval: higher where the error is shared among several evaluations."""
    e_value: float = 1.0
    """Evidence against "no difference", as a bet: what 1 has grown to; 20 is what a single verdict at 95% needs."""
    warm_up: tuple[int, ...] = ()
    """Numbers of the pairs that are left out because runs were still warming up."""
    outliers: tuple[tuple[int, Arm], ...] = ()
    """(pair, arm) of the runs that lie far from the others of their arm; they count."""

    @property
    def detection_limit(self) -> float:
        """The smallest difference, in percent, that these runs can tell from none; about 1e9 when it is not known."""
        return (self.high - self.low) / 2.0

    @property
    def guaranteed(self) -> float:
        """The headline: the gain that is safe to claim, 0 when none is."""
        return max(0.0, self.low)


class Worth(Noun, frozen=True, kw_only=True):
    """What hunks of a winning variant add, measured by leaving them out of it."""

    hunk: str
    together: tuple[str, ...] = ()
    """Further hunks that were left out with it; the figures are of all of them then."""
    estimate: Estimate | None = None
    """Of the gain of the whole variant over the one without; None when that one could not be measured."""
    verdict: Verdict | None = None
    """`faster` when the variant with the hunk beats the one without it; a failure is what happens without it."""
    reason: str = ""
    """One sentence."""

    @property
    def needed(self) -> bool:
        """Whether the variant does not work without it."""
        return self.verdict is not None and self.estimate is None and self.verdict != "inconclusive"


class MetricRow(Noun, frozen=True, kw_only=True):
    """One of the benchmark's own figures in both arms."""

    name: str
    unit: str = ""
    better: Literal["lower", "higher"] = "lower"
    guardrail: bool = False
    baseline: float
    """Median of the runs that count."""
    variant: float
    estimate: Estimate | None = None
    """Of the improvement; each row at its share of the error."""


class Deviation(Noun, frozen=True, kw_only=True):
    """One call on which the variant does not do what the baseline does."""

    call: str
    """The call with its arguments, shortened for reading."""
    where: str
    """What differs: `returned`, `returned[3].name`, `argument 1`, `raised`, `printed`, ..."""
    expected: str
    got: str


class CheckedFunction(Noun, frozen=True, kw_only=True):
    """What the behaviour check found out about one function."""

    file: str
    function: str
    state: Literal["checked", "unchecked", "differs"]
    calls: int = 0
    """Recorded calls that were replayed and compared."""
    reason: str = ""
    """Why it is unchecked, as a whole or, with compared calls, in part."""
    deviation: Deviation | None = None


class Behaviour(Noun, frozen=True, kw_only=True):
    """Whether the changed functions still do on the benchmark's own inputs what they did."""

    state: Literal["checked", "unchecked", "differs"]
    """`checked` only when every changed function was."""
    sentence: str
    calls: int = 0
    functions: tuple[CheckedFunction, ...] = ()

    @property
    def example(self) -> Deviation | None:
        """The first deviation."""
        return next((item.deviation for item in self.functions if item.deviation is not None), None)


class Evaluation(Noun, frozen=True, kw_only=True):
    """Build, tests and benchmark of a variant against the baseline."""

    id: str
    title: str
    state: EvaluationState
    at: float
    candidate: str = ""
    """Empty when the variant came from a patch file, or is made of several candidates."""
    hunks: tuple[str, ...] = ()
    """Ids of the hunks evaluated."""
    patch: str = ""
    """The variant as a git-style patch against the baseline: what was proven, byte for byte."""
    patch_digest: str = ""
    objective: Objective = "runtime"
    metric: Literal["wall", "cpu", "memory", "benchmark"] = "wall"
    """`benchmark`: the geometric mean of what the benchmark itself reports."""
    sandbox: str = ""
    steps: tuple[Step, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    estimate: Estimate | None = None
    verdict: Verdict | None = None
    worth: tuple[Worth, ...] = ()
    """What its hunks add, as far as that was measured."""
    spare: tuple[str, ...] = ()
    """Hunks that add nothing, neither alone nor together: without them the patch is smaller and keeps the gain."""
    metrics: tuple[MetricRow, ...] = ()
    """What the benchmark itself reports, row by row."""
    flags: tuple[Flag, ...] = ()
    """What the cheat lens saw in the variant."""
    behaviour: Behaviour | None = None
    """None where it is switched off or was not reached."""
    reason: str = ""
    family: int = 1
    """How many evaluations were asked for together: they share the error, each is decided at alpha / family."""
    rivals: str = ""
    """Evaluations with the same text here (the id of a bottleneck) compete: the clearly worse ones are ended early."""
    hold: Hold = ""
    search: Search = ""
    """Set for a step of a search: it is measured against another variant, and proves nothing by itself."""
    of: str = ""
    """The evaluation whose hunks are left out one by one; for a search for the best combination, the one to come."""
    against: tuple[str, ...] = ()
    """Ids of the hunks of what a step of a search is measured against; the project as it is where there are none."""
