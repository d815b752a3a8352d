"""The app with a state that was read before and no engine to follow, so that it looks the same every time."""

from pathlib import Path
from typing import Any

import msgspec
from textual.pilot import Pilot

import tui
from engine.model import Flag, Unapplied
from engine.protocol import Event, Snapshot
from tests.tui import samples
from tui.app import MpcoApp
from tui.screens.stage import StageScreen

SITUATIONS = ("empty", "loading", "full", "error")
_changed = msgspec.structs.replace


class Still(MpcoApp):
    """Reaches for nobody, and shows what it is told to."""

    CSS_PATH = Path(tui.__file__).parent / "styles" / "app.tcss"

    def _reach(self) -> None:
        """There is nobody to reach for."""

    def perform(self, *_: Any) -> None:
        """Nobody hears it."""

    async def show(self, pilot: Pilot[None], stage: int, snapshot: Snapshot) -> None:
        """Go to a stage and paint the state until nothing of it waits to be painted."""
        self.current_bottleneck = self.current_candidate = ""
        self._take(Event(n=1, at=0.0, change=snapshot))
        self.action_stage(stage)
        await pilot.pause()
        assert isinstance(self.screen, StageScreen)
        for _ in range(2):  # what a first painting makes, such as the rows of a list, is laid out for the second
            self.screen.show(self.state)
            await self.workers.wait_for_complete()
            await pilot.pause()


def session(root: Path, stage: int, situation: str) -> Snapshot:
    """The sample session as a screen meets it: with nothing yet, at work, full, or with what went wrong."""
    full = _changed(samples.full(root), jobs=())
    match situation:
        case "empty":
            return Snapshot(project=full.project)
        case "loading":
            return _loading(full, stage)
        case "error":
            return _error(full, stage)
        case _:
            first, *others = full.candidates
            hunk = _changed(first.hunks[0], decision="accepted", note="compiled once")
            flag = Flag(kind="import time", file=hunk.file, line=hunk.new_start, text="Work moves to the import.")
            judged = _changed(first, hunks=(hunk, *first.hunks[1:]), flags=(flag,))
            return _changed(full, candidates=(judged, *others))


def _loading(full: Snapshot, stage: int) -> Snapshot:
    if stage == 1:
        running = samples.job("j", "profile", progress="about 97 samples, 1 s")
        return Snapshot(project=full.project, jobs=(running,))
    algorithms, loops, caching = full.candidates
    writing = samples.prompt(
        "algorithms-1", "algorithms", state="streaming", text="You are optimising a hot", usage=None
    )
    growing = _changed(loops, state="streaming", hunks=(loops.hunks[0], _changed(loops.hunks[1], complete=False)))
    waiting = _changed(caching, state="streaming", reason="", answer="I will keep")
    measured = samples.evaluation("e-loops", algorithms, pairs=4, state="measuring", verdict=None)
    queued = samples.evaluation("e-caching", caching, pairs=0, state="queued", verdict=None, estimate=None, steps=())
    jobs = (
        samples.job("j-1", "prompt", subject="algorithms-1"),
        samples.job("j-2", "generate", subject=loops.id),
        samples.job("j-3", "evaluate", subject="e-loops", progress="pair 4"),
        samples.job("j-4", "evaluate", subject="e-caching", state="queued"),
    )
    return _changed(
        full,
        prompts=(writing,),
        candidates=(growing, waiting) if stage == 3 else (algorithms, growing, waiting),
        evaluations=(measured, queued),
        jobs=jobs,
    )


def _error(full: Snapshot, stage: int) -> Snapshot:
    reason = "The benchmark failed with exit code 1: ModuleNotFoundError: No module named 'logreport'."
    failed = samples.job("j", "profile", state="failed", reason=reason, failure="other")
    if stage == 1:
        return Snapshot(project=full.project, jobs=(failed,))
    lost = Unapplied(file="logreport/parse.py", reason="The lines to replace are not in the file.", text="x = 1")
    told = {"reason": "No edit found its place.", "unapplied": (lost,)}
    misfit = samples.candidate("c", "loops", state="unappliable", hunks=(), **told)
    broken = samples.candidate("c-broken", "algorithms")
    verdict = {"state": "done", "verdict": "tests failed", "estimate": None, "measurements": ()}
    test = samples.evaluation("e", broken).steps[0]
    steps = (_changed(test, passed=False, exit_code=1, output="FAIL: test_parse_line\nAssertionError: 3 != 2"),)
    return _changed(
        full,
        prompts=(samples.prompt("p", "algorithms", state="failed", text="", reason="The server answered 503."),),
        candidates=(misfit,) if stage == 3 else (broken, misfit),
        evaluations=(samples.evaluation("e", broken, steps=steps, reason="2 tests failed.", **verdict),),
    )
