"""The cheat lens: where a change may win by changing the yardstick rather than the code.

It reads source only and compares the text before with the text after: what was there already is never flagged. A flag
is a hint with its line for a person to judge, not a verdict; the tests, the output check and the behaviour check are
what refuses a candidate.
"""

from collections.abc import Iterable

from engine.lens import c, python
from engine.lens.finding import Finding, fresh
from engine.lens.yardstick import literals
from engine.model import Flag
from engine.source import language_of

__all__ = ["flags"]

MOST_FLAGS = 40
"""Of one change: more than a person reads."""


def flags(changes: Iterable[tuple[str, str, str]], yardstick: Iterable[str] = ()) -> tuple[Flag, ...]:
    """The flags on `changes`, each (path, text before, text after), in the order of files and lines.

    `yardstick` are the texts of the benchmark's own files: a literal of theirs that a change compares with is one
    that it singles out.
    """
    inputs = literals(yardstick)
    found = [
        Flag(kind=item.kind, file=path, line=item.line, text=item.text)
        for path, before, after in changes
        for item in _findings(path, before, after, inputs)
    ]
    return tuple(found[:MOST_FLAGS])


def _findings(path: str, before: str, after: str, inputs: frozenset[str]) -> list[Finding]:
    if before == after:
        return []
    language = language_of(path)
    if language == "Python":
        return _sorted(python.findings(before, after, inputs))
    if language in ("C", "C++", "CUDA"):
        return _sorted(c.findings(path, before, after, inputs))
    return []


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    return sorted(fresh(found), key=lambda item: (item.line, item.kind))
