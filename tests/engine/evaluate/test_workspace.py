"""The snapshot: what is in it, what is not, and that the user's tree and its .git are only read."""

import os
import subprocess
from pathlib import Path

import pytest

from engine.evaluate.workspace import freeze, remove, survey


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def state(root: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def test_uncommitted_untracked_and_small_ignored_files_are_in_it(project: Path, tmp_path: Path) -> None:
    (project / "shop.py").write_text("uncommitted = True\n")
    (project / "__pycache__").mkdir()
    (project / "__pycache__" / "shop.cpython-311.pyc").write_bytes(b"")
    before = state(project)
    base = freeze(project, tmp_path / "base", project / ".mpco")
    assert names(base.folder) == {
        *("shop.py", "tests/test_shop.py", "bench.py", ".gitignore", "uncommitted.txt", "built.log")
    }
    assert (base.folder / "shop.py").read_text() == "uncommitted = True\n"
    assert state(project) == before


def test_environments_are_shared_and_not_copied(project: Path, tmp_path: Path) -> None:
    for folder in (".venv", "web/node_modules/left"):
        (project / folder).mkdir(parents=True)
        (project / folder / "file").write_text("")
    (project / ".venv" / "pyvenv.cfg").write_text("")
    (project / "web" / "app.js").write_text("")
    base = freeze(project, tmp_path / "base", project / ".mpco")
    assert base.survey.shared == (".venv", "web/node_modules")
    assert not (base.folder / ".venv").exists()
    assert names(base.folder / "web") == {"app.js"}


def test_without_git_all_files_are_taken(tmp_path: Path) -> None:
    root = tmp_path / "plain"
    (root / "deep").mkdir(parents=True)
    (root / "deep" / "file").write_text("text")
    (root / "link").symlink_to("deep")
    (root / ".env").write_text("KEY=1")
    base = freeze(root, tmp_path / "base", root / ".mpco")
    assert names(base.folder) == {"deep/file"}
    assert os.readlink(base.folder / "link") == "deep"
    assert not (base.folder / ".env").exists()


def test_the_digest_follows_the_tree(project: Path) -> None:
    before = survey(project, project / ".mpco")
    assert survey(project, project / ".mpco") == before
    (project / "added.py").write_text("")
    assert survey(project, project / ".mpco") != before


def test_deleted_files_are_not_in_it(project: Path, tmp_path: Path) -> None:
    (project / "bench.py").unlink()
    assert "bench.py" not in names(freeze(project, tmp_path / "base", project / ".mpco").folder)


def test_a_submodule_comes_along(project: Path, tmp_path: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "code.py").write_text("")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "inner"]):
        subprocess.run(["git", *command], cwd=inner, check=True)
    base = freeze(project, tmp_path / "base", project / ".mpco")
    assert names(base.folder / "inner") == {"code.py"}


def test_remove_takes_protected_folders_too(tmp_path: Path) -> None:
    folder = tmp_path / "tree" / "locked"
    folder.mkdir(parents=True)
    (folder / "file").write_text("")
    folder.chmod(0o500)
    remove(tmp_path / "tree")
    remove(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_freezing_again_replaces_nothing(project: Path, tmp_path: Path) -> None:
    freeze(project, tmp_path / "base", project / ".mpco")
    with pytest.raises(FileExistsError):
        freeze(project, tmp_path / "base", project / ".mpco")
