"""Each rule of the offline optimisers: what it rewrites gives the same results, and what it must leave alone."""

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.llm.offline.optimiser import RULES, Draft
from engine.llm.offline.rules import Rule

BY_NAME: dict[str, Rule] = {rule.name: rule for rules in RULES.values() for rule in rules}
WORDS = st.text(alphabet="abAB ", max_size=4)
LISTS = st.lists(st.sampled_from("abcde"), max_size=12)
NUMBERS = st.lists(st.integers(-5, 5), max_size=12)


def rewritten(rule: str, source: str, function: str = "f") -> str | None:
    """The file after the rule was applied as often as it applies; None when it does not."""
    module = ast.parse(source)
    node = next(n for n in ast.walk(module) if isinstance(n, ast.FunctionDef) and n.name == function)
    draft = Draft(source, node)
    changed = False
    while (found := BY_NAME[rule].find(code := draft.code())) is not None and draft.take(code, found):
        changed = True
    return draft.whole() if changed else None


def loaded(source: str, function: str = "f") -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(compile(source, "<code>", "exec"), space)
    return space[function]


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:  # the kind of error is part of what must stay
        return type(error)


@lru_cache
def both(rule: str, source: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    after = rewritten(rule, source)
    assert after is not None and after != source
    return loaded(source), loaded(after)


SEEN = """
def f(values: list[str]) -> list[str]:
    seen = []
    for value in values:
        # the first of each
        if value not in seen:
            seen.append(value)
    return seen
"""
DUPLICATES = """
def f(values):
    seen: list[str] = []
    count = 0
    for value in values:
        if value in seen:
            count += 1
        else:
            seen.append(value)
    return count
"""
DISTINCT = """
def f(values: list[str]) -> int:
    seen: list[str] = []
    for value in values:
        if value not in seen:
            seen.append(value)
    return len(seen)
"""
BLOCKED = """
def f(values: list[str]) -> list[str]:
    blocked = "a b c".split(" ")
    return [value for value in values if value not in blocked]
"""
HITS = """
def f(values: list[str]):
    rows = []
    for value in values:
        for row in rows:
            if row[0] == value:
                row[1] += 1
                row[2].append(len(rows))
                break
        else:
            rows.append([value, 1, []])
    for row in rows:
        row[1] *= 2
    return rows
""".replace("row[2].append(len(rows))", "row[2].append(value)")
RECORDS = """
def f(values: list[str]):
    rows = []
    for value in values:
        key = f"{value}!"
        for row in rows:
            if row["key"] == key:
                row["n"] += 1
                break
        else:
            rows.append({"key": key, "n": 1})
    return rows
"""
PLACES = """
def f(values: list[str]):
    names: list[str] = []
    hits = []
    for value in values:
        if value not in names:
            names.append(value)
            hits.append(0)
        hits[names.index(value)] += 1
    return names, hits
"""
COUNTS = """
def f(values: list[str]):
    return {value: values.count(value) for value in values}
"""
REGEX = '''
import re
WORD = r"[a-b]+"

def f(text: str):
    """Doc."""
    first = re.match(WORD, text)
    rest = re.sub(r"a", "-", text, flags=re.IGNORECASE | re.ASCII)
    return first and first.group(), rest, re.findall("b", text)
'''
TABLE = """
def f(text: str):
    sizes = {
        "a": 1, "b": 2,
        "c": 3,
    }
    names = ["a", "b", "A"]
    return [(sizes.get(c), c in names) for c in text], sizes[text]
"""
MEMO = '''
NAMES = (("a", "x"), ("b", "y"))

def f(text: str) -> str:
    """Doc."""
    # by the first that fits
    for marker, name in NAMES:
        if marker in text.lower():
            return name
    return "other"
'''
MEMO_REBOUND = """
def f(text: str, other: str) -> int:
    text = text.strip().lower()
    if not other:
        raise ValueError(text)
    return len(text.split("a")) + len(other.upper())
"""
HOIST = """
def f(text: str, words: list[str]):
    found = 0
    for word in words:
        for letter in word:
            if letter in text.lower() and len(words) > 1 and len(text) > 0:
                found += 1
    return found
"""
JOIN = """
def f(words: list[str]) -> str:
    out = "start:"
    for word in words:
        out += f"<{word}>"
        if word == "b":
            out += (
                "-"
                + word.upper()
            )
    out += "end"
    return out.strip()
"""
COMPREHENSION = """
def f(words: list[str]):
    found: list[str] = []
    for i, word in enumerate(words):
        if word != "a" if i else True:
            found.append(word * 2)
    return found
"""
SMALLEST = """
def f(words: list[str]):
    if not words:
        return None
    n = 1
    return sorted(words)[0], sorted(words)[-1], sorted(words)[:3], sorted(words, key=len, reverse=True)[:2]
"""
AGAIN = """
def f(words: list[str]):
    best = []
    for word in words:
        best.append(word == sorted(words)[len(words) // 2])
    return best
"""
EQUIVALENT = [
    ("membership", SEEN, LISTS),
    ("membership", DUPLICATES, LISTS),
    ("membership", DISTINCT, LISTS),
    ("membership", BLOCKED, LISTS),
    ("lookup", HITS, LISTS),
    ("lookup", RECORDS, LISTS),
    ("lookup", PLACES, LISTS),
    ("counting", COUNTS, LISTS),
    ("patterns", REGEX, WORDS),
    ("precompute", TABLE, WORDS),
    ("memo", MEMO, WORDS),
    ("joining", JOIN, LISTS),
    ("comprehension", COMPREHENSION, LISTS),
    ("sorting", SMALLEST, LISTS),
    ("sorting", AGAIN, LISTS),
]


@pytest.mark.parametrize(
    ("rule", "source", "values"), EQUIVALENT, ids=[f"{r}-{n}" for n, (r, _, _) in enumerate(EQUIVALENT)]
)
def test_rewritten_code_gives_the_same_results(rule: str, source: str, values: st.SearchStrategy[Any]) -> None:
    before, after = both(rule, source)

    @settings(max_examples=60, deadline=None)
    @given(values)
    def check(value: Any) -> None:
        assert outcome(after, value) == outcome(before, value)
        assert outcome(after, value) == outcome(before, value)

    check()


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS)
def test_memoised_results_belong_to_their_arguments_as_they_came(text: str, other: str) -> None:
    before, after = both("memo", MEMO_REBOUND)
    assert outcome(after, text, other) == outcome(before, text, other) == outcome(after, text, other)


