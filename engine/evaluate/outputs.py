"""What a benchmark run leaves besides its time: the figures it reports, and output that must not change.

Files are fetched by a command inside of the arm, since nobody sees them from outside, and removed before each run:
what is there afterwards is of this run, so a stale file never passes.
"""

import json
import shlex

import msgspec

from engine.config import BenchmarkSection
from engine.evaluate import metrics
from engine.evaluate.arm import Arm, Run
from engine.execute import IO_VARIABLE
from engine.model import Reading

SECONDS = 60.0
CRITERION = "target/criterion"
_COLLECT = """\
cd {folder} && find . -path '*/new/estimates.json' | sort | while read -r file; do
  printf '%s\\n' "$file"; tr -d '\\n' < "$file"; printf '\\n'
done > "$MPCO_IO/results"
"""


class OutputProblem(Exception):
    """What a run printed or wrote is not what it has to be; the text is a sentence."""


class Outputs:
    """What has to be taken of each run, by [benchmark] output, results and check_output."""

    def __init__(self, section: BenchmarkSection) -> None:
        self._section = section
        default = CRITERION if section.output == "criterion" else ""
        self._results = section.results or default
        self._checked = "" if section.check_output in ("", "stdout") else section.check_output

    @property
    def has_readings(self) -> bool:
        """Whether the benchmark's own figures decide."""
        return self._section.output != "none"

    async def clear(self, arm: Arm) -> None:
        """Remove what the run has to write anew."""
        if found := [path for path in (self._results if self.has_readings else "", self._checked) if path]:
            await arm.run(["rm", "-rf", "--", *found], timeout=SECONDS)

    async def readings(self, arm: Arm, run: Run) -> tuple[Reading, ...]:
        """The figures that the run reports.

        Raises:
            OutputProblem: when there are none.
        """
        section = self._section
        if not self.has_readings:
            return ()
        text = await self._file(arm, self._results) if self._results else run.output
        try:
            found = metrics.take(section.output, text, section.pattern, section.direction)
        except metrics.OutputError as error:
            where = self._results or "The benchmark's output"
            raise OutputProblem(f"{where} {error}.") from error
        guarded = (
            msgspec.structs.replace(item, guardrail=item.guardrail or item.name in section.guardrails) for item in found
        )
        return tuple(guarded)

    async def checked(self, arm: Arm, run: Run) -> str | None:
        """The output that must equal the baseline's; None when nothing has to.

        Raises:
            OutputProblem: when the file was not written.
        """
        if not self._section.check_output:
            return None
        return await self._file(arm, self._checked) if self._checked else run.output

    async def _file(self, arm: Arm, path: str) -> str:
        if self._section.output == "criterion" and path == self._results:
            command = _COLLECT.format(folder=shlex.quote(path))
        else:
            command = f'cat -- {shlex.quote(path)} > "$MPCO_IO/results"'
        arm.put({})
        run = await arm.run(["sh", "-c", command], timeout=SECONDS, env={IO_VARIABLE: arm.io_seen})
        data = arm.take(["results"]).get("results", b"")
        if run.exit_code != 0 or not data:
            raise OutputProblem(f"The benchmark did not write {path}.")
        text = data.decode("utf-8", "replace")
        return _joined(text) if command.startswith("cd ") else text


def _joined(text: str) -> str:
    """Criterion's files, given as lines of name and content, as one object."""
    lines = text.splitlines()
    found: dict[str, object] = {}
    for name, content in zip(lines[::2], lines[1::2], strict=False):
        try:
            found[name.removeprefix("./").removesuffix("/new/estimates.json")] = json.loads(content)
        except ValueError as error:
            raise OutputProblem(f"{name} is no JSON.") from error
    return json.dumps(found)


def difference(expected: str, got: str) -> str:
    """The first line that differs, in words; empty when none does."""
    if expected == got:
        return ""
    wanted, had = expected.splitlines(), got.splitlines()
    place = next((n for n, (a, b) in enumerate(zip(wanted, had, strict=False)) if a != b), min(len(wanted), len(had)))
    shown = [lines[place][:120] if place < len(lines) else "nothing" for lines in (wanted, had)]
    return f"line {place + 1} of its output should be {shown[0]!r} but is {shown[1]!r}"
