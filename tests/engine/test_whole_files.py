"""Files that an answer makes, deletes or moves: hunks of their own, measured, written, and taken back after a restart."""

import asyncio
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.generate.hunks import conflicts, make_hunks, removal
from engine.generate.moving import moved
from engine.generate.reading import read_answer
from engine.model import BaselineFile, Bottleneck, Candidate
from engine.protocol import AddAnswer, Apply, Decide, EvaluateVariant, SplitHunk, UndoApply, UndoDecision
from tests.engine.conftest import SLOW, followed, kill
from tests.engine.test_service import profiled

UTIL = "def helper():\n    return 1\n"
DIFF = """```diff
diff --git a/words.py b/words.py
--- a/words.py
+++ b/words.py
@@ -5,5 +5,5 @@
-    seen = []
+    seen = fresh.new()
     for word in text.split():
         if word not in seen:
-            seen.append(word)
+            seen.add(word)
     return len(seen)
@@ -1,2 +1,3 @@
 \"\"\"Counts distinct words, slowly.\"\"\"
+import fresh
diff --git a/dead.py b/dead.py
deleted file mode 100644
--- a/dead.py
+++ /dev/null
@@ -1 +0,0 @@
-DEAD = 1
diff --git a/util.sh b/tools/util.sh
similarity index 100%
rename from util.sh
rename to tools/util.sh
diff --git a/fresh.py b/fresh.py
new file mode 100644
--- /dev/null
+++ b/fresh.py
@@ -0,0 +1,2 @@
+def new():
+    return set()
```
"""


def read(answer: str, files: dict[str, str], function: str = "") -> Candidate:
    """The answer read for a project of these files; the first one is the target's."""
    known = {path: BaselineFile(path=path, text=text, digest="") for path, text in files.items()}
    path = next(iter(files))
    born = Candidate(id="c", bottleneck="b", llm="l", prompt="", state="streaming", at=0.0, files=(known[path],))
    target = Bottleneck(id="b", file=path, function=function, line=1, end_line=2, self_share=0.0, total_share=0.0)
    return read_answer(born, answer, target, known.get, ("kept/**",))


def test_the_target_protected_files_and_links_do_not_go() -> None:
    files = {"a.py": UTIL, "b.py": "x\n", "kept/c.py": "x\n"}
    delete = "*** Begin Patch\n*** Delete File: {}\n*** End Patch\n"
    assert "holds the function to be optimised" in read(delete.format("a.py"), files, "helper").reason
    assert "is protected by" in read(delete.format("kept/c.py"), files).reason
    assert "not in the project" in read(delete.format("no.py"), files).reason
    assert "outside the project" in read(delete.format("../no.py"), files).reason
    link = {"a.py": UTIL, "link.py": "x\n"}
    known = {path: BaselineFile(path=path.replace("link", "real"), text=text, digest="") for path, text in link.items()}
    born = Candidate(id="c", bottleneck="b", llm="l", prompt="", state="streaming", at=0.0, files=(known["a.py"],))
    target = Bottleneck(id="b", file="a.py", function="", line=1, end_line=2, self_share=0.0, total_share=0.0)
    assert "is a symbolic link" in read_answer(born, delete.format("link.py"), target, known.get, ()).reason
    assert [hunk.removes for hunk in read(delete.format("b.py"), files).hunks] == [True]


def test_a_diff_of_modes_says_what_it_is() -> None:
    modes = "```diff\ndiff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n```\n"
    found = read(modes, {"a.py": UTIL})
    assert (found.state, found.reason) == (
        "empty",
        "The diff only changes the modes of files (to 100755), and MPCO leaves those as they are; use chmod.",
    )


def test_a_binary_file_is_named_and_a_deletion_counts_once() -> None:
    binary = "```diff\ndiff --git a/x.png b/x.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\n```\n"
    assert read(binary, {"a.py": UTIL}).reason == "The diff changes a binary file; only text can be changed."
    gone = "```diff\ndiff --git a/a.py b/a.py\ndeleted file mode 100644\n--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n```\n"
    assert read(gone, {"a.py": UTIL}, "helper").reason.startswith("a.py holds the function")


def test_a_removal_goes_with_nothing_else_and_only_with_the_file_as_it_was() -> None:
    gone = removal("c", "a.py", UTIL)
    for after in ("# new\n" + UTIL, UTIL + "more\n", UTIL.replace("1", "2")):
        (change,) = make_hunks("d", "a.py", UTIL, after)
        assert conflicts([gone, change]) and moved([gone], UTIL, after)[gone.id] == "gone"
    assert not conflicts([gone, removal("d", "a.py", UTIL)])
    assert moved([gone], UTIL, "")[gone.id] == "there" and moved([gone], UTIL, UTIL)[gone.id] == gone


async def test_files_are_made_deleted_and_moved_all_or_none_and_taken_back(project: Path) -> None:
    (project / "dead.py").write_text("DEAD = 1\n")
    script = project / "util.sh"
    script.write_text("echo é\n")
    script.chmod(0o750)
    async with followed(project) as engine:
        await profiled(engine)
        id = str((await engine.send(AddAnswer(bottleneck="distinct", answer=DIFF)))["candidate"])
        born = (await engine.until(lambda state: id in state.candidates)).candidates[id]
        assert born.state == "ready", born.reason
        hunks = {hunk.file: hunk for hunk in born.hunks}
        assert set(hunks) == {"words.py", "dead.py", "util.sh", "tools/util.sh", "fresh.py"}
        assert (hunks["util.sh"].target, hunks["tools/util.sh"].origin) == ("tools/util.sh", "util.sh")
        with pytest.raises(EngineError, match=r"dead\.py goes as a whole with this hunk"):
            await engine.send(SplitHunk(candidate=id, hunk=hunks["dead.py"].id))

        await engine.send(Decide(candidate=id, hunks=(hunks["util.sh"].id,), decision="accepted"))
        both = (await engine.until(lambda state: state.candidates[id].accepted)).candidates[id]
        assert {hunk.file for hunk in both.accepted} == {"util.sh", "tools/util.sh"}, "a move is one decision"
        await engine.send(UndoDecision())
        await engine.send(Decide(candidate=id, hunks=tuple(hunk.id for hunk in born.hunks), decision="accepted"))
        measured = await engine.send(EvaluateVariant())
        proof = (await engine.done(measured["jobs"])).evaluations[measured["evaluations"][0]]
        assert proof.estimate is not None and proof.steps and all(step.passed for step in proof.steps), proof.reason
        await engine.send(Apply(candidates=(id,)))
        there = await asyncio.to_thread(lambda: {path.name for path in project.glob("*.*")})
        assert (
            there
            == {".git", ".mpco", "words.py", "bench.py", "test_words.py", "mpco.toml", "fresh.py"}
            | {"__pycache__"} & there
        )
        assert (project / "tools/util.sh").stat().st_mode & 0o777 == 0o750
        await kill(project)
    async with followed(project) as engine:
        await engine.send(UndoApply())
        assert script.read_text() == "echo é\n" and script.stat().st_mode & 0o777 == 0o750
        assert (project / "dead.py").read_text() == "DEAD = 1\n" and (project / "words.py").read_text() == SLOW
        assert not (project / "fresh.py").exists() and not (project / "tools/util.sh").exists()
