"""Patches: git takes ours, we take git's, and what does not fit is named."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EditError
from engine.generate.patch import to_patch
from engine.generate.patch_reading import from_patch
from engine.model import BaselineFile

LINES = st.sampled_from(
    ["a", "b", "c", "", "  x", "\x0c", "é\x85", "q\rr", "\u2028", "z\r", "-- a", "++ b", "diff --git"]
)
TEXTS = st.builds(
    lambda lines, tail: "\n".join(lines) + tail, st.lists(LINES, max_size=12), st.sampled_from(["", "\n"])
)


@given(TEXTS.filter(bool), TEXTS, TEXTS.filter(bool))
def test_reading_our_own_patch_gives_the_same_texts(before: str, after: str, fresh: str) -> None:
    changes = [("b.py", before, after), ("a b.py", "", fresh)]
    known = {"b.py": BaselineFile(path="b.py", text=before, digest="")}
    wanted = {path: (old or None, new) for path, old, new in changes if old != new}
    assert from_patch(to_patch(changes), known.get) == wanted


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(TEXTS.filter(bool), TEXTS), min_size=1, max_size=4))
def test_git_applies_our_patches(tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]) -> None:
    root: Path = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    names = ["plain.py", "with blank.py", 'quo"te.py', "é.py"]
    changes = [(names[at], before, after) for at, (before, after) in enumerate(texts)]
    for name, before, _ in changes:
        (root / name).write_bytes(before.encode())
    changes.append(("new/file.py", "", "fresh\nwithout newline"))
    (root / "p.patch").write_bytes(to_patch(changes).encode())
    subprocess.run(["git", "apply", "--whitespace=nowarn", "p.patch"], cwd=root, check=True)
    for name, _, after in changes:
        assert (root / name).read_bytes() == after.encode()


def test_patches_of_git_and_of_other_tools_are_read(tmp_path: Path) -> None:
    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    (tmp_path / "é x.py").write_text("1\n2\n3\n")
    (tmp_path / "gone.py").write_text("gone\n")
    git("add", ".")
    (tmp_path / "é x.py").write_text("1\ntwo\n3")
    (tmp_path / "gone.py").unlink()
    known = {"é x.py": BaselineFile(path="é x.py", text="1\n2\n3\n", digest="")}
    known["gone.py"] = BaselineFile(path="gone.py", text="gone\n", digest="")
    wanted = {"é x.py": ("1\n2\n3\n", "1\ntwo\n3"), "gone.py": ("gone\n", None)}
    for options in ([], ["--no-prefix"], ["-c", "core.quotepath=off"], ["--binary"]):
        config = options if options[:1] == ["-c"] else []
        patch = git(*config, "diff", *([] if config else options))
        assert from_patch("From: someone\n\nA message.\n---\n" + patch + "-- \n2.39\n", known.get) == wanted


def test_a_hunk_whose_lines_moved_is_found_and_others_are_named() -> None:
    patch = to_patch([("x.py", "1\n2\n3\n4\n", "1\n2\nthree\n4\n")])
    moved = {"x.py": BaselineFile(path="x.py", text="0\n0\n1\n2\n3\n4\n", digest="")}
    assert from_patch(patch, moved.get)["x.py"][1] == "0\n0\n1\n2\nthree\n4\n"
    other = {"x.py": BaselineFile(path="x.py", text="1\n2 \n3\n4\n", digest="")}
    with pytest.raises(EditError, match=r"x\.py: hunk 1 of the patch \(line 1\) does not fit the file\."):
        from_patch(patch, other.get)


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ("", "changes no text"),
        ("hello\n", "changes no text"),
        (
            "diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n",
            "x is changed by the patch but is not",
        ),
        ("diff --git a/x.py b/x.py\nold mode 100644\nnew mode 100755\n", "changes no text"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n-1\n", "cannot be read"),
        ("--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-1\n+2\n", "no.py is changed by the patch but is not in the project"),
        ("--- /dev/null\n+++ b/x.py\n@@ -0,0 +1 @@\n+2\n", "x.py is new in the patch but exists"),
        ("--- /dev/null\n+++ b/../x.py\n@@ -0,0 +1 @@\n+2\n", "outside the project"),
        ("diff --git a/x.py b/x.py\nBinary files a/x.py and b/x.py differ\n", "binary"),
        ("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+x\n", "changes a link"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(patch: str, reason: str) -> None:
    known = {"x.py": BaselineFile(path="x.py", text="1\n", digest="")}
    with pytest.raises(EditError, match=reason) as caught:
        from_patch(patch, known.get)
    assert "\n" not in str(caught.value)
