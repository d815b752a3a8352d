"""The frame around every stage: header, stage bar, and the sentence above the footer."""

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widget import Widget
from textual.widgets import Static

from engine.model import Candidate, Evaluation, Prompt
from tui.state import State

STAGE_NAMES = ("Profile", "Prompts", "Diffs", "Benchmarks", "Report")
MODES = ("profile", "prompts", "diffs", "benchmarks", "report")


class Header(Static):
    """Project, engine state, running jobs and spend."""

    def show(self, state: State, connected: bool, stage: str) -> None:
        """Render what is known now."""
        project = state.project
        name = project.name if project else "…"
        left = Text.assemble((" MPCO ", "bold reverse"), f" {name} ▸ {stage}")
        jobs = len(state.live_jobs)
        engine = ("engine ●" if connected else "engine ○ starting") + (
            f" {jobs} job{'s' * (jobs != 1)}" if jobs else ""
        )
        spend = f"${state.spent_usd:.2f}"
        if project and project.max_usd is not None:
            spend += f" of ${project.max_usd:.2f}"
        sandbox = f"   {project.sandbox}" if project and project.sandbox and self.size.width >= 100 else ""
        right = f"{engine}   {spend}{sandbox} "
        gap = max(1, self.size.width - cell_len(left.plain) - cell_len(right))
        self.update(Text.assemble(left, " " * gap, right, no_wrap=True, overflow="ellipsis"))


class StageBar(Widget):
    """The five stages and how far each is; a click goes there."""

    def __init__(self, current: int) -> None:
        super().__init__()
        self._current = current
        self._marks = ("", "", "", "", "")

    def show(self, state: State) -> None:
        """Render how far each stage is."""
        marks = stage_marks(state)
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    def render(self) -> Text:
        """One line: number, name and mark of each stage."""
        line = Text(no_wrap=True, overflow="ellipsis")
        for number, label in enumerate(self._labels(), start=1):
            style = "bold reverse" if number == self._current else ""
            line.append(label, style)
            line.append(" ")
        return line

    def on_click(self, event: events.Click) -> None:
        """Go to the stage under the pointer."""
        start = 0
        for mode, label in zip(MODES, self._labels(), strict=True):
            end = start + cell_len(label)
            if start <= event.x < end:
                self.app.switch_mode(mode)
            start = end + 1

    def _labels(self) -> list[str]:
        names = STAGE_NAMES if self.size.width >= 70 else tuple(name[:5] for name in STAGE_NAMES)
        return [
            f" {n} {name}{' ' * bool(mark)}{mark} "
            for n, (name, mark) in enumerate(zip(names, self._marks, strict=True), 1)
        ]


def stage_marks(state: State) -> tuple[str, str, str, str, str]:
    """A sign for each stage: ✔ there is a result, ● it works now, ◐ k/n evaluations are through."""
    live = {job.kind for job in state.live_jobs}
    done = sum(item.state == "done" for item in state.evaluations.values())
    through = f"◐ {done}/{len(state.evaluations)}" if "evaluate" in live else "✔" * bool(done)
    return (
        "●" if "profile" in live else "✔" * bool(state.profile),
        "●" if "prompt" in live else "✔" * any(item.state == "ready" for item in state.prompts.values()),
        "●" if "generate" in live else "✔" * any(item.hunks for item in state.candidates.values()),
        through,
        "✔" * any(item.verdict == "faster" for item in state.evaluations.values()),
    )


class Sentence(Static):
    """One sentence for the person, kept until the next one."""

    def say(self, text: str, severity: str = "information") -> None:
        """Show `text`; errors stand out."""
        self.set_class(severity == "error", "-error")
        self.update(Text(f" {text}", no_wrap=False))


def describe_state(noun: Prompt | Candidate | Evaluation) -> str:
    """The state of a noun in a word or two, with the reason when there is one."""
    return f"{noun.state}: {noun.reason}" if noun.reason else noun.state
