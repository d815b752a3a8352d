"""Answers on any folder: what is written for each format, what is refused, and that nothing can get out."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import answering
from engine.errors import EditError

MODULE = """import os


def total(values):
    result = 0
    for value in values:
        result = result + value
    return result


def mean(values):
    return total(values) / len(values)
"""
FASTER = """def total(values):
    return sum(values)
"""
DONE = MODULE.replace(MODULE[MODULE.index("def total") : MODULE.index("\n\ndef mean")], FASTER)
BLOCK = """pkg/stats.py
```python
<<<<<<< SEARCH
    result = 0
    for value in values:
        result = result + value
    return result
=======
    return sum(values)
>>>>>>> REPLACE
```
"""
DIFF = """--- a/pkg/stats.py
+++ b/pkg/stats.py
@@ -40,7 +40,4 @@
 def total(values):
-    result = 0
-    for value in values:
-        result = result + value
-    return result
+    return sum(values)
"""
ENVELOPE = """*** Begin Patch
*** Update File: pkg/stats.py
@@ def total(values):
-    result = 0
-    for value in values:
-        result = result + value
-    return result
+    return sum(values)
*** End Patch
"""
FORMATS = {
    "function without a name": f"Faster:\n\n```python\n{FASTER}```\n",
    "function below a sentence": f"Here is the new `stats.py`:\n\n```python\n{FASTER}```\n",
    "tildes": f"**pkg/stats.py** (updated):\n\n~~~~python\n{DONE}~~~~\nDone.",
    "numbered heading": f"### 1. `pkg/stats.py`\n\n```python\n{DONE}```",
    "name beside the language": f"```python pkg/stats.py\n{DONE}```",
    "name as a comment": f"```python\n# pkg/stats.py\n{DONE}```",
    "whole file between tags": f"pkg/stats.py\n<source>\n{DONE}</source>\n",
    "search and replace": BLOCK,
    "search and replace without a name": BLOCK.removeprefix("pkg/stats.py\n"),
    "search and replace with a basename": BLOCK.replace("pkg/", "", 1),
    "search and replace, no fence": BLOCK.replace("```python\n", "").replace("```\n", ""),
    "carriage returns": BLOCK.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + BLOCK,
    "diff with wrong numbers": f"```diff\n{DIFF}```\n",
    "bare diff": DIFF,
    "diff without numbers": f"```diff\n{DIFF.replace('@@ -40,7 +40,4 @@', '@@ ... @@')}```\n",
    "diff without prefixes": f"```\n{DIFF.replace('a/pkg', 'pkg').replace('b/pkg', 'pkg')}```\n",
    "diff in a reply": f"Sure!\n\n{DIFF}\nThat is all.",
    "envelope": ENVELOPE,
    "envelope in a fence": f"```\n{ENVELOPE}```\n",
    "thoughts": f"<think>\nMaybe\n```python\ndef total(values):\n    return 0\n```\n</think>\n{BLOCK}",
    "other thoughts": f"<reasoning>hm\n{BLOCK.replace('sum(values)', '1')}</reasoning> So:\n{BLOCK}",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "stats.py").write_text(MODULE)
    (folder / "README.md").write_text("# Read me\n\n```python\ntotal([])\n```\n\nThe end.\n")
    (tmp_path / "outside.py").write_text("x = 1\n")
    return folder


def applied(root: Path, answer: str, **about: str) -> answering.Reading:
    reading = answering.read(root, answer, **about)
    return answering.write(root, reading) if reading.status == "ready" else reading


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_makes_the_same_file(root: Path, name: str) -> None:
    reading = applied(root, FORMATS[name])
    assert reading.status == "applied", reading.reason
    assert (root / "pkg/stats.py").read_text() == DONE
    assert [(file.path, file.state) for file in reading.files] == [("pkg/stats.py", "changed")]


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_that_was_applied_already_changes_nothing(root: Path, name: str) -> None:
    (root / "pkg/stats.py").write_text(DONE)
    assert answering.read(root, FORMATS[name]).status in ("unchanged", "empty")


def test_line_endings_final_newline_encoding_and_mode_survive(root: Path) -> None:
    target = root / "pkg/stats.py"
    for codec in ("utf-8", "utf-8-sig", "utf-16", "latin-1"):
        before = "# é\n" + MODULE.removesuffix("\n")
        head = "# coding: latin-1\n" if codec == "latin-1" else ""
        target.write_bytes((head + before).replace("\n", "\r\n").encode(codec))
        target.chmod(0o751)
        assert applied(root, BLOCK).status == "applied"
        after = "# é\n" + DONE.removesuffix("\n")
        assert target.read_bytes() == (head + after).replace("\n", "\r\n").encode(codec)
        assert stat.S_IMODE(target.stat().st_mode) == 0o751


def test_files_are_made_deleted_and_moved(root: Path) -> None:
    (root / "old.txt").write_text("gone\n")
    answer = (
        "*** Begin Patch\n*** Add File: pkg/fresh.py\n+X = 1\n*** Delete File: old.txt\n"
        "*** Update File: pkg/stats.py\n*** Move to: pkg/sums.py\n@@ def mean(values):\n"
        "-    return total(values) / len(values)\n+    return sum(values) / len(values)\n*** End Patch\n"
    )
    reading = applied(root, answer)
    assert {(file.path, file.state) for file in reading.files} == {
        ("pkg/fresh.py", "new"),
        ("old.txt", "deleted"),
        ("pkg/stats.py", "deleted"),
        ("pkg/sums.py", "new"),
    }
    assert (root / "pkg/fresh.py").read_text() == "X = 1\n"
    assert "sum(values) / len" in (root / "pkg/sums.py").read_text()
    assert not (root / "old.txt").exists() and not (root / "pkg/stats.py").exists()


def test_fences_inside_a_markdown_file(root: Path) -> None:
    text = "# Read me\n\n```python\nmean([1])\n```\n\n~~~\nplain\n~~~\n\nThe end of it.\n"
    for fence in ("````", "~~~~", "```"):
        opening = f"{fence}markdown"
        (root / "README.md").write_text("# Read me\n\nThe end.\n")
        assert applied(root, f"README.md\n{opening}\n{text}{fence}\n").status == "applied"
        assert (root / "README.md").read_text() == text


REFUSED = {
    "elision": ("pkg/stats.py\n```python\nimport os\n\n# ... existing code ...\n\ndef mean(v):\n    return 1\n```", "left out"),
    "elided block": (BLOCK.replace("    return sum", "    # ... rest unchanged\n    return sum"), "left out"),
    "cut": (BLOCK[: BLOCK.index(">>>>")], "cut off"),
    "cut envelope": (ENVELOPE[: ENVELOPE.index("*** End")], "cut off"),
    "no place": (BLOCK.replace("result + value", "result - value * 2"), "the nearest"),
    "two places": (BLOCK.replace("    result = 0\n    for", "    for").replace(BLOCK, ""), ""),
    "traversal": (BLOCK.replace("pkg/stats.py", "../outside.py"), "outside the project"),
    "absolute": ("/etc/motd\n```\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n```", "outside the project"),
    "git": (".git/hooks/pre-commit\n```\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n```", "not part of the code"),
    "link out": ("out/new.py\n```\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n```", "outside the project"),
    "binary": ("image.bin\n```\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n```", "not a text file"),
    "binary patch": ("diff --git a/image.bin b/image.bin\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZ\n", "not a text file"),
    "syntax": (BLOCK.replace("return sum(values)", "return sum(values"), "would not compile"),
    "astray": (f"src/other/place.py\n```python\n{DONE}```", "neither is its folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in REFUSED if REFUSED[name][1]])
def test_what_is_refused_says_why_and_writes_nothing(root: Path, name: str) -> None:
    (root / "out").symlink_to(root.parent)
    (root / "image.bin").write_bytes(b"\0\1")
    answer, reason = REFUSED[name]
    before = contents(root.parent)
    reading = applied(root, answer)
    assert reading.status == "unappliable" and reading.diff == ""
    assert reason in reading.reason and any(file.state == "refused" for file in reading.files)
    assert contents(root.parent) == before


def test_one_part_without_a_place_holds_all_of_them_back(root: Path) -> None:
    other = "README.md\n```\n<<<<<<< SEARCH\nNot there at all.\n=======\nX\n>>>>>>> REPLACE\n```\n"
    reading = applied(root, BLOCK + other)
    assert reading.status == "unappliable" and reading.reason.startswith("1 of 2 blocks matched; README.md")
    assert {(file.path, file.state) for file in reading.files} == {
        ("pkg/stats.py", "held back"),
        ("README.md", "refused"),
    }
    assert (root / "pkg/stats.py").read_text() == MODULE


def test_an_edit_that_fits_in_two_files_is_nobodys_unless_the_file_is_named(root: Path) -> None:
    (root / "pkg/copy.py").write_text(MODULE)
    answer = FORMATS["search and replace without a name"]
    assert "fits in 2: pkg/copy.py, pkg/stats.py" in answering.read(root, answer).reason
    assert applied(root, answer, file="pkg/copy.py").status == "applied"
    assert (root / "pkg/stats.py").read_text() == MODULE


def test_the_only_function_of_a_file_may_become_much_shorter(root: Path) -> None:
    before = MODULE[MODULE.index("def total") : MODULE.index("\n\ndef mean")].rstrip() + "\n"
    (root / "only.py").write_text("# kept\n" + before)
    answering.write(root, answering.read(root, "```python\n# only.py\n" + FASTER + "\n```"))
    assert (root / "only.py").read_text() == "# kept\n" + FASTER.rstrip() + "\n"


def test_a_named_function_keeps_its_signature(root: Path) -> None:
    answer = "```python\ndef total(values, start=0):\n    return sum(values, start)\n```"
    assert "signature must stay" in answering.read(root, answer, function="total").reason
    with pytest.raises(EditError, match="no function nothing"):
        answering.read(root, answer, function="nothing")


def test_protected_files_of_a_configured_project_are_refused(root: Path) -> None:
    (root / "mpco.toml").write_text('[project]\nprotected = ["pkg/"]\n')
    assert "protected" in answering.read(root, BLOCK).reason


def contents(folder: Path) -> dict[str, bytes]:
    return {
        os.path.join(place, name): Path(place, name).read_bytes()
        for place, _, files in os.walk(folder)
        for name in files
    }


PIECES = st.sampled_from(
    [*FORMATS.values(), *(answer for answer, _ in REFUSED.values()), "../x.py\n", "```", "~~~~\n", "=======\n", "\x00", "<think>\n",
     "*** Begin Patch\n", "*** Update File: ../../x\n", "@@ -1 +1 @@\n", "diff --git a/x b/../../y\n", "rename from pkg/stats.py\n",
     "rename to ../z\n", "--- /dev/null\n+++ b/../q\n@@ -0,0 +1 @@\n+x\n", "deleted file mode 100644\n", "\r", "\u2028", "\udcff"]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Valid answers cut, joined and spoilt at random places, and arbitrary text."""
    text = "".join(draw(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=4)))
    for _ in range(draw(st.integers(0, 3))):
        at, to = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        text = (
            text[:at] + draw(st.one_of(PIECES, st.text(max_size=3), st.just(""))) + text[to if to - at < 40 else at :]
        )
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_no_answer_raises_or_writes_outside(root: Path, answer: str) -> None:
    (root / "pkg/stats.py").write_text(MODULE)
    outside = {path: data for path, data in contents(root.parent).items() if not path.startswith(f"{root}/")}
    reading = applied(root, answer)
    assert (reading.diff != "") == (reading.status in ("ready", "applied"))
    assert reading.status != "unappliable" or reading.reason
    after = {path: data for path, data in contents(root.parent).items() if not path.startswith(f"{root}/")}
    assert after == outside
