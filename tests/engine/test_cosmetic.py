"""Hunks that change nothing that runs are known without a run, and nothing else is called so."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cosmetic import form, marked
from engine.generate.hunks import make_hunks
from engine.model import BaselineFile, Candidate
from engine.protocol import AddAnswer, EditHunk
from tests.engine.conftest import followed
from tests.engine.test_service import answered

PYTHON = '''\
import re

LIMIT = 10


def busiest(lines, limit=LIMIT):
    """Count."""
    found = {}
    for line in lines:
        if line and len(found) < limit:
            found[line] = found.get(line, 0) + 1
    try:
        return max(found.values()) - 1
    except ValueError as error:
        print(f"none: {error}")
        return None
'''
C = """\
#include <stdio.h>
#define TWICE(x) (2 * (x))

int total(const int *values, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
        if (values[i] > 3 && i != 7)
            sum += TWICE(values[i]) - 1;
    }
    printf("%d\\n", sum);
    return sum;
}
"""
TEXTS = {"a.py": PYTHON, "a.c": C, "a.cpp": C}


def same(path: str, before: str, after: str) -> bool:
    found = form(path, before)
    return found is not None and found == form(path, after)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(TEXTS)), st.integers(0, 14), st.text(st.characters(codec="utf-8", exclude_categories=["C"]))
)
def test_a_comment_or_a_blank_line_is_cosmetic(path: str, at: int, words: str) -> None:
    lines = TEXTS[path].split("\n")
    at = min(at, len(lines) - 1)
    comment = "# " if path.endswith("py") else "// "
    words = re.sub(r"coding|cython|distutils|__doc__|__LINE__|[\\\u2028\u2029\x85]", "", words)
    assert same(path, TEXTS[path], "\n".join([*lines[:at], comment + words, *lines[at:]]))
    assert same(path, TEXTS[path], "\n".join([*lines[:at], "", *lines[at:]]))


TOKENS = [(path, match.span()) for path in TEXTS for match in re.finditer(r"(?<![\w%])\d+|[<>+*-]|&&|and", TEXTS[path])]


@pytest.mark.parametrize("place", TOKENS)
def test_another_operator_or_number_is_not(place: tuple[str, tuple[int, int]]) -> None:
    path, (start, end) = place
    text = TEXTS[path]
    for other in ("9", "/", "||" if path != "a.py" else "or", ">="):
        assert other == text[start:end] or not same(path, text, text[:start] + other + text[end:])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("found", "seen", True),
        ('"""Count."""', '"""Counts lines."""', True),
        ("(found.values())", "((found.values()))", True),
        ("limit=LIMIT", "limit = LIMIT", True),
        ("limit", "most", False),
        ("error", "problem", False),
        ("found = {}", "found = {}\n    found = dict()", False),
        ("            found[line]", "        found[line]", False),
        ("none:", "None:", False),
        ("max", "min", False),
        ("import re\n", "import re\nimport os\n", False),
        ("import re", "#!/usr/bin/python -O\nimport re", False),
    ],
)
def test_python(before: str, after: str, expected: bool) -> None:
    assert same("a.py", PYTHON, PYTHON.replace(before, after)) is expected


def test_what_the_program_may_look_at_is_not_cosmetic() -> None:
    for looks in ("print(busiest.__doc__)\n", "import doctest\n"):
        assert not same("a.py", PYTHON + looks, PYTHON.replace("Count.", "Counts.") + looks)
    looks = PYTHON + "print(locals())\n"
    assert not same("a.py", looks, looks.replace("found", "seen"))
    named = PYTHON.replace("found = {}", "found = {}\n    table.query('found > 1')")
    assert not same("a.py", named, named.replace("found", "seen").replace("'seen", "'found"))
    captured = PYTHON.replace("return None", "return lambda: found")
    assert not same("a.py", captured, captured.replace("lambda: found", "lambda: lines"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("int sum = 0;", "int   sum=0; /* so far */", True),
        ("i < count", "i < /* ( */ count", True),
        ("(2 * (x))", "(2 * (x) )", False),
        ("%d", "%i", False),
        ("#define TWICE(x) (2", "#define TWICE (x) (2", False),
        ("sum", "all", False),
        ("return sum", "return -sum", False),
        ("int sum = 0;", "int sum = 0; // \\", False),
    ],
)
def test_c(before: str, after: str, expected: bool) -> None:
    assert same("a.c", C, C.replace(before, after)) is expected


def test_other_languages_and_broken_files_are_not_judged() -> None:
    assert form("a.rs", "fn main() {}") is None
    assert form("a.py", "def (") is None and form("a.c", "int main( {") is None


def test_a_hunk_is_judged_alone_and_beside_the_others() -> None:
    after = PYTHON.replace("found = {}", "seen = {}").replace("import re\n", "import re  # words\n")
    hunks = make_hunks("1", "a.py", PYTHON, after)
    file = BaselineFile(path="a.py", text=PYTHON, digest="")
    candidate = Candidate(id="1", bottleneck="", llm="", prompt="", state="ready", at=0.0, files=(file,))
    assert [hunk.cosmetic for hunk in marked(candidate, hunks)] == [True, False]


async def test_candidates_and_what_a_person_edits_are_marked(shared: Path) -> None:
    async with followed(shared) as engine:
        await answered(engine)
        target = engine.state.bottlenecks[0]
        code = (shared / "words.py").read_text().replace("    seen = []", "    # so far\n    seen = []")
        answer = f"```python\n{code}```"
        id = (await engine.send(AddAnswer(bottleneck=target.id, answer=answer)))["candidate"]
        state = await engine.until(lambda state: id in state.candidates)
        (hunk,) = state.candidates[id].hunks
        assert hunk.cosmetic
        await engine.send(EditHunk(candidate=id, hunk=hunk.id, new_lines=("    text += ' '",)))
        state = await engine.until(lambda state: state.candidates[id].hunks[0].id != hunk.id)
        assert not state.candidates[id].hunks[0].cosmetic
