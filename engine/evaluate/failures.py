"""Why a build, test or benchmark run failed, in one sentence made from what it printed."""

import re
import signal

from engine.evaluate.arm import Run
from engine.model import Step, Verdict

_FAILED_TEST = re.compile(
    r"^(?:FAILED (?P<pytest>\S.*)|(?:FAIL|ERROR): (?P<unittest>\S.*)|--- FAIL: (?P<go>\S+)"
    r"|\[  FAILED  \] (?P<gtest>\S+)|test (?P<cargo>\S+) \.\.\. FAILED|ERROR (?P<collect>\S.*))",
    re.MULTILINE,
)
_ERROR = re.compile(r"^.*(?:\b\w*Error\b|\berror\b|\bfatal\b).*$", re.MULTILINE)
_LIMITS = {
    "memory": "used more memory than [sandbox] memory_mb allows",
    "processes": "started more processes than [sandbox] processes allows",
    "output": "wrote more than 64 MB of output",
    "disk": "filled more disk than [sandbox] disk_mb allows",
}
_SUBJECTS = {"build": "The build", "test": "The tests", "benchmark": "The benchmark"}
_SHOWN = 200


def explain(step: Step, run: Run, timeout: float) -> tuple[Verdict, str]:
    """The verdict and the sentence for a step that did not pass; `timeout` in seconds."""
    subject = _SUBJECTS[step.name]
    if run.limit == "time":
        return "timed out", f"{subject} ran longer than {timeout:.3g} s and was ended."
    verdict: Verdict = "build failed"
    if step.name != "build":
        verdict = "tests failed" if step.name == "test" else "crashed"
    if run.limit:
        return verdict, f"{subject} {_LIMITS.get(run.limit, 'was ended')}."
    return verdict, f"{subject} failed ({_ending(run.exit_code or 0)}): {_clue(step, run.output)}"


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _clue(step: Step, output: str) -> str:
    """The first failing test, the last line that speaks of an error, or the last line."""
    if step.name == "test" and (found := _FAILED_TEST.search(output)):
        text = next(group for group in found.groups() if group)
    elif errors := _ERROR.findall(output):
        text = errors[-1]
    else:
        text = output.strip().rpartition("\n")[2] or "it printed nothing"
    text = text.strip()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