@settings(max_examples=60, deadline=None)
@given(WORDS, LISTS)
def test_hoisted_values_are_the_same_in_each_round(text: str, words: list[str]) -> None:
    before, after = both("hoisting", HOIST)
    assert after(text, words) == before(text, words)


QUEUE = """
def f(times: list[int], width: int):
    window: list[int] = []
    seen = []
    for time in times:
        window.append(time)
        while window and window[0] <= time - width:
            seen.append(window.pop(0))
        if time == 3:
            window.insert(0, 99)
        seen.append((len(window), sum(window), time in window))
    return seen
"""


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.integers(0, 5))
def test_a_deque_does_as_the_list_did(times: list[int], width: int) -> None:
    before, after = both("queue", QUEUE)
    assert outcome(after, times, width) == outcome(before, times, width)


def test_rewrites_keep_comments_and_say_what_they_need() -> None:
    assert rewritten("membership", SEEN) == SEEN.replace("seen = []", "seen = []\n    seen_set = set()").replace(
        "not in seen:", "not in seen_set:"
    ).replace("seen.append(value)", "seen.append(value)\n            seen_set.add(value)")
    assert "from collections import deque" in (rewritten("queue", QUEUE) or "")
    assert "seen: set[str] = set()" in (rewritten("membership", DISTINCT) or "")
    assert "_WORD_RE = re.compile(WORD)" in (rewritten("patterns", REGEX) or "")


