"""Edits between tags, as some LLMs have learnt to write them: <original>/<patched> pairs and <source> files."""

from collections.abc import Collection, Iterator

from engine.generate.edits import Block, Code, Edit, elision
from engine.generate.lines import code_lines
from engine.generate.names import LOOK_BACK, named_above, resolved


def tagged_edits(text: str, known: Collection[str], default: str) -> tuple[Edit, ...]:
    """All complete edits between tags."""
    edits: list[Edit] = []
    file = default
    for name, old, new in _pairs(text):
        file = (resolved(name, known) or name) if name else file
        replace = tuple(code_lines(new.removeprefix("\n")))
        if not elision(new):
            search = tuple(code_lines(old.removeprefix("\n")))
            edits.append(Block(file=file, text=f"<original>{old}</original>\n{new}", search=search, replace=replace))
    lines = text.split("\n")
    for start, end in _sources(lines):
        above = lines[max(0, start - LOOK_BACK) : start]
        name = named_above(above, len(above), known)
        if name:
            code = "\n".join([*lines[start + 1 : end], ""])
            edits.append(Code(file=name, text=code, code=code, whole=True))
    return tuple(edits)


def _pairs(text: str) -> Iterator[tuple[str, str, str]]:
    """(file named before, original, patched) of each pair; looked for with `find`, so that no answer takes long."""
    done = 0
    while (start := text.find("<original>", done)) >= 0:
        old_end = text.find("</original>", start)
        if old_end < 0:
            return
        start = text.rfind("<original>", start, old_end)
        rest = old_end + len("</original>")
        new = text.find("<patched>", rest)
        new_end = text.find("</patched>", new) if new >= 0 else -1
        if new_end < 0:
            return
        if not text[rest:new].strip():
            yield _file_before(text, done, start), text[start + 10 : old_end], text[new + 9 : new_end]
            done = new_end
        else:
            done = rest


def _file_before(text: str, done: int, start: int) -> str:
    head = text[max(done, start - 400) : start].rstrip()
    if not head.endswith("</file>"):
        return ""
    return head.removesuffix("</file>").rpartition("<file>")[2].strip()


def _sources(lines: list[str]) -> Iterator[tuple[int, int]]:
    """(line of <source>, line of </source>) of each file."""
    start = -1
    for at, line in enumerate(lines):
        if line == "<source>" and start < 0:
            start = at
        elif line.rstrip() == "</source>" and start >= 0:
            yield start, at
            start = -1
