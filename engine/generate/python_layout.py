"""Indentation of Python pieces: dedented to parse, indented again to fit, with the text of strings left alone."""

import ast
import io
import re
import tokenize
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


def reindented(
    made: Sequence[str], first: int, inside_text: frozenset[int], sample: str, file_lines: Sequence[str]
) -> list[str]:
    """The lines with the indentation of the line `sample`, in the file's tabs or spaces.

    `first` is the number of the first of them in the answer, whose lines `inside_text` must not move.
    """
    old, new = indent_of(next(line for line in made if line.strip())), indent_of(sample)
    unit = _unit(made) if _uses_tabs(file_lines) and not _uses_tabs(made) else 0
    result = []
    for number, line in enumerate(made, first):
        if number in inside_text or not line.strip():
            result.append(line if number in inside_text else "")
            continue
        rest = line.removeprefix(old)
        if unit:
            width = len(indent_of(rest))
            rest = "\t" * (width // unit) + " " * (width % unit) + rest.lstrip(" ")
        result.append(new + rest)
    return result


def lines_inside_text(source: str) -> frozenset[int]:
    """The numbers of lines that begin inside a string, docstrings apart: moving them would change what code does."""
    tree = parsed(source)
    docstrings = {item.value.lineno for item in ast.walk(tree) if isinstance(item, ast.Expr)} if tree else set()
    inside: set[int] = set()
    open_since: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            name = tokenize.tok_name[token.type]
            if name == "FSTRING_START":  # from Python 3.12 on, an f-string is several tokens
                open_since.append(token.start[0])
            start = open_since.pop() if name == "FSTRING_END" else token.start[0]
            if name in ("STRING", "FSTRING_END") and start not in docstrings:
                inside |= set(range(start + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):
        return frozenset()  # ast reads a little more than tokenize; then all lines move alike
    return frozenset(inside)


def _uses_tabs(lines: Sequence[str]) -> bool:
    indents = [line[0] for line in lines if line[:1] in ("\t", " ") and line.strip()]
    return indents.count("\t") * 2 > len(indents)


def _unit(lines: Sequence[str]) -> int:
    widths = [len(indent_of(line)) for line in lines if line.strip()]
    return min((width for width in widths if width), default=4)
