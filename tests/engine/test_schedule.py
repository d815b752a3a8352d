"""Evaluations that race for one machine, and a person who overrules the schedule, through the engine's socket."""

from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.model import Evaluation
from engine.protocol import EvaluatePatch, Schedule
from tests.engine.conftest import Follower, followed

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


async def ask(engine: Follower, *patches: str) -> list[str]:
    """Have the patches evaluated together; the ids of the evaluations."""
    found = []
    for patch in patches:
        begun = await engine.send(EvaluatePatch(title="a patch", patch=patch, family=len(patches)))
        found += begun["evaluations"]
    return found


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


async def test_a_person_overrules_the_schedule(project: Path) -> None:
    (project / "bench.py").write_text("import time\nfrom words import distinct\ntime.sleep(0.1)\ndistinct('a')\n")
    async with followed(project) as engine:
        one, two, three = await ask(engine, NOTHING, NOTHING, NOTHING)
        await engine.until(lambda state: one in state.evaluations and state.evaluations[one].measurements)
        await engine.send(Schedule(evaluation=two, action="pause"))
        state = await engine.until(lambda state: state.evaluations[two].hold == "paused")
        kept = state.evaluations[two].measurements
        await engine.send(Schedule(evaluation=three, action="drop"))
        dropped = await ended(engine, three)
        assert dropped.verdict in ("inconclusive", "equivalent")
        assert "ended by hand" in dropped.reason or dropped.verdict == "equivalent"
        await engine.send(Schedule(evaluation=one, action="pin"))
        assert (await ended(engine, one)).hold == "pinned"

        assert engine.state.evaluations[two].state == "queued"
        await engine.send(Schedule(evaluation=two, action="free"))
        freed = await ended(engine, two)
        assert freed.measurements[: len(kept)] == kept
        with pytest.raises(EngineError, match="has ended already"):
            await engine.send(Schedule(evaluation=two, action="pin"))
