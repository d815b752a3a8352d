"""Evaluations that race for one machine, and a person who overrules the schedule, through the engine's socket."""

import asyncio
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.model import Evaluation, Measurement
from engine.protocol import EvaluatePatch, Schedule
from tests.engine.conftest import Follower, followed
from tui.state import State

FASTER = """--- a/words.py
+++ b/words.py
@@ -4,5 +4,2 @@
 def distinct(text: str) -> int:
-    seen = []
-    for word in text.split():
-        if word not in seen:
-            seen.append(word)
-    return len(seen)
+    return len(set(text.split()))
"""
FASTER = FASTER.replace("@@ -4,5 +4,2 @@", "@@ -4,6 +4,2 @@")
NOTHING = """--- a/words.py
+++ b/words.py
@@ -1,1 +1,1 @@
-\"\"\"Counts distinct words, slowly.\"\"\"
+\"\"\"Counts distinct words.\"\"\"
"""

NOISY = """import json, random, time
from words import distinct
time.sleep(0.1)
json.dump({"figure": random.gauss(distinct("a b a b"), 0.4)}, open("results.json", "w"))
"""
"""So noisy that no verdict comes soon, and slow enough to be overruled before one does."""


async def ask(engine: Follower, *patches: str) -> list[str]:
    """Have the patches evaluated together; the ids of the evaluations."""
    commands = (EvaluatePatch(title="a patch", patch=patch, family=len(patches)) for patch in patches)
    begun = await asyncio.gather(*map(engine.send, commands))
    return [id for reply in begun for id in reply["evaluations"]]


async def ended(engine: Follower, id: str) -> Evaluation:
    state = await engine.until(lambda state: id in state.evaluations and state.evaluations[id].state == "done")
    return state.evaluations[id]


async def test_those_that_wait_together_share_the_baselines_runs_and_the_error(project: Path) -> None:
    async with followed(project) as engine:
        one, two = await ask(engine, FASTER, NOTHING)
        faster, nothing = await ended(engine, one), await ended(engine, two)
        assert faster.verdict == "faster", faster.reason
        assert nothing.verdict in ("equivalent", "inconclusive"), nothing.reason
        assert faster.estimate is not None
        assert faster.estimate.confidence == 0.975
        shared = {run.at for run in faster.measurements if run.arm == "baseline"}
        assert shared & {run.at for run in nothing.measurements if run.arm == "baseline"}


async def measured(engine: Follower, id: str) -> tuple[Measurement, ...]:
    """The evaluation's measurements, once there are more than now."""
    known = engine.state.evaluations.get(id)
    before = len(known.measurements) if known else 0

    def more(state: State) -> bool:
        return id in state.evaluations and len(state.evaluations[id].measurements) > before

    return (await engine.until(more)).evaluations[id].measurements


async def test_a_person_overrules_the_schedule(project: Path) -> None:
    (project / "bench.py").write_text(NOISY)
    async with followed(project) as engine:
        one, two, three = await ask(engine, NOTHING, NOTHING, NOTHING)
        await measured(engine, one)
        await engine.send(Schedule(evaluation=two, action="pause"))
        state = await engine.until(lambda state: state.evaluations[two].hold == "paused")
        kept = state.evaluations[two].measurements
        await engine.send(Schedule(evaluation=three, action="drop"))
        dropped = await ended(engine, three)
        assert "ended by hand" in dropped.reason or dropped.verdict != "inconclusive"
        await engine.send(Schedule(evaluation=one, action="pin"))
        await measured(engine, one)
        assert engine.state.evaluations[two].state == "queued"
        await engine.send(Schedule(evaluation=one, action="drop"))
        assert (await ended(engine, one)).hold == "pinned"

        await engine.send(Schedule(evaluation=two, action="free"))
        assert (await measured(engine, two))[: len(kept)] == kept
        await engine.send(Schedule(evaluation=two, action="drop"))
        await ended(engine, two)
        with pytest.raises(EngineError, match="has ended already"):
            await engine.send(Schedule(evaluation=two, action="pin"))
