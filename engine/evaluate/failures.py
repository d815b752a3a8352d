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
_COMPILER = re.compile(
    r"^(?:[^\s:][^:\n]*:\d+(?::\d+)?: (?:fatal )?error: .*|error(?:\[E\d+\])?: .*"
    r"|.*(?:undefined reference to|multiple definition of|cannot find -l).*)$",
    re.MULTILINE,
)
"""What stopped a compiler or linker; the first one is the cause, what make says after it only an echo."""
_ASSERTION = re.compile(
    r"^.*(?:[Aa]ssertion\b.*\bfailed|ERROR: \w+Sanitizer|runtime error:|panicked at).*$", re.MULTILINE
)
_CTEST = re.compile(r"^\t\s*\d+ - (?P<name>.+?) \(.+\)\s*$", re.MULTILINE)
_ECHO = re.compile(
    r"^(?:g?make(?:\[\d+\])?: .*|.*(?:ninja: build stopped|Errors while running CTest).*)$\n?", re.MULTILINE
)
"""What a build tool says about the failure of what it ran."""
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
        return "timed out", f"{subject} ran longer than [{step.name}] timeout, {timeout:.3g} s, and was ended."
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
    """What failed first, as a compiler or test runner says it; else the last line on an error, or the last line."""
    text = _named(step, output)
    if not text:
        said = _ECHO.sub("", output).strip() or output.strip()
        errors = _ERROR.findall(said)
        text = (errors or said.splitlines() or ["it printed nothing"])[-1]
    text = text.strip()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _named(step: Step, output: str) -> str:
    """The first compiler's error or failing test that is told in a form of its own; empty where none is."""
    if step.name != "build" and (found := _FAILED_TEST.search(output)):
        return next(group for group in found.groups() if group)
    if found := _COMPILER.search(output):
        return found[0]
    if step.name == "build":
        return ""
    test, assertion = _CTEST.search(output), _ASSERTION.search(output)
    return ": ".join(filter(None, (test and test["name"], assertion and assertion[0].strip())))
