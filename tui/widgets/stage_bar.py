"""The five stages and how far each is, at any time; a click goes there."""

from collections.abc import Set as AbstractSet

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from engine.model import Job, JobKind
from tui.state import State

STAGE_TITLES = ("Profile", "Prompts", "Diffs", "Benchmarks", "Report")
STAGE_OF_JOB: dict[JobKind, int] = {
    "profile": 1,
    "prompt": 2,
    "generate": 3,
    "evaluate": 4,
    "worth": 4,
    "combine": 4,
    "experiment": 5,
}
BATCH_SECONDS = 2.0
"""Jobs of one kind that were started within this time of each other belong to one command."""


def stage_mark(state: State, stage: int, news: AbstractSet[int]) -> tuple[str, str]:
    """(what to show after the stage's name, in which colour)."""
    progress = _progress(state, stage)
    if progress:
        return f"◐ {progress}", "$text-warning"
    if stage in news:
        return "●", "$text-accent"
    if _filled(state, stage):
        return "✔", "$text-success"
    last = _jobs(state, stage)[-1:]
    return ("✘", "$text-error") if last and last[0].state == "failed" else ("", "")


def _jobs(state: State, stage: int) -> list[Job]:
    return [job for job in state.jobs.values() if STAGE_OF_JOB[job.kind] == stage]


def _progress(state: State, stage: int) -> str:
    """`done/all` of the jobs that are under way in the stage; empty when none is."""
    jobs = _jobs(state, stage)
    live = [job.at for job in jobs if job.live]
    if not live:
        return ""
    batch = [job for job in jobs if job.at >= min(live) - BATCH_SECONDS]
    return f"{len(batch) - len(live)}/{len(batch)}" if len(batch) > 1 else "…"


def _filled(state: State, stage: int) -> bool:
    match stage:
        case 1:
            return state.profile is not None
        case 2:
            return any(item.state == "ready" for item in state.prompts.values())
        case 3:
            return any(item.state in ("ready", "empty") for item in state.candidates.values())
        case 4:
            return any(item.verdict for item in state.evaluations.values())
        case _:
            return False


class StageBar(Widget):
    """One line: `1 Profile ✔  2 Prompts ◐ 2/6 ...`, the current one highlighted."""

    ALLOW_SELECT = False

    def __init__(self, current: int) -> None:
        super().__init__()
        self._current = current
        self._marks: tuple[tuple[str, str], ...] = (("", ""),) * len(STAGE_TITLES)

    def show(self, state: State, news: AbstractSet[int]) -> None:
        """Render the marks of `state`."""
        marks = tuple(stage_mark(state, stage, news) for stage in range(1, len(STAGE_TITLES) + 1))
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    def render(self) -> Content:
        """The stages side by side; where there is no room, with less air, then with the names of fewer stages."""
        lines = [self._line(gap, named) for gap, named in ((3, True), (1, True), (0, True), (1, False))]
        return next((line for line in lines if line.cell_length <= self.size.width), lines[-1])

    def _line(self, gap: int, named: bool) -> Content:
        """The line with `gap` blanks between stages; unless `named`, only the current one has its name."""
        parts: list[Content] = [Content(" ")]
        for stage, (title, mark) in enumerate(zip(STAGE_TITLES, self._marks, strict=True), start=1):
            style = "bold reverse" if stage == self._current else ""
            words = f" {stage} {title} " if named or stage == self._current else f" {stage} "
            item = Content.assemble((words, style), " " if mark[0] else "", mark)
            parts += [item.stylize(Style.from_meta({"stage": stage})), Content(" " * gap)]
        return Content("").join(parts).rstrip()

    async def on_click(self, event: events.Click) -> None:
        """Go to the stage that was clicked."""
        stage = event.style.meta.get("stage")
        if stage:
            await self.run_action(f"app.stage({stage})")
