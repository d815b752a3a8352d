"""Applying: atomic, all or nothing, undone exactly, and never near what it was not asked to touch."""

import os
import subprocess
from pathlib import Path

import pytest

from engine.apply import apply_to_branch, apply_to_tree, commit_message, undo, write_patch
from engine.errors import EditError
from engine.generate.patch import to_patch
from engine.model import Application, AppliedFile, Estimate, Evaluation

BEFORE, AFTER = "a = 1\nb = 2\n", "a = 1\nb = 3\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with one commit, and no identity to commit with."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("EMAIL", raising=False)
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "x.py").write_text(BEFORE)
    (root / "y.py").write_text("y = 1\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "-c", "user.name=N", "-c", "user.email=n@example.org", "commit", "-q", "-m", "first")
    return root


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, capture_output=True, text=True, check=True).stdout


def application(files: tuple[AppliedFile, ...]) -> Application:
    return Application(id="a", target="tree", where="", files=files, hunks=(), at=0.0)


def state(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


# ------------------------------------------------------------------------------------------ the tree


def test_changes_are_written_and_undone_with_their_mode(root: Path) -> None:
    (root / "src" / "x.py").chmod(0o755)
    born = state(root)
    files = apply_to_tree(root, [("src/x.py", BEFORE, AFTER), ("new/z.py", "", "z = 1\n")])
    assert (root / "src" / "x.py").read_text() == AFTER
    assert (root / "src" / "x.py").stat().st_mode & 0o777 == 0o755
    assert (root / "new" / "z.py").read_text() == "z = 1\n"
    assert [file.created for file in files] == [False, True]
    undo(root, application(files))
    assert state(root) == born


def test_a_changed_file_is_refused_and_nothing_is_written(root: Path) -> None:
    (root / "src" / "x.py").write_text("mine\n")
    born = state(root)
    with pytest.raises(EditError, match=r"src/x\.py has changed since; nothing was written\."):
        apply_to_tree(root, [("y.py", "y = 1\n", "y = 2\n"), ("src/x.py", BEFORE, AFTER)])
    assert state(root) == born


def test_a_changed_line_ending_is_a_change(root: Path) -> None:
    (root / "src" / "x.py").write_bytes(BEFORE.replace("\n", "\r\n").encode())
    with pytest.raises(EditError, match="has changed since"):
        apply_to_tree(root, [("src/x.py", BEFORE, AFTER)])


def test_a_missing_file_and_a_file_in_the_way_are_refused(root: Path) -> None:
    (root / "y.py").unlink()
    with pytest.raises(EditError, match=r"y\.py is gone; nothing was written"):
        apply_to_tree(root, [("y.py", "y = 1\n", "y = 2\n")])
    with pytest.raises(EditError, match="has changed since"):
        apply_to_tree(root, [("src/x.py", "", "new\n")])


def test_paths_outside_the_project_are_refused(root: Path) -> None:
    (root.parent / "outside.py").write_text("o\n")
    (root / "link.py").symlink_to(root.parent / "outside.py")
    for path in ("../outside.py", "link.py", str(root.parent / "outside.py")):
        with pytest.raises(EditError, match="outside the project"):
            apply_to_tree(root, [(path, "o\n", "p\n")])
    assert (root.parent / "outside.py").read_text() == "o\n"


def test_a_symbolic_link_stays_and_its_target_is_written(root: Path) -> None:
    (root / "link.py").symlink_to("src/x.py")
    apply_to_tree(root, [("link.py", BEFORE, AFTER)])
    assert (root / "link.py").is_symlink()
    assert (root / "src" / "x.py").read_text() == AFTER


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can write everywhere")
def test_a_folder_that_cannot_be_written_leaves_everything_as_it_was(root: Path) -> None:
    born = state(root)
    (root / "src").chmod(0o555)
    try:
        with pytest.raises(EditError, match="cannot be written"):
            apply_to_tree(root, [("y.py", "y = 1\n", "y = 2\n"), ("src/x.py", BEFORE, AFTER)])
    finally:
        (root / "src").chmod(0o755)
    assert state(root) == born


def test_a_failure_half_way_puts_back_what_was_replaced(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    born = state(root)
    replace = Path.replace

    def full_disk(self: Path, target: Path) -> Path:
        if target.name == "x.py":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full_disk)
    changes = [("y.py", "y = 1\n", "y = 2\n"), ("n/n.py", "", "n\n"), ("src/x.py", BEFORE, AFTER)]
    with pytest.raises(
        EditError, match=r"src/x\.py cannot be written \(No space left on device\); nothing was written"
    ):
        apply_to_tree(root, changes)
    assert state(root) == born
    assert not (root / "n").exists()


def test_a_file_in_the_place_of_a_folder_is_refused(root: Path) -> None:
    born = state(root)
    with pytest.raises(EditError, match="nothing was written"):
        apply_to_tree(root, [("y.py", "y = 1\n", "y = 2\n"), ("y.py/z.py", "", "z\n")])
    assert state(root) == born


def test_undo_is_refused_after_a_later_change(root: Path) -> None:
    files = apply_to_tree(root, [("src/x.py", BEFORE, AFTER), ("y.py", "y = 1\n", "y = 2\n")])
    (root / "y.py").write_text("y = 9\n")
    with pytest.raises(EditError, match=r"y\.py has changed since; nothing was undone"):
        undo(root, application(files))
    assert (root / "src" / "x.py").read_text() == AFTER


def test_old_encodings_and_line_endings_survive(root: Path) -> None:
    before = "# -*- coding: latin-1 -*-\r\nname = 'é'\r\n"
    (root / "y.py").write_bytes(before.encode("latin-1"))
    apply_to_tree(root, [("y.py", before, before.replace("é", "ü"))])
    assert (root / "y.py").read_bytes() == before.replace("é", "ü").encode("latin-1")
    with pytest.raises(EditError, match="has no '→'"):
        apply_to_tree(root, [("y.py", before.replace("é", "ü"), before.replace("é", "→"))])


# ------------------------------------------------------------------------------------------- branch


def test_a_branch_gets_one_commit_and_nothing_else_changes(root: Path) -> None:
    (root / "y.py").write_text("y = 'edited, not staged'\n")
    (root / "staged.py").write_text("s\n")
    git(root, "add", "staged.py")
    before = (git(root, "status", "--porcelain=v2", "--branch"), state(root), (root / ".git" / "index").read_bytes())
    commit = apply_to_branch(root, [("src/x.py", BEFORE, AFTER), ("n.py", "", "n\n")], "mpco/x", "Optimise x\n\nWhy.\n")
    index = (root / ".git" / "index").read_bytes()
    assert index == before[2]
    assert (git(root, "status", "--porcelain=v2", "--branch"), state(root)) == before[:2]
    assert git(root, "rev-parse", "mpco/x").strip() == commit
    assert git(root, "diff", "--stat", "--summary", "main", "mpco/x").split("\n")[-2] == " create mode 100644 n.py"
    assert git(root, "show", "mpco/x:src/x.py") == AFTER
    assert git(root, "log", "--format=%an|%s|%P", "-1", "mpco/x").strip() == (
        f"MPCO|Optimise x|{git(root, 'rev-parse', 'main').strip()}"
    )


def test_a_moved_file_keeps_its_mode_on_a_branch_too(root: Path) -> None:
    (root / "y.py").chmod(0o755)
    git(root, "-c", "user.name=N", "-c", "user.email=n@example.org", "commit", "-qam", "mode")
    moved = [("y.py", "y = 1\n", None), ("new/y.py", "", "y = 1\n")]
    apply_to_branch(root, moved, "moved", "Move y", {"new/y.py": "y.py"})
    assert git(root, "show", "--format=", "--summary", "-M", "moved").strip() == "rename y.py => new/y.py (100%)"
    assert (root / "y.py").exists()


def test_the_users_own_identity_and_the_files_mode_are_kept(root: Path) -> None:
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    git(root, "update-index", "--chmod=+x", "src/x.py")
    git(root, "commit", "-q", "-m", "executable")
    apply_to_branch(root, [("src/x.py", BEFORE, AFTER)], "fast", "m")
    assert git(root, "log", "--format=%an %ae", "-1", "fast").strip() == "Ada ada@example.org"
    assert git(root, "ls-tree", "fast", "src/x.py").startswith("100755 ")


def test_a_project_in_a_folder_of_a_repository_with_crlf_in_its_working_tree(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    before, after = BEFORE.replace("\n", "\r\n"), AFTER.replace("\n", "\r\n")
    (root / "src" / "x.py").write_bytes(before.encode())
    apply_to_branch(root / "src", [("x.py", before, after)], "fast", "m")
    assert git(root, "show", "fast:src/x.py") == AFTER


@pytest.mark.parametrize("name", ["", "-f", "a..b", "a b", "x.lock", "/x", "refs~1"])
def test_names_that_no_branch_can_have_are_refused(root: Path, name: str) -> None:
    with pytest.raises(EditError, match="cannot be the name of a git branch"):
        apply_to_branch(root, [("src/x.py", BEFORE, AFTER)], name, "m")


def test_an_existing_branch_is_refused(root: Path) -> None:
    with pytest.raises(EditError, match="The branch main exists already"):
        apply_to_branch(root, [("src/x.py", BEFORE, AFTER)], "main", "m")


def test_a_file_that_differs_in_head_or_is_not_committed_is_refused(root: Path) -> None:
    (root / "y.py").write_text("y = 5\n")
    (root / "u.py").write_text("u\n")
    with pytest.raises(EditError, match=r"y\.py in HEAD is not what the change was made from"):
        apply_to_branch(root, [("y.py", "y = 5\n", "y = 6\n")], "b", "m")
    with pytest.raises(EditError, match=r"u\.py is not committed"):
        apply_to_branch(root, [("u.py", "u\n", "v\n")], "b", "m")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "rev-parse", "--verify", "-q", "b")


def test_a_folder_without_a_repository_or_a_commit_is_refused(root: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "x.py").write_text(BEFORE)
    with pytest.raises(EditError, match="is not in a git repository"):
        apply_to_branch(bare, [("x.py", BEFORE, AFTER)], "b", "m")
    git(bare, "init", "-q")
    with pytest.raises(EditError, match="no commit yet"):
        apply_to_branch(bare, [("x.py", BEFORE, AFTER)], "b", "m")


# ------------------------------------------------------------------------------------ patch, message


def test_a_patch_file_is_written_once_and_git_applies_it(root: Path) -> None:
    before = "name = 'é'\n"
    (root / "y.py").write_bytes(before.encode("latin-1"))
    patch = to_patch([("src/x.py", BEFORE, AFTER), ("y.py", before, before.replace("é", "ü"))])
    write_patch(root / "out" / "fast.patch", patch, root)
    git(root, "apply", "out/fast.patch")
    assert (root / "src" / "x.py").read_text() == AFTER
    assert (root / "y.py").read_bytes() == "name = 'ü'\n".encode("latin-1")
    with pytest.raises(EditError, match="exists already"):
        write_patch(root / "out" / "fast.patch", patch)


def test_the_commit_message_has_verdict_and_figures() -> None:
    estimate = Estimate(percent_improvement=43.21, low=41.0, high=45.0, pairs=12)
    proof = Evaluation(id="e", title="t", state="done", at=0.0, verdict="faster", estimate=estimate)
    message = commit_message("algorithms: Report.top", proof)
    assert message.split("\n")[:2] == ["Optimise algorithms: Report.top", ""]
    body = " ".join(message.split("\n")[2:])
    assert "faster" in body and "43.2% improvement in runtime" in body and "guaranteed 41.0%" in body
    assert "without an evaluation" in " ".join(commit_message("x" * 200, None).split("\n"))
    assert max(len(line) for line in commit_message("x" * 200, proof).split("\n")) <= 72
