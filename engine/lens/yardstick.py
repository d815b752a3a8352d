"""The literals of the benchmark's own files: what its inputs are made of."""

import re
from collections.abc import Iterable

SHORTEST_TEXT = 4
SMALLEST_NUMBER = 100
"""Smaller ones are in every program."""
_COMMENT = re.compile(r"(?m)(?:#|//).*$")
_TEXT = re.compile(r""""((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'""")
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?![\w.])")


def literals(texts: Iterable[str]) -> frozenset[str]:
    """Texts and numbers of the files that are peculiar enough to be told again, as `is_peculiar` takes them."""
    found: set[str] = set()
    for text in texts:
        strings = [double or single for double, single in _TEXT.findall(text)]
        numbers = _NUMBER.findall(_COMMENT.sub("", _TEXT.sub("", text)))
        found.update(item for item in strings if is_peculiar(item))
        found.update(item.replace("_", "") for item in numbers if is_peculiar(item.replace("_", "")))
    return frozenset(found)


def is_peculiar(literal: str) -> bool:
    """Whether a literal that two files share is more than a coincidence: no small, round or binary number."""
    if not re.fullmatch(r"\d+(?:\.\d+)?", literal):
        return len(literal) >= SHORTEST_TEXT and literal not in ("__main__", "utf-8")
    value = float(literal)
    if value != int(value):
        return len(literal) >= SHORTEST_TEXT
    number = int(value)
    binary = number & (number - 1) == 0 or number & (number + 1) == 0
    return number >= SMALLEST_NUMBER and not binary and number % 60 != 0 and str(number).rstrip("0") not in "1234568"
