"""The cheat lens flags what wins by changing the yardstick, at its line, and leaves honest rewrites alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lens import flags

PLAIN = '''\
import re

def slug(text):
    """A slug."""
    if not text:
        raise ValueError("empty")
    assert len(text) < 10_000
    parts = []
    for word in text.split():
        parts.append(re.sub("[^a-z]", "", word.lower()))
    return "-".join(parts)
'''
BODY = "    parts = []"
HONEST = (
    PLAIN.replace("import re\n", 'import re\n\n_OTHER = re.compile("[^a-z]")\nKEEP = frozenset("abc")\n')
    .replace('re.sub("[^a-z]", "", word.lower())', '_OTHER.sub("", word.lower())')
    .replace("    parts = []\n", "    parts = []\n    seen = {}\n    seen[text] = 1\n    self_append = parts.append\n")
    .replace('raise ValueError("empty")', 'raise ValueError("The text is empty.")')
)


def found(
    after: str, before: str = PLAIN, path: str = "slug.py", inputs: tuple[str, ...] = ()
) -> list[tuple[str, int]]:
    return [(flag.kind, flag.line) for flag in flags([(path, before, after)], inputs)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (PLAIN.replace("def slug", "from functools import cache\n@cache\ndef slug"), ("result cache", 4)),
        (
            PLAIN.replace("import re\n", "import re\n_KEPT = {}\n").replace(BODY, BODY + "\n    _KEPT[text] = parts"),
            ("result cache", 2),
        ),
        (
            PLAIN.replace("(text)", "(text, _kept={})", 1).replace(BODY, BODY + "\n    _kept[text] = parts"),
            ("result cache", 3),
        ),
        (PLAIN.replace(BODY, BODY + "\n    global last"), ("result cache", 9)),
        (PLAIN + "\nTABLE = [slug(word) for word in ('a', 'b')]\n", ("import time", 13)),
        (PLAIN + "\nfor word in ('a', 'b'):\n    slug(word)\n", ("import time", 13)),
        (PLAIN.replace(BODY, "    if text == 'seventeen pears':\n        return 'x'\n" + BODY), ("special case", 8)),
        (
            PLAIN.replace(BODY, "    import numpy\n    a = numpy.zeros(3, dtype=numpy.float32)\n" + BODY),
            ("tolerance", 9),
        ),
        (PLAIN.replace(BODY, "    rel_tol = 0.1\n" + BODY), ("tolerance", 8)),
        (PLAIN.replace('        raise ValueError("empty")', "        return ''"), ("removed check", 3)),
        (PLAIN.replace("    assert len(text) < 10_000\n", ""), ("removed check", 3)),
        (PLAIN.replace(BODY, "    import time\n    time.sleep(0.1)\n" + BODY), ("timer", 9)),
        (PLAIN.replace(BODY, "    import time\n    time.perf_counter = int\n" + BODY), ("timer", 9)),
        (PLAIN.replace(BODY, "    import os\n    quick = os.environ.get('BENCH')\n" + BODY), ("timer", 9)),
    ],
)
def test_each_kind_is_flagged_once_at_its_line(after: str, expected: tuple[str, int]) -> None:
    assert found(after, inputs=("print(slug('seventeen pears'))",)) == [expected]


def test_honest_rewrites_and_what_was_there_already_are_left_alone() -> None:
    assert found(HONEST) == []
    cheating = PLAIN.replace("def slug", "from functools import cache\n@cache\ndef slug")
    assert found(cheating.replace("word.lower()", "word.casefold()"), before=cheating) == []
    assert found("def slug(:\n") == []


C = """\
#include <assert.h>
double mean(const double *values, int count) {
    assert(count > 0);
    double sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    return sum / count;
}
"""


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (C.replace("    double sum", "    static double kept;\n    double sum"), ("result cache", 4)),
        ('#pragma GCC optimize("fast-math")\n' + C, ("tolerance", 1)),
        (C.replace("double sum", "float sum"), ("tolerance", 4)),
        (C.replace("    assert(count > 0);\n", ""), ("removed check", 2)),
        (C.replace("    double sum", "    if (count == 7919) return 3;\n    double sum"), ("special case", 4)),
        (C.replace("    double sum", "    usleep(3);\n    double sum"), ("timer", 4)),
        (C.replace("    double sum", '    if (getenv("FAST")) return 0;\n    double sum'), ("timer", 4)),
    ],
)
def test_c_is_read_as_well(after: str, expected: tuple[str, int]) -> None:
    assert found(after, before=C, path="mean.c", inputs=("int main() { return mean(values, 7919); }",)) == [expected]


def test_honest_c_is_left_alone() -> None:
    after = C.replace("double sum = 0;", "double sum = 0, other = 0;\n    const double *end = values + count;")
    assert found(after, before=C, path="mean.c", inputs=("int main() { return mean(values, 64); }",)) == []


@given(st.text(), st.text(), st.sampled_from(["a.py", "a.c", "a.cpp", "a.txt"]))
def test_any_text_is_survived(before: str, after: str, path: str) -> None:
    assert isinstance(flags([(path, before, after)], [before]), tuple)


@given(st.sampled_from([PLAIN, HONEST, C]), st.integers(0, 400), st.integers(0, 400))
def test_broken_source_is_survived(text: str, start: int, length: int) -> None:
    for path in ("a.py", "a.c"):
        flags([(path, text, text[:start] + text[start + length :])], [text])
