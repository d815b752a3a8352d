"""From an answer to a candidate: what becomes hunks, what is refused, and in which words."""

import difflib
import textwrap
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EditError
from engine.generate.hunks import compose
from engine.generate.reading import encode, read_answer, read_baseline
from engine.model import BaselineFile, Bottleneck, Candidate
from engine.protected import refusal
from engine.source import functions

FILE = '''"""Words."""

from __future__ import annotations

import re
from typing import Any

LIMIT = 10


def helper(x):
    return x + 1


class Report:
    """A report."""

    def __init__(self, words):
        self.words = words

    @staticmethod
    def clean(word: str, low=True) -> str:
        return word.lower() if low else word

    # The slow one.
    def top(self, n: int = LIMIT) -> list[Any]:
        seen = []
        for word in self.words:
            if word not in seen:
                seen.append(word)
        return sorted(seen)[:n]


def last():
    return Report([]).top()
'''
PATH = "src/words.py"
TOP = """    def top(self, n: int = LIMIT) -> list[Any]:
        return sorted(set(self.words))[:n]
"""


def lines_of(text: str, name: str) -> tuple[int, int]:
    lines = text.split("\n")
    start = next(at for at, line in enumerate(lines, 1) if f"def {name}(" in line)
    end = start
    while end < len(lines) and lines[end].strip():
        end += 1
    return start, end


def read(
    answer: str,
    text: str = FILE,
    function: str = "Report.top",
    *,
    path: str = PATH,
    others: Mapping[str, str] = {},
    protected: Sequence[str] = ("tests/**",),
    partial: bool = False,
    encoding: str = "utf-8",
) -> Candidate:
    line, end_line = (
        lines_of(text, function.rsplit(".", 1)[-1]) if f"def {function.rsplit('.', 1)[-1]}(" in text else (1, 1)
    )
    target = Bottleneck(
        id="b", file=path, function=function, line=line, end_line=end_line, self_share=0.5, total_share=0.5
    )
    files = {name: BaselineFile(path=name, text=other, digest="") for name, other in others.items()}
    files[path] = BaselineFile(path=path, text=text, digest=sha256(text.encode()).hexdigest(), encoding=encoding)
    born = Candidate(id="c", bottleneck="b", llm="x", prompt="p", state="streaming", at=0.0, files=(files[path],))
    return read_answer(born, answer, target, files.get, protected, partial=partial)


def made(candidate: Candidate, path: str = PATH) -> str:
    assert candidate.state == "ready", candidate.reason
    before = next(file.text for file in candidate.files if file.path == path)
    return compose(before, [hunk for hunk in candidate.hunks if hunk.file == path])


def fenced(code: str, info: str = "python", fence: str = "```") -> str:
    return f"Here it is:\n\n{fence}{info}\n{code}{fence}\n\nIt is faster.\n"


SLOW_TOP = FILE[FILE.index("    def top") : FILE.index("\n\ndef last")]
FAST = FILE.replace(SLOW_TOP, TOP)


# --------------------------------------------------------------------------------- the whole function


@pytest.mark.parametrize(
    "answer",
    [
        fenced(TOP),
        fenced(TOP, fence="`````"),
        fenced(TOP, fence="~~~"),
        fenced(TOP, info=""),
        fenced(TOP).replace("\n", "\r\n"),
        fenced("".join(line.removeprefix("    ") for line in TOP.splitlines(keepends=True))),
        fenced("class Report:\n" + TOP),
        fenced("class Report:\n    def __init__(self, words):\n        ...\n\n" + TOP),
        fenced("".join("    " + line for line in TOP.splitlines(keepends=True))),
        f"<think>\n{fenced('def top(): draft')}</think>\n" + fenced(TOP),
        fenced(SLOW_TOP).replace("Here it is", "This is slow") + fenced(TOP),
        fenced(TOP) + "Use it so:\n\n```python\nprint(Report(words).top(3))\n```\n",
        fenced(TOP + '\n\nif __name__ == "__main__":\n    print(Report([]).top())\n'),
        fenced(TOP) + "\nbench_it.py\n```python\nimport timeit\nprint(timeit.timeit())\n```\n",
        "1. First\n\n   ```python\n" + "".join("   " + line for line in TOP.splitlines(keepends=True)) + "   ```\n",
        PATH + "\n" + fenced(TOP).removeprefix("Here it is:\n\n"),
        PATH + "\n" + fenced(FAST).removeprefix("Here it is:\n\n"),
        fenced(FAST, info=f"python {PATH}"),
        fenced("import re\n" + TOP),
        fenced("from words import helper\n" + TOP),
        "````markdown\n" + fenced(TOP) + "````\n",
        "```md\n" + fenced(TOP) + "```\n",
    ],
)
def test_the_function_goes_to_its_place_however_it_was_given(answer: str) -> None:
    assert made(read(answer)) == FAST


