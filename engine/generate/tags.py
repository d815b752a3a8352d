"""Edits between tags, as some LLMs have learnt to write them: <original>/<patched> pairs and <source> files."""

import re
from collections.abc import Collection

from engine.generate.edits import Block, Code, Edit, elision
from engine.generate.lines import code_lines
from engine.generate.names import named_above, resolved

PAIR = re.compile(
    r"(?:<file>(?P<file>[^<\n]*)</file>\s*)?<original>(?P<old>.*?)</original>\s*<patched>(?P<new>.*?)</patched>",
    re.DOTALL,
)
SOURCE = re.compile(r"^<source>\n(?P<code>.*?)^</source>[ \t]*$", re.DOTALL | re.MULTILINE)


def tagged_edits(text: str, known: Collection[str], default: str) -> tuple[Edit, ...]:
    """All complete edits between tags."""
    edits: list[Edit] = []
    file = default
    for pair in PAIR.finditer(text):
        name = (pair["file"] or "").strip()
        file = (resolved(name, known) or name) if name else file
        replace = _inner(pair["new"])
        if not elision("\n".join(replace)):
            edits.append(Block(file=file, text=pair[0], search=_inner(pair["old"]), replace=replace))
    for source in SOURCE.finditer(text):
        above = text[: source.start()].split("\n")[:-1]
        name = named_above(above, len(above), known)
        if name:
            edits.append(Code(file=name, text=source[0], code=source["code"], whole=True))
    return tuple(edits)


def _inner(text: str) -> tuple[str, ...]:
    return tuple(code_lines(text.removeprefix("\n")))