LEFT_ALONE = {
    "elements that may not be hashable": ("membership", SEEN.replace(": list[str]", "")),
    "a list that others can hold": ("membership", SEEN.replace("        # the", "        keep(seen)\n        # the")),
    "a list that shrinks": ("membership", SEEN.replace("    return", "        seen.remove(value)\n    return")),
    "a name bound twice": ("membership", SEEN.replace("    return", "    seen = seen[:2]\n    return")),
    "a list that a nested function uses": (
        "membership",
        SEEN.replace("    return", "    g = lambda: seen\n    return"),
    ),
    "floats, which may not equal themselves": ("membership", SEEN.replace("str", "float")),
    "no loop": ("membership", "def f(a: str):\n    seen = []\n    seen.append(a)\n    return a in seen\n"),
    "a list that changes in the loop": (
        "membership",
        BLOCKED.replace("return [value", "blocked.pop()\n    return [value").replace(
            "for value in values", "for value in values if not blocked.append(value)"
        ),
    ),
    "a key that is changed": ("lookup", HITS.replace("row[1] += 1", "row[0] += value")),
    "a key of unknown kind": ("lookup", HITS.replace(": list[str]", "")),
    "a record that gets away": ("lookup", HITS.replace("row[1] += 1", "keep(row)")),
    "a record used after the search": (
        "lookup",
        HITS.replace("    return rows", "    return rows, row").replace(
            "    for row in rows:\n        row[1] *= 2\n", ""
        ),
    ),
    "a new record with another key": ("lookup", HITS.replace("[value, 1, []]", '[value + "x", 1, []]')),
    "a search that stops at other records": ("lookup", HITS.replace("                break\n", "")),
    "a place that may not exist": (
        "lookup",
        PLACES.replace("hits[names.index(value)]", "hits[names.index(value + 'x')]"),
    ),
    "a string's count": ("counting", COUNTS.replace(": list[str]", ": str")),
    "a list counted while it grows": (
        "counting",
        """
def f(values: list[str]):
    for value in list(values):
        if values.count(value) < 3:
            values.append(value)
    return values
""",
    ),
    "a queue that is returned": ("queue", QUEUE.replace("return seen", "return window")),
    "a queue that is sliced": ("queue", QUEUE.replace("sum(window)", "window[1:]")),
    "a stack": ("queue", QUEUE.replace("pop(0)", "pop()").replace("insert(0, 99)", "append(99)")),
    "a queue walked while it changes": (
        "queue",
        QUEUE.replace("while window and window[0] <= time - width:", "for x in window:"),
    ),
    "values that may be none": (
        "sorting",
        SMALLEST.replace("    if not words:\n        return None\n", "").replace("[:3]", "").replace("[:2]", ""),
    ),
    "values sorted in a changing order": (
        "sorting",
        AGAIN.replace(
            "        best.append", "        words.append(word) if len(words) < 9 else None\n        best.append"
        ),
    ),
    "a length that changes": (
        "hoisting",
        """
def f(words: list[str]):
    lines: list[str] = []
    for word in words:
        lines.append(word)
        if len(lines) + 1 + 1 < 5 and len(lines) < 3:
            lines.append("x")
    return lines
""",
    ),
    "a value bound in the loop": (
        "hoisting",
        HOIST.replace(
            "            if letter",
            "            text = text + letter\n            words = words[1:]\n            if letter",
        ),
    ),
    "a value of unknown kind": (
        "hoisting",
        HOIST.replace(": str", "").replace(": list[str]", "").replace("len(text)", "0").replace("len(words)", "2"),
    ),
    "text read while it grows": ("joining", JOIN.replace("        if word", "        print(out)\n        if word")),
    "sums that may be numbers": ("joining", JOIN.replace('f"<{word}>"', "value(word)")),
    "a parameter": ("joining", JOIN.replace('    out = "start:"\n', "").replace("words: list[str]", "words, out")),
    "text made anew in each round": (
        "joining",
        """
def f(words: list[str]):
    for word in words:
        out = ''
        for c in word:
            out += f'{c}'
    return out
""",
    ),
    "a loop whose variable is used later": ("comprehension", COMPREHENSION.replace("return found", "return found, i")),
    "a loop that does more": (
        "comprehension",
        COMPREHENSION.replace("            found", "            print(word)\n            found"),
    ),
    "a loop with a comment": (
        "comprehension",
        COMPREHENSION.replace("        if word", "        # why\n        if word"),
    ),
    "a loop that looks at its list": ("comprehension", COMPREHENSION.replace("word * 2", "len(found)")),
    "a loop in a try": (
        "comprehension",
        """
def f(words):
    try:
        found = []
        for word in words:
            found.append(int(word))
    except ValueError:
        return found
    return found
""",
    ),
    "a pattern made from an argument": ("patterns", "import re\ndef f(p, text):\n    return re.match(p, text)\n"),
    "a pattern that fails when used": ("patterns", "import re\ndef f(text):\n    return re.match('(', text)\n"),
    "a pattern defined later": ("patterns", "import re\ndef f(text):\n    return re.match(LATE, text)\nLATE = 'a'\n"),
    "another re": ("patterns", "import regex as re\ndef f(text):\n    return re.match('a', text)\n"),
    "a pattern bound twice": ("patterns", "import re\nP = 'a'\nP = 'b'\ndef f(text):\n    return re.match(P, text)\n"),
    "a table that changes": (
        "precompute",
        TABLE.replace("    return", '    sizes["d"] = 4\n    names.append("z")\n    return'),
    ),
    "a table that gets away": ("precompute", TABLE.replace("    return", "    keep(sizes, names)\n    return")),
    "a table with values of the call": (
        "precompute",
        TABLE.replace('"c": 3', '"c": len(text)').replace('"A"]', "text]"),
    ),
    "a function that prints": (
        "memo",
        MEMO.replace("            return name", "            print(name)\n            return name"),
    ),
    "a function of a list": ("memo", MEMO.replace("text: str", "text: list")),
    "a function that gives lists": ("memo", MEMO.replace("-> str", "-> list")),
    "a method": (
        "memo",
        "class A:\n    def f(self: str, text: str) -> str:\n        return text.lower().upper().strip()\n",
    ),
    "a function that reads the clock": (
        "memo",
        "import time\ndef f(text: str) -> str:\n    for c in text:\n        text = str(time.time())\n    return text\n",
    ),
    "a table that others change": (
        "memo",
        MEMO.replace("NAMES = (", "NAMES = [").replace('("b", "y"))', '("b", "y")]') + "\nNAMES.append(('c', 'z'))\n",
    ),
    "a function that calls another impure one": (
        "memo",
        """
def g(text):
    print(text)

def f(text: str) -> str:
    for c in text:
        g(c)
    return text
""",
    ),
    "next to no work": ("memo", "def f(text: str) -> str:\n    return text.lower()\n"),
    "a function with a decorator": ("memo", MEMO.replace("def f", "@staticmethod\ndef f")),
}


@pytest.mark.parametrize("why", LEFT_ALONE)
def test_code_is_left_alone_for(why: str) -> None:
    rule, source = LEFT_ALONE[why]
    ast.parse(source)
    assert rewritten(rule, source) is None


def test_other_letters_than_ascii_do_not_shift_edits() -> None:
    source = SEEN.replace("        # the first of each", "        größe = '→ü'; größe").replace(
        "value not", '"é" + value not'
    )
    source = source.replace("seen.append(value)", 'seen.append("é" + value)').replace(
        "größe = '→ü'; größe", "größe = '→ü'"
    )
    rule, found = "membership", rewritten("membership", source.replace('"é" + value', "value"))
    assert rule in BY_NAME and found is not None
    assert loaded(found)(["a", "a", "é"]) == ["a", "é"]
