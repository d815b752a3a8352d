"""What a variant may not touch."""

from pathlib import Path

import pytest

from engine.config import PROTECTED_DEFAULT
from engine.errors import EditError
from engine.evaluate.protection import check_changes


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../other/file.py", "outside of the project"),
        ("/etc/passwd", "outside of the project"),
        ("", "outside of the project"),
        ("tests/test_shop.py", "protected by 'tests/\\*\\*'"),
        ("pkg/conftest.py", "protected by 'conftest.py'"),
        ("bench.py", "protected by 'bench\\*'"),
        ("mpco.toml", "protected"),
        (".git/hooks/pre-commit", "not part of the code"),
        (".mpco/session.db", "not part of the code"),
        (".env", "not part of the code"),
        (".venv/lib/site.py", "not part of the code"),
        ("tests", "is a folder"),
        ("link/file.py", "symbolic link"),
    ],
)
def test_refused(project: Path, path: str, sentence: str) -> None:
    (project / "link").symlink_to(project.parent)
    with pytest.raises(EditError, match=sentence):
        check_changes(project, [path], PROTECTED_DEFAULT, [".venv"])


@pytest.mark.parametrize("path", ["shop.py", "new/module.py", "contest.py", "src/latest/thing.py"])
def test_allowed(project: Path, path: str) -> None:
    check_changes(project, [path], PROTECTED_DEFAULT)