def test_only_the_changed_lines_are_hunks() -> None:
    candidate = read(fenced(TOP))
    assert [(hunk.old_start, len(hunk.old_lines), hunk.new_lines) for hunk in candidate.hunks] == [
        (27, 5, ("        return sorted(set(self.words))[:n]",))
    ]
    assert candidate.files[0].path == PATH and candidate.reason == ""


def test_imports_go_after_the_imports_and_names_before_the_outermost_statement() -> None:
    code = (
        "from __future__ import annotations\nimport heapq\nimport re\nfrom typing import Any, Iterable\n\n"
        "# Compiled once.\nWORD = re.compile(r'\\w+')\n\n\ndef fast(x):\n    return x\n\n\n" + TOP
    )
    assert made(read(fenced(code))) == FAST.replace(
        "from typing import Any\n", "from typing import Any\nimport heapq\nfrom typing import Iterable\n"
    ).replace(
        "class Report:",
        "# Compiled once.\nWORD = re.compile(r'\\w+')\n\n\ndef fast(x):\n    return x\n\n\nclass Report:",
    )


def test_an_import_comes_after_the_docstring_of_a_file_without_imports() -> None:
    text = '"""Doc."""\n\n\ndef f(x):\n    return x\n'
    new = made(read(fenced("import math\n\ndef f(x):\n    return math.sqrt(x)\n"), text, "f"))
    assert new == '"""Doc."""\n\nimport math\n\n\ndef f(x):\n    return math.sqrt(x)\n'


def test_a_nested_function_and_one_in_a_branch_are_found_by_their_qualified_names() -> None:
    text = "import os\n\nif os.name:\n    def outer(a):\n        def inner(b):\n            return b + 0\n"
    new = made(read(fenced("def inner(b):\n    return b\n"), text, "outer.<locals>.inner"))
    assert new == text.replace("b + 0", "b")


def test_decorators_stay_and_those_of_functools_may_be_added() -> None:
    plain = fenced("def clean(word: str, low=True) -> str:\n    return word\n")
    assert "    @staticmethod\n    def clean(word: str, low=True) -> str:\n        return word\n" in made(
        read(plain, function="Report.clean")
    )
    text = "def f(x):\n    return x * 1\n"
    new = made(
        read(
            fenced("from functools import lru_cache\n\n@lru_cache(maxsize=None)\ndef f(x):\n    return x\n"), text, "f"
        )
    )
    assert new == "from functools import lru_cache\n\n@lru_cache(maxsize=None)\ndef f(x):\n    return x\n"


def test_the_text_of_strings_does_not_move_with_the_code() -> None:
    text = "class A:\n    def f(self):\n        x = 1\n        return '''\nkept\n'''\n"
    new = made(read(fenced("def f(self):\n    return '''\nkept\n  too\n'''\n"), text, "A.f"))
    assert new == "class A:\n    def f(self):\n        return '''\nkept\n  too\n'''\n"


def test_strings_joined_over_several_lines_do_move() -> None:
    text = "class A:\n    def f(self):\n        return ('a'\n                'b')\n"
    new = made(read(fenced("def f(self):\n    return ('a'\n            'c')\n"), text, "A.f"))
    assert new == text.replace("'b'", "'c'")


def test_a_method_that_shares_its_name_with_a_function_is_the_one_that_was_asked_for() -> None:
    text = "class A:\n    def f(self):\n        return 1\n\n\ndef f(x):\n    return x\n"
    assert made(read(fenced("def f(self):\n    return 2\n"), text, "A.f")) == text.replace("return 1", "return 2")


def test_tabs_line_endings_and_marks_survive() -> None:
    text = "\ufeff" + FILE.replace("    ", "\t").replace("\n", "\r\n")
    text = text.removesuffix("\r\n")
    assert made(read(fenced(TOP), text)) == text.replace(
        SLOW_TOP.replace("    ", "\t").replace("\n", "\r\n"), TOP.replace("    ", "\t").replace("\n", "\r\n")
    )


