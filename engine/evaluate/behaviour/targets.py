"""Which functions a change touches."""

import difflib
from collections.abc import Mapping

import msgspec

from engine.source import functions, innermost, language_of


class Targets(msgspec.Struct, frozen=True):
    """What the behaviour check has to look at."""

    functions: tuple[tuple[str, str], ...] = ()
    """(file, qualified name) of the Python functions whose lines change; inner ones count as those around them."""
    beyond: tuple[str, ...] = ()
    """Files of which lines outside of any function change, or that are not Python."""


def targets(before: Mapping[str, str], after: Mapping[str, str]) -> Targets:
    """The targets of a change from the texts `before` to those `after`, by path; new files have none."""
    touched: dict[tuple[str, str], None] = {}
    beyond: dict[str, None] = {}
    for path in (path for path in before if path in after):
        if language_of(path) != "Python":
            beyond[path] = None
            continue
        spans = functions(path, before[path])
        for line in _changed_lines(before[path], after[path]):
            span = innermost(spans, line)
            if span is None:
                beyond[path] = None
            else:
                touched[path, span.qualname.partition(".<locals>")[0]] = None
    return Targets(functions=tuple(touched), beyond=tuple(beyond))


def _changed_lines(before: str, after: str) -> list[int]:
    """The lines of `before` that change; of an insertion the line before it, unless all of it is blank or new code
    between two functions."""
    old, new = before.splitlines(), after.splitlines()
    changed: list[int] = []
    for tag, first, last, new_first, new_last in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "insert":
            begins = next((line for line in new[new_first:new_last] if line.strip()), "")
            if begins[:1].isspace() and first > 0:
                changed.append(first)
        elif tag != "equal":
            changed += [number + 1 for number in range(first, last) if old[number].strip()]
    return changed
