"""The part of a long file that an LLM needs to see: what the function can use, and what stands beside it."""

import ast
from collections.abc import Iterable, Sequence

from engine.generate.python_module import PYTHON, Function, first_line, parsed, source_of
from engine.model import Bottleneck

WHOLE = 400
"""Files of up to this many lines are sent whole."""
AROUND = 60
"""Lines before and after the function that are sent of a long file."""
HEAD = 80
"""Lines at the top of a long file that are sent when its structure cannot be read: includes and definitions."""


def excerpt(bottleneck: Bottleneck, text: str, lines: Sequence[str]) -> tuple[str, str]:
    """(the code to show, a sentence on what is left out of it; empty when nothing is)."""
    if len(lines) <= WHOLE:
        return "\n".join(lines), ""
    tree = parsed(source_of(text)) if bottleneck.file.endswith(PYTHON) else None
    shown = set(range(bottleneck.line, bottleneck.end_line + 1))
    shown |= set(_neighbourhood(tree, bottleneck) if tree else _around(bottleneck))
    numbers = [number for number in sorted(shown) if 1 <= number <= len(lines)]
    gaps = [f"{a + 1} to {b - 1}" for a, b in _pairs(numbers, len(lines)) if b - a > 1]
    sentence = f"The file has {len(lines)} lines. Left out of the code above: lines {_listed(gaps)}."
    return "\n".join(lines[number - 1] for number in numbers), sentence if gaps else ""


def _pairs(numbers: Sequence[int], last: int) -> Iterable[tuple[int, int]]:
    return zip([0, *numbers], [*numbers, last + 1], strict=True)


def _listed(gaps: Sequence[str]) -> str:
    return ", ".join(gaps[:-1]) + " and " + gaps[-1] if len(gaps) > 1 else "".join(gaps)


def _around(bottleneck: Bottleneck) -> Iterable[int]:
    yield from range(1, HEAD + 1)
    yield from range(bottleneck.line - AROUND, bottleneck.end_line + AROUND + 1)


def _neighbourhood(tree: ast.Module, bottleneck: Bottleneck) -> Iterable[int]:
    """Module-level names and imports, the head of each enclosing scope, and the functions next to the target."""
    body: Sequence[ast.stmt] = tree.body
    for statement in body:
        if not isinstance(statement, Function | ast.ClassDef):
            yield from _first_lines(statement)
    while body:
        around = next((at for at, item in enumerate(body) if _holds(item, bottleneck)), None)
        if around is None:
            return
        for neighbour in body[max(0, around - 1) : around + 2]:
            if neighbour is not body[around] and isinstance(neighbour, Function):
                yield from _first_lines(neighbour)
        holder = body[around]
        if not isinstance(holder, ast.ClassDef | Function) or first_line(holder) == bottleneck.line:
            return
        body = holder.body
        yield from range(first_line(holder), first_line(body[0]))
        for item in body:
            if not isinstance(item, Function | ast.ClassDef):
                yield from _first_lines(item)


def _holds(statement: ast.stmt, bottleneck: Bottleneck) -> bool:
    return first_line(statement) <= bottleneck.line and (statement.end_lineno or 0) >= bottleneck.end_line


def _first_lines(statement: ast.stmt) -> Iterable[int]:
    start = first_line(statement)
    yield from range(start, min(statement.end_lineno or start, start + AROUND) + 1)
