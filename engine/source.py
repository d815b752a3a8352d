"""Where the functions of a source file begin and end: the exact spans that every stage agrees on.

Tree-sitter reads broken files too, so a span is there while a person is in the middle of a change.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from engine.grammars import PREFIXES, READERS, WITH_LAMBDAS, WRAPPERS, Reader, parser

if TYPE_CHECKING:
    from tree_sitter import Node

LANGUAGES = {
    ".py": "Python", ".pyi": "Python", ".pyw": "Python", ".pyx": "Cython",
    ".c": "C", ".h": "C",
    ".cc": "C++", ".cpp": "C++", ".cxx": "C++", ".c++": "C++", ".hh": "C++", ".hpp": "C++", ".hxx": "C++",
    ".ipp": "C++", ".tpp": "C++", ".tcc": "C++", ".inl": "C++",
    ".cu": "CUDA", ".cs": "C#", ".rs": "Rust", ".go": "Go", ".java": "Java", ".kt": "Kotlin", ".swift": "Swift",
    ".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".jsx": "JavaScript",
    ".ts": "TypeScript", ".tsx": "TypeScript",
    ".f90": "Fortran", ".f": "Fortran", ".jl": "Julia", ".lua": "Lua", ".rb": "Ruby", ".php": "PHP", ".zig": "Zig",
}  # fmt: skip
"""Programming languages by the file's ending, in lower case."""


_CPP = re.compile(r"^[ \t]*(?:class|namespace|template)\b", re.MULTILINE)
"""C++ by its look: headers of both languages end in .h."""


class FunctionSpan(msgspec.Struct, frozen=True):
    """One function of a file; lines count from 1 and the span includes its last line."""

    qualname: str
    """`Class.method` and `outer.<locals>.inner` in Python, `space::Class::method` in C++, `Type.method` in Go."""
    line: int
    """First line, decorators and attributes (in C++: the `template` line) included."""
    end_line: int
    def_line: int
    """The line on which the definition itself begins."""


def language_of(path: str) -> str:
    """The programming language of a file by its ending, as in `Python` or `C++`; empty when it is not known."""
    suffix = PurePosixPath(path).suffix
    return "C++" if suffix in (".C", ".H") else LANGUAGES.get(suffix.lower(), "")


def functions(path: str, text: str, *, lambdas: bool = False) -> tuple[FunctionSpan, ...]:
    """The functions of a file in the order of their first lines; of a language without a grammar none.

    Lambdas and comprehensions belong to the function around them; with `lambdas`, a lambda of several lines, or one
    outside of any function, has a span of its own. Broken source is no error: what can still be read as a function is
    one.
    """
    root, language = syntax_tree(path, text)
    found = _spans(root, READERS[language], lambdas) if root is not None else ()
    return tuple(sorted(found, key=lambda span: (span.line, -span.end_line)))


def syntax_tree(path: str, text: str) -> tuple["Node | None", str]:
    """(root of the tree-sitter tree of a Python, C or C++ file, its language); of any other file no root."""
    language = language_of(path)
    if language not in READERS:
        return None, language
    # A lone carriage return ends a line for Python and for editors, but not for tree-sitter.
    source = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace")
    if language == "C" and _CPP.search(text):
        language = "C++"
    return parser(language).parse(source).root_node, language


def syntax_problems(path: str, text: str) -> tuple[int, ...]:
    """The lines at which a Python, C or C++ file cannot be read; none for a file of any other language."""
    language = language_of(path)
    if language not in READERS:
        return ()
    source = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace")
    pending = [parser(language).parse(source).root_node]
    found = []
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            found.append(node.start_point.row + 1)
        elif node.has_error:
            pending += node.children
    return tuple(sorted(found))


def innermost(spans: Iterable[FunctionSpan], line: int) -> FunctionSpan | None:
    """The smallest of the spans that holds `line`."""
    around = [span for span in spans if span.line <= line <= span.end_line]
    return min(around, key=lambda span: (span.end_line - span.line, -span.line), default=None)


def _spans(root: "Node", reader: Reader, lambdas: bool) -> Iterator[FunctionSpan]:
    """Walks with a stack of its own, since generated code can be nested deeper than Python recurses."""
    leaves = WITH_LAMBDAS if lambdas else reader.leaves
    pending: list[tuple[Node, str, int, bool]] = [(root, "", 0, False)]
    while pending:
        node, prefix, begins, in_function = pending.pop()
        opened = reader.scope(node)
        if opened:
            name, kind = opened
            line, last = node.start_point.row + 1, _last_line(node)
            wanted = kind == "function" or (kind == "lambda" and lambdas and (last > line or not in_function))
            if wanted:
                yield FunctionSpan(prefix + name, begins or line, max(last, line), line)
            if kind == "scope" or wanted:
                prefix += name + (reader.after_class if kind == "scope" else reader.after_function)
            in_function = in_function or kind == "function"
        begins = (begins or node.start_point.row + 1) if node.type in WRAPPERS else 0
        for child in node.named_children:
            if child.type in PREFIXES:
                begins = begins or child.start_point.row + 1
            elif child.type not in leaves:
                pending.append((child, prefix, begins, in_function))
                begins = begins if node.type in WRAPPERS else 0


def _last_line(node: "Node") -> int:
    """A node that ends at the start of a line has no part of that line."""
    return node.end_point.row + (1 if node.end_point.column else 0)
