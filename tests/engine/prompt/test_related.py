"""Related code: what is chosen, in which order, and that the budget holds."""

from pathlib import Path

import msgspec
import pytest

from engine.config import Config, TaskSection
from engine.model import Bottleneck, Edge
from engine.prompt import related

PYTHON = """import re

PATTERN = re.compile("a+")
UNUSED = 3


class Entry:
    size = 0


def hot(text):
    return [Entry() for _ in PATTERN.finditer(text) if helper(text)]


def helper(text):
    return len(text) > 1
"""
MAIN = "from lib import hot\n\n\ndef main():\n    hot('aa')\n"
TEST = "from lib import hot\n\n\ndef test_hot():\n    assert hot('aa')\n\n\ndef test_other():\n    pass\n"
C = """#include <stddef.h>
#define LIMIT 4
#define OTHER 5

struct pair { int a; int b; };

int hot(struct pair *p)
{
    return p->a < LIMIT;
}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "tests").mkdir()
    for name, text in (("lib.py", PYTHON), ("main.py", MAIN), ("tests/test_lib.py", TEST), ("hot.c", C)):
        (tmp_path / name).write_text(text)
    return Config(root=str(tmp_path))


HOT = Bottleneck(
    id="b",
    file="lib.py",
    function="hot",
    line=11,
    end_line=12,
    self_share=0.5,
    total_share=0.9,
    callees=(Edge(function="helper", file="lib.py", line=15, share=0.4), Edge(function="len", share=0.1)),
    callers=(Edge(function="main", file="main.py", line=5, share=1.0),),
)


def test_definitions_then_callees_then_callers_then_tests(config: Config) -> None:
    found = related(config, HOT)
    assert [(piece.why, piece.file, piece.line) for piece in found.pieces] == [
        ("used by it", "lib.py", 3),
        ("used by it", "lib.py", 7),
        ("called by it, 40% of its time", "lib.py", 15),
        ("calls it, 100% of its time", "main.py", 4),
        ("a test of it", "tests/test_lib.py", 4),
    ]
    told = found.told()
    assert "UNUSED" not in told and "test_other" not in told and "def helper" in told
    assert "def helper" not in found.told("lib.py") and "def main" in found.told("lib.py")


def test_macros_and_types_of_c(config: Config) -> None:
    hot = Bottleneck(id="c", file="hot.c", function="hot", line=7, end_line=10, self_share=1.0, total_share=1.0)
    assert [(piece.line, piece.text) for piece in related(config, hot).pieces] == [
        (2, "#define LIMIT 4"),
        (5, "struct pair { int a; int b; };"),
    ]


@pytest.mark.parametrize(("tokens", "pieces", "left"), [(0, 0, 0), (18, 2, 3), (10_000, 5, 0)])
def test_the_budget_holds_and_nothing_is_cut(config: Config, tokens: int, pieces: int, left: int) -> None:
    tight = msgspec.structs.replace(config, task=TaskSection(context_tokens=tokens))
    found = related(tight, HOT)
    assert (len(found.pieces), len(found.left_out)) == (pieces, left)
    assert sum(len(piece.text) for piece in found.pieces) <= 4 * tokens
    assert ("Left out" in found.told()) == bool(left)


def test_files_that_are_not_there_cost_nothing(tmp_path: Path) -> None:
    assert related(Config(root=str(tmp_path)), HOT).pieces == ()
