"""The diff screen as it looks: empty, streaming, full and in trouble, at two sizes, in dark and light."""

from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

import tui
from engine.model import Flag, Unapplied
from engine.protocol import Event, Snapshot
from tests.tui import samples
from tui.app import MpcoApp
from tui.state import State, reduce

ROOT = Path("/project/logreport")
SIZES = ((80, 24), (160, 45))
THEMES = ("mpco-dark", "mpco-light")


class Still(MpcoApp):
    """The app with a state that was read before, and no engine to follow."""

    CSS_PATH = Path(tui.__file__).parent / "styles" / "app.tcss"

    def _reach(self) -> None:
        """Nobody is reached for."""


def session(situation: str) -> Snapshot:
    """The sample session in one of four situations."""
    full = msgspec.structs.replace(samples.full(ROOT), jobs=())
    algorithms, loops, caching = full.candidates
    match situation:
        case "empty":
            candidates = ()
        case "streaming":
            last = msgspec.structs.replace(loops.hunks[1], complete=False)
            growing = msgspec.structs.replace(loops, state="streaming", hunks=(loops.hunks[0], last))
            waiting = msgspec.structs.replace(caching, state="streaming", reason="", answer="I will keep")
            candidates = (growing, waiting)
        case "full":
            first = msgspec.structs.replace(algorithms.hunks[0], decision="accepted", note="compiled once")
            flag = Flag(kind="import time", file=first.file, line=first.new_start, text="Work moves to the import.")
            judged = msgspec.structs.replace(algorithms, hunks=(first, *algorithms.hunks[1:]), flags=(flag,))
            candidates = (judged, loops, caching)
        case _:
            lost = Unapplied(
                file="logreport/parse.py", reason="The lines to replace are not in the file.", text="x = 1"
            )
            reason = "No edit found its place."
            candidates = (
                samples.candidate("c", "loops", state="unappliable", hunks=(), unapplied=(lost,), reason=reason),
            )
    evaluations = full.evaluations if situation == "full" else ()
    return msgspec.structs.replace(full, candidates=candidates, evaluations=evaluations)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("situation", ["empty", "streaming", "full", "error"])
def test_the_screen_looks_as_before(snap_compare: object, situation: str, size: tuple[int, int], theme: str) -> None:
    app = Still(ROOT)

    async def show(pilot: Pilot[None]) -> None:
        app.theme = theme
        app.engine = "ready"
        app.state = reduce(State(), Event(n=1, at=0.0, change=session(situation)))
        app.action_stage(3)
        await pilot.pause()
        app.repaint()
        await pilot.pause(0.1)
        if situation == "full":
            await pilot.press("N")
            await pilot.pause(0.1)

    assert snap_compare(app, terminal_size=size, run_before=show)  # type: ignore[operator]
