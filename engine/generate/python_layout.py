"""Indentation of Python pieces: dedented to parse, indented again to fit, with the text of strings left alone."""

import ast
import re
from collections.abc import Sequence

from engine.generate.lines import indent_of
from engine.generate.python_module import definitions, first_line, parsed, source_of


def fragment(code: str, qualname: str) -> str:
    """An answer's code as a module of its own: a method's indentation is taken off, what stands around it stays.

    `qualname` is the function it is about, empty when it is about none.
    """
    source = source_of(code)
    name = qualname.rsplit(".", 1)[-1]
    lines = source.split("\n")
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    readings = [source, "\n".join(_dedented(lines, indent_of(first))), _with_block_dedented(lines, name)]
    parsable = [(reading, tree) for reading in readings if (tree := parsed(reading)) is not None]
    for reading, tree in parsable:
        if not name or any(found in (name, qualname) for found, _, _ in definitions(tree)):
            return reading
    return parsable[0][0] if parsable else source


def _with_block_dedented(lines: Sequence[str], name: str) -> str:
    """The code with only the named function's block, which is indented below lines that are not, moved left."""
    begins = re.compile(rf"^[ \t]+(?:async[ ]+)?def[ ]+{re.escape(name)}\b")
    at = next((at for at, line in enumerate(lines) if begins.match(line)), 0)
    indent = indent_of(lines[at])
    start = at
    while start > 0 and lines[start - 1].startswith(indent + "@"):
        start -= 1
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(indent)):
        end += 1
    return "\n".join([*lines[:start], *_dedented(lines[start:end], indent), *lines[end:]])


def _dedented(lines: Sequence[str], indent: str) -> list[str]:
    return [line.removeprefix(indent) for line in lines]


def statement_lines(lines: Sequence[str], node: ast.stmt, *, comments: bool = False) -> list[str]:
    """The lines of a statement, with its decorators and, if asked, the comments directly above."""
    start = first_line(node) - 1
    while comments and start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return list(lines[start : node.end_lineno])


def reindented(made: Sequence[str], node: ast.stmt, sample: str, file_lines: Sequence[str]) -> list[str]:
    """The lines of statement `node` with the indentation of the line `sample`, in the file's tabs or spaces."""
    end = node.end_lineno or node.lineno
    offset = end - len(made) + 1
    text = _text_lines(node)
    old, new = indent_of(next(line for line in made if line.strip())), indent_of(sample)
    unit = _unit(made) if _uses_tabs(file_lines) and not _uses_tabs(made) else 0
    result = []
    for number, line in enumerate(made, offset):
        if number in text or not line.strip():
            result.append(line if number in text else "")
            continue
        rest = line.removeprefix(old)
        if unit:
            width = len(indent_of(rest))
            rest = "\t" * (width // unit) + " " * (width % unit) + rest.lstrip(" ")
        result.append(new + rest)
    return result


def _text_lines(node: ast.AST) -> set[int]:
    """Lines that begin inside a string, docstrings apart: moving them would change what the code does."""
    docstrings = {id(item.value) for item in ast.walk(node) if isinstance(item, ast.Expr)}
    return {
        line
        for item in ast.walk(node)
        if isinstance(item, ast.JoinedStr | ast.Constant) and id(item) not in docstrings
        for line in range(item.lineno + 1, (item.end_lineno or item.lineno) + 1)
        if isinstance(item, ast.JoinedStr) or isinstance(item.value, str | bytes)
    }


def _uses_tabs(lines: Sequence[str]) -> bool:
    indents = [line[0] for line in lines if line[:1] in ("\t", " ") and line.strip()]
    return indents.count("\t") * 2 > len(indents)


def _unit(lines: Sequence[str]) -> int:
    widths = [len(indent_of(line)) for line in lines if line.strip()]
    return min((width for width in widths if width), default=4)
