"""Which functions a change touches."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from engine.source import FunctionSpan, functions, innermost, language_of


class Targets(msgspec.Struct, frozen=True):
    """What the behaviour check has to look at."""

    functions: tuple[tuple[str, str], ...] = ()
    """(file, qualified name) of the Python functions whose lines change; inner ones count as those around them."""
    beyond: tuple[str, ...] = ()
    """Files of which lines outside of any function change, or that are not Python."""
    namesakes: tuple[tuple[str, str], ...] = ()
    """Those of `functions` that share their name, as a property's two halves do: a call does not tell whose it is."""


def targets(before: Mapping[str, str], after: Mapping[str, str]) -> Targets:
    """The targets of a change from the texts `before` to those `after`, by path; new files have none."""
    touched: dict[tuple[str, str], None] = {}
    beyond: dict[str, None] = {}
    namesakes: dict[tuple[str, str], None] = {}
    for path in (path for path in before if path in after):
        if language_of(path) != "Python":
            beyond[path] = None
            continue
        spans = functions(path, before[path])
        shared = _shared(spans, before[path].splitlines())
        for line in _changed_lines(before[path], after[path]):
            span = innermost(spans, line)
            if span is None:
                beyond[path] = None
            else:
                name = span.qualname.partition(".<locals>")[0]
                touched[path, name] = None
                if name in shared:
                    namesakes[path, name] = None
    return Targets(functions=tuple(touched), beyond=tuple(beyond), namesakes=tuple(namesakes))


def _shared(spans: Sequence[FunctionSpan], lines: Sequence[str]) -> set[str]:
    """Names that several functions of a file have; overloads only declare and do not count."""
    real = [item for item in spans if "overload" not in "".join(lines[item.line - 1 : item.def_line - 1])]
    return {name for name, count in Counter(item.qualname for item in real).items() if count > 1}


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