def test_a_changed_helper_is_changed_and_a_stub_of_one_is_not() -> None:
    assert made(read(fenced("def helper(x):\n    return 1 + x\n\n\n" + TOP))) == FAST.replace("x + 1", "1 + x")
    assert made(read(fenced("def helper(x):\n    ...\n\n\n" + TOP))) == FAST


def test_the_functions_of_a_real_module_given_back_as_it_is_changes_nothing() -> None:
    text = Path(difflib.__file__).read_text()
    lines = text.split("\n")
    for span in functions("difflib.py", text)[::3]:
        code = "\n".join(lines[span.line - 1 : span.end_line]) + "\n"
        for shown in (code, textwrap.dedent(code)):
            target = Bottleneck(
                id="b",
                file=PATH,
                function=span.qualname,
                line=span.line,
                end_line=span.end_line,
                self_share=0,
                total_share=0,
            )
            file = BaselineFile(path=PATH, text=text, digest="")
            born = Candidate(id="c", bottleneck="b", llm="x", prompt="p", state="streaming", at=0.0, files=(file,))
            candidate = read_answer(born, fenced(shown, fence="`````"), target, {PATH: file}.get, ())
            assert candidate.reason == "The answer changes nothing: its code is what the file already has.", span


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (TOP.replace("n: int = LIMIT", "n: int"), "Report.top takes (self, n: int) where callers give"),
        (TOP.replace("self, n", "self, m"), "the signature must stay"),
        (TOP.replace("def top", "async def top"), "async on one side only"),
        ("    @property\n" + TOP, "has got the decorator @property"),
        ("LIMIT = 20\n\n" + TOP, "gives LIMIT, which the file has already, another value"),
        ("from other import helper\n\n" + TOP, "imports helper, which means something else"),
        (TOP.replace(")[:n]", "[:n]"), "is not Python"),
        (
            TOP.replace("return", "yield from x\n        return sorted(nonlocals)\n        nonlocal q  #"),
            "would not compile",
        ),
        (TOP.replace("return", "# ... rest of the code unchanged\n        return"), "left out code"),
        ("class Report(dict):\n" + TOP, "changes the bases or decorators of class Report"),
    ],
)
def test_what_would_break_the_file_is_refused_in_one_sentence(code: str, reason: str) -> None:
    candidate = read(fenced(code))
    assert candidate.state == "unappliable" and candidate.hunks == ()
    assert reason in candidate.reason and candidate.reason.endswith(".") and "\n" not in candidate.reason
    assert candidate.unapplied[0].file == PATH


def test_a_cut_off_answer_is_refused() -> None:
    candidate = read(fenced(TOP).split("[:n]")[0])
    assert (candidate.state, candidate.reason) == (
        "unappliable",
        "The answer was cut off in the middle of its code; ask again.",
    )


def test_no_code_is_empty_and_quotes_the_llm() -> None:
    candidate = read("The function is already optimal. Nothing to do.")
    assert candidate.state == "empty" and "“The function is already optimal. Nothing to do.”" in candidate.reason
    assert read("It is fine. " + "Really. " * 60).reason.endswith("Really.”")
    assert read("word " * 100).reason.endswith("word…”")
    assert read("").reason == "The LLM gave no code and no reason."
    assert read(fenced(SLOW_TOP)).reason == "The answer changes nothing: its code is what the file already has."


def test_a_character_that_the_files_encoding_lacks_is_refused() -> None:
    candidate = read(fenced(TOP.replace(":n]", ":n]  # →")), encoding="latin-1")
    assert "is latin-1, which has no '→'" in candidate.reason


# ------------------------------------------------------------------------------- search/replace, diffs


def block(search: str, replace: str, path: str = PATH) -> str:
    return f"{path}\n```python\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n```\n"


@pytest.mark.parametrize(
    "answer",
    [
        block(SLOW_TOP, TOP),
        block(SLOW_TOP, TOP).replace("\n", "\r\n"),
        block(SLOW_TOP, TOP).replace("<<<<<<<", "<<<<<<<<<").replace("=======", "====="),
        block(SLOW_TOP, TOP).replace("```python\n", "").replace("```\n", ""),
        block(SLOW_TOP.replace("\n", "  \n"), TOP),
        block(
            SLOW_TOP.replace("    ", "", 1).replace("\n    ", "\n"), TOP.replace("    ", "", 1).replace("\n    ", "\n")
        ),
        block("\n" + SLOW_TOP + "\n", "\n" + TOP + "\n"),
        block(SLOW_TOP, TOP, "words.py"),
        block(SLOW_TOP, TOP, f"**`{PATH}`**:"),
        block(SLOW_TOP, TOP, f"### File: {PATH}"),
        block(SLOW_TOP, TOP, "src/word.py"),
        block(SLOW_TOP, TOP) + block(SLOW_TOP, TOP),
        block(SLOW_TOP, TOP) + block("LIMIT = 10\n", "LIMIT = 10\n"),
    ],
)
def test_blocks_are_found_however_loosely_they_quote(answer: str) -> None:
    assert made(read(answer)) == FAST


