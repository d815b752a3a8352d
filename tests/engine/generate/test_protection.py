"""Globs of protected files mean what they mean in .gitignore."""

import pytest

from engine.config import PROTECTED_DEFAULT
from engine.generate.protection import refusal


@pytest.mark.parametrize(
    ("path", "globs", "refused"),
    [
        ("src/a.py", PROTECTED_DEFAULT, False),
        ("tests/a.py", PROTECTED_DEFAULT, True),
        ("tests/deep/a.py", PROTECTED_DEFAULT, True),
        ("src/test_a.py", PROTECTED_DEFAULT, True),
        ("src/a_test.py", PROTECTED_DEFAULT, True),
        ("benchmarks/a.py", PROTECTED_DEFAULT, True),
        ("bench.py", PROTECTED_DEFAULT, True),
        ("src/bench/a.py", PROTECTED_DEFAULT, True),
        ("src/workbench.py", PROTECTED_DEFAULT, False),
        ("src/tests.py", PROTECTED_DEFAULT, False),
        ("mpco.toml", (), True),
        (".git/hooks/x", (), True),
        ("a/generated/x.py", ("**/generated/",), True),
        ("generated/x.py", ("**/generated/**",), True),
        ("a/data/x.py", ("data/",), True),
        ("a/b/x.py", ("a/*/x.py",), True),
        ("a/b/c/x.py", ("a/*/x.py",), False),
        ("src/../tests/a.py", (), True),
        ("C:/x.py", (), True),
        ("./x.py", (), True),
        ("", (), True),
    ],
)
def test_what_a_candidate_may_change(path: str, globs: tuple[str, ...], refused: bool) -> None:
    assert bool(refusal(path, globs)) == refused
