"""What a candidate may not change, and that globs mean what they mean in .gitignore."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import PROTECTED_DEFAULT
from engine.errors import EditError
from engine.protected import check_changes, matching, refusal

PARTS = st.sampled_from(["a", "b", "ab", "ba", "abc"])
WILD = st.one_of(PARTS, st.sampled_from(["*", "a*", "*b", "?", "a?", "[ab]", "[!a]", "a[bc]?", "**"]))
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
GLOBS = st.lists(WILD, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("globs")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(glob=GLOBS, paths=st.lists(PATHS, min_size=1, max_size=30, unique=True))
def test_globs_match_what_git_would_ignore(repository: Path, glob: str, paths: list[str]) -> None:
    (repository / ".gitignore").write_text(glob + "\n")
    asked = "\0".join(paths) + "\0"
    command = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    told = subprocess.run(command, cwd=repository, input=asked, capture_output=True, text=True).stdout
    assert {path for path in paths if matching(path, [glob])} == set(filter(None, told.split("\0")))


@given(path=st.text(), globs=st.lists(st.text()))
def test_no_path_and_no_glob_breaks_it(path: str, globs: list[str]) -> None:
    assert isinstance(refusal(path, globs), str)
    assert matching(path, globs) in ("", *globs)


@given(path=st.text())
def test_what_is_not_refused_stays_below_the_project(path: str) -> None:
    if not refusal(path, ()):
        root = Path("/project")
        assert (root / path).is_relative_to(root)
        assert ".." not in (root / path).parts


@pytest.mark.parametrize(
    ("path", "globs", "refused"),
    [
        ("src/a.py", PROTECTED_DEFAULT, False),
        ("contest.py", PROTECTED_DEFAULT, False),
        ("src/latest/thing.py", PROTECTED_DEFAULT, False),
        ("src/workbench.py", PROTECTED_DEFAULT, False),
        ("src/tests.py", PROTECTED_DEFAULT, False),
        ("tests/a.py", PROTECTED_DEFAULT, True),
        ("src/test_table.c", PROTECTED_DEFAULT, True),
        ("src/table_test.cc", PROTECTED_DEFAULT, True),
        ("src/fastest_path.c", PROTECTED_DEFAULT, False),
        ("tests/deep/a.py", PROTECTED_DEFAULT, True),
        ("src/test_a.py", PROTECTED_DEFAULT, True),
        ("src/a_test.py", PROTECTED_DEFAULT, True),
        ("pkg/conftest.py", PROTECTED_DEFAULT, True),
        ("benchmarks/a.py", PROTECTED_DEFAULT, True),
        ("bench.py", PROTECTED_DEFAULT, True),
        ("src/bench/a.py", PROTECTED_DEFAULT, True),
        ("mpco.toml", (), True),
        ("deep/mpco.toml", (), True),
        (".git/hooks/x", (), True),
        ("deep/.mpco/session.db", (), True),
        (".env", (), True),
        (".env.local", (), True),
        (".env.example", (), False),
        ("a/generated/x.py", ("**/generated/",), True),
        ("generated/x.py", ("**/generated/**",), True),
        ("a/data/x.py", ("data/",), True),
        ("a/b/x.py", ("a/*/x.py",), True),
        ("a/b/c/x.py", ("a/*/x.py",), False),
        ("src/../tests/a.py", (), True),
        ("/etc/passwd", (), True),
        ("~/x.py", (), True),
        ("C:/x.py", (), True),
        ("a\\b.py", (), True),
        ("./x.py", (), True),
        ("a//x.py", (), True),
        ("a\0b", (), True),
        ("", (), True),
    ],
)
def test_what_a_candidate_may_change(path: str, globs: tuple[str, ...], refused: bool) -> None:
    assert bool(refusal(path, globs)) == refused


def test_the_sentence_names_the_glob() -> None:
    assert refusal("tests/a.py", PROTECTED_DEFAULT) == (
        "tests/a.py is protected by 'tests/**' in mpco.toml, so no candidate may change it."
    )


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../other/file.py", "outside the project"),
        ("link/file.py", "symbolic link"),
        ("source", "is a folder"),
        (".venv/lib/site.py", "not part of the code"),
        ("tests/test_shop.py", "protected by 'tests/\\*\\*'"),
    ],
)
def test_what_lies_in_the_project_is_looked_at_too(tmp_path: Path, path: str, sentence: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path.parent)
    (tmp_path / "source").mkdir()
    (tmp_path / ".venv").mkdir()
    with pytest.raises(EditError, match=sentence):
        check_changes(tmp_path, [path], PROTECTED_DEFAULT, [".venv"])


def test_a_changed_and_a_new_file_are_fine(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("")
    check_changes(tmp_path, ["shop.py", "new/module.py"], PROTECTED_DEFAULT, [".venv"])