def test_typographic_quotes_and_dashes_match_plain_ones() -> None:
    text = "def f(x):\n    # it's - old\n    return 'a'\n"
    new = made(read(block("    # it’s – old\n    return 'a'\n", "    # it’s – old\n    return 'b'\n"), text, "f"))
    assert new == text.replace("'a'", "'b'")


def test_several_places_are_named_and_nothing_is_guessed() -> None:
    text = "def f(x):\n    x += 1\n    x += 1\n    return x\n"
    candidate = read(block("    x += 1\n", "    x += 2\n"), text, "f")
    assert candidate.state == "unappliable" and "in 2 places, at lines 2, 3" in candidate.reason


def test_all_or_nothing_and_the_nearest_lines_are_named() -> None:
    wrong = SLOW_TOP.replace("seen = []", "seen = list()").replace("append", "add")
    candidate = read(block("LIMIT = 10\n", "LIMIT = 11\n") + block(wrong, TOP))
    assert candidate.state == "unappliable" and candidate.hunks == ()
    assert candidate.reason.startswith("1 of 2 blocks matched; src/words.py: its 6 lines to find are not there")
    assert "the nearest are lines 26 to 31" in candidate.reason


def test_a_block_cut_off_refuses_the_whole_answer() -> None:
    candidate = read(block("LIMIT = 10\n", "LIMIT = 11\n") + block(SLOW_TOP, TOP).split(">>>>>>>")[0])
    assert candidate.reason == (
        "1 of 2 blocks matched; The answer was cut off in the middle of a search/replace block; ask again."
    )


DIFF = f"""--- a/{PATH}
+++ b/{PATH}
@@ -1,9 +1,4 @@
     def top(self, n: int = LIMIT) -> list[Any]:
-        seen = []
-        for word in self.words:
-            if word not in seen:
-                seen.append(word)
-        return sorted(seen)[:n]
+        return sorted(set(self.words))[:n]
"""


@pytest.mark.parametrize(
    "answer",
    [fenced(DIFF, "diff"), fenced(DIFF, ""), DIFF, f"diff --git a/{PATH} b/{PATH}\nindex 123..456\n{DIFF}"],
)
def test_a_diff_applies_whatever_its_line_numbers_say(answer: str) -> None:
    assert made(read(answer)) == FAST


def test_several_files_in_one_answer() -> None:
    candidate = read(
        block(SLOW_TOP, TOP) + block("b\n", "c\n", "src/other.txt") + block("", "new = 1\n", "src/fresh.py"),
        others={"src/other.txt": "a\nb\n"},
    )
    assert (made(candidate), made(candidate, "src/other.txt")) == (FAST, "a\nc\n")
    assert made(candidate, "src/fresh.py") == "new = 1\n"


@pytest.mark.parametrize("path", ["tests/test_words.py", "mpco.toml", ".git/config.py"])
def test_protected_files_are_refused(path: str) -> None:
    candidate = read(block("a\n", "b\n", path), others={path: "a\n"})
    assert candidate.reason == refusal(path, ["tests/**"]) != ""


@pytest.mark.parametrize("path", ["../other/x.py", "/etc/x.py"])
def test_paths_outside_the_project_are_refused(path: str) -> None:
    assert "is outside the project" in read(block("", "b\n", path)).reason


# ----------------------------------------------------------------------------------------- C


C_FILE = """#include <stdio.h>

static int helper(int x) { return x; }

static int slow(const int *v, int n)
{
	int s = 0;
	for (int i = 0; i < n; i++)
		s += v[i];
	return s;
}
"""
C_FAST = "#include <stddef.h>\n#define STEP 1\n\nstatic int slow(const int *v, int n)\n{\n\treturn n ? v[0] : 0;\n}\n"


def test_a_c_function_with_its_include_and_macro() -> None:
    new = made(read(fenced(C_FAST, "c"), C_FILE, "slow", path="src/a.c"), "src/a.c")
    start = C_FILE.index("static int slow")
    assert new == (
        C_FILE[:start].replace("<stdio.h>\n", "<stdio.h>\n#include <stddef.h>\n")
        + "#define STEP 1\n\n"
        + C_FAST[C_FAST.index("static int slow") :]
    )


def test_a_changed_c_signature_is_refused() -> None:
    candidate = read(fenced(C_FAST.replace("int n)", "long n)"), "c"), C_FILE, "slow", path="src/a.c")
    assert "slow is no longer `static int slow(const int *v, int n)`" in candidate.reason


# ----------------------------------------------------------------------------------- while it streams


@pytest.mark.parametrize(
    "answer", [fenced(TOP), block(SLOW_TOP, TOP), fenced(DIFF, "diff"), fenced("import heapq\n\n" + TOP)]
)
def test_a_stream_never_shows_more_deleted_than_the_end_does_and_grows(answer: str) -> None:
    whole = read(answer)
    gone = {line for hunk in whole.hunks for line in hunk.old_lines}
    seen = 0
    for end in range(len(answer)):
        candidate = read(answer[:end], partial=True)
        assert (candidate.state, candidate.unapplied) == ("streaming", ())
        assert {line for hunk in candidate.hunks for line in hunk.old_lines} <= gone
        assert all(hunk.complete for hunk in candidate.hunks[:-1])
        seen += bool(candidate.hunks)
    assert seen > 5
    assert read(answer, partial=True).hunks == whole.hunks


def test_the_last_hunk_is_not_complete_while_the_function_streams() -> None:
    answer = fenced(
        "    def top(self, n: int = LIMIT) -> list[Any]:\n        seen = set()\n        for word in self.words:\n"
    )
    candidate = read(answer.split("```\n\nIt")[0], partial=True)
    assert [(hunk.old_lines, hunk.new_lines, hunk.complete) for hunk in candidate.hunks] == [
        (("        seen = []",), ("        seen = set()",), False)
    ]


NOISE = [fenced(TOP), block(SLOW_TOP, TOP), DIFF, fenced(DIFF, "diff"), f"{PATH}\n"]
NOISE += [
    "```\n",
    "~~~py\n",
    "<think>\n",
    "=======\n",
    "<<<<<<< SEARCH\n",
    ">>>>>>> REPLACE\n",
    "@@ -1 +1 @@\n",
    "@" * 9,
]
NOISE += ["<original>\n", "</original><patched>", "</patched>", "def top(\n", "--- a/x\n+++ b/x\n", "+x\n", "-y\n"]
NOISE += ["\r\n", "\x0c\n", "\ud800", "\0"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_cut_and_any_noise_ends_in_one_of_the_three_states(data: st.DataObject) -> None:
    answer = "".join(data.draw(st.lists(st.sampled_from(NOISE), max_size=8)))
    answer = answer[: data.draw(st.integers(0, len(answer)))]
    assert read(answer, partial=True).state == "streaming"
    candidate = read(answer)
    assert candidate.state in ("ready", "empty", "unappliable")
    assert bool(candidate.reason) == (candidate.state != "ready")


# ------------------------------------------------------------------------------------------ baselines


def test_a_baseline_is_read_with_its_encoding_and_written_back_the_same(tmp_path: Path) -> None:
    for name, data, encoding in (
        ("a.py", "é\r\n".encode(), "utf-8"),
        ("b.py", "\ufeffé".encode(), "utf-8"),
        ("c.py", b"# coding: cp1252\n\x80\n", "cp1252"),
        ("d.py", b"\xe9\n", "latin-1"),
    ):
        (tmp_path / name).write_bytes(data)
        file = read_baseline(tmp_path, name)
        assert (file.encoding, file.digest) == (encoding, sha256(data).hexdigest())
        assert encode(tmp_path, name, file.text) == data


def test_what_is_no_text_file_of_the_project_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "src").mkdir(parents=True)
    (tmp_path / "out.py").write_text("x\n")
    (root / "out.py").symlink_to(tmp_path / "out.py")
    (root / "bin.py").write_bytes(b"\0")
    (root / "real.py").write_text("x\n")
    (root / "src" / "link.py").symlink_to(root / "real.py")
    assert read_baseline(root, "src/link.py").path == "real.py"
    for path, reason in (
        ("out.py", "outside the project"),
        ("../out.py", "outside the project"),
        ("bin.py", "not a text file"),
        ("missing.py", "cannot be read"),
        ("src", "cannot be read"),
    ):
        with pytest.raises(EditError, match=reason):
            read_baseline(root, path)
