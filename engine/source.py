"""Where the functions of a source file begin and end: the exact spans that every stage agrees on.

Tree-sitter reads broken files too, so a span is there while a person is in the middle of a change. The grammars
are imported at first use: they are needed in the engine only, and only once it reads code.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LANGUAGES = {
    ".py": "Python", ".pyi": "Python", ".pyw": "Python", ".pyx": "Cython",
    ".c": "C", ".h": "C",
    ".cc": "C++", ".cpp": "C++", ".cxx": "C++", ".c++": "C++", ".hh": "C++", ".hpp": "C++", ".hxx": "C++",
    ".cu": "CUDA", ".cs": "C#", ".rs": "Rust", ".go": "Go", ".java": "Java", ".kt": "Kotlin", ".swift": "Swift",
    ".js": "JavaScript", ".mjs": "JavaScript", ".jsx": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript",
    ".f90": "Fortran", ".f": "Fortran", ".jl": "Julia", ".lua": "Lua", ".rb": "Ruby", ".php": "PHP", ".zig": "Zig",
}  # fmt: skip
"""Programming languages by the file's ending, in lower case."""


_CPP = re.compile(r"^[ \t]*(?:class|namespace|template)\b", re.MULTILINE)
"""C++ by its look: headers of both languages end in .h."""


class FunctionSpan(msgspec.Struct, frozen=True):
    """One function of a file; lines count from 1 and the span includes its last line."""

    qualname: str
    """`Class.method` and `outer.<locals>.inner` in Python, `space::Class::method` in C++."""
    line: int
    """First line, decorators (in C++: the `template` line) included."""
    end_line: int
    def_line: int
    """The line on which the definition itself begins."""


def language_of(path: str) -> str:
    """The programming language of a file by its ending, as in `Python` or `C++`; empty when it is not known."""
    suffix = PurePosixPath(path).suffix
    return "C++" if suffix in (".C", ".H") else LANGUAGES.get(suffix.lower(), "")


def functions(path: str, text: str) -> tuple[FunctionSpan, ...]:
    """The functions of a Python, C or C++ file in the order of their first lines; of any other file none.

    Lambdas and comprehensions belong to the function around them. Broken source is no error: what can still be
    read as a function is one.
    """
    language = language_of(path)
    if language not in _READERS:
        return ()
    # A lone carriage return ends a line for Python and for editors, but not for tree-sitter.
    source = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace")
    if language == "C" and _CPP.search(text):
        language = "C++"
    root = _parser(language).parse(source).root_node
    found = _spans(root, _READERS[language])
    return tuple(sorted(found, key=lambda span: (span.line, -span.end_line)))


def innermost(spans: Iterable[FunctionSpan], line: int) -> FunctionSpan | None:
    """The smallest of the spans that holds `line`."""
    around = [span for span in spans if span.line <= line <= span.end_line]
    return min(around, key=lambda span: (span.end_line - span.line, -span.line), default=None)


class _Reader(NamedTuple):
    """How the scopes of a language are found and how their names are joined."""

    scope: Callable[["Node"], tuple[str, bool] | None]
    """(the name of the scope that a node opens, whether it is a function)."""
    after_class: str
    after_function: str


def _spans(root: "Node", reader: _Reader) -> Iterator[FunctionSpan]:
    """Walks with a stack of its own, since generated code can be nested deeper than Python recurses."""
    pending: list[tuple[Node, str, int]] = [(root, "", 0)]
    while pending:
        node, prefix, wrapped_from = pending.pop()
        opened = reader.scope(node)
        if opened:
            name, is_function = opened
            if is_function:
                line = node.start_point.row + 1
                yield FunctionSpan(prefix + name, wrapped_from or line, max(_last_line(node), line), line)
            prefix += name + (reader.after_function if is_function else reader.after_class)
        wrapped_from = (wrapped_from or node.start_point.row + 1) if node.type in _WRAPPERS else 0
        pending.extend((child, prefix, wrapped_from) for child in node.named_children if child.type not in _LEAVES)


def _last_line(node: "Node") -> int:
    """A node that ends at the start of a line has no part of that line."""
    return node.end_point.row + (1 if node.end_point.column else 0)


_WRAPPERS = {"decorated_definition", "template_declaration"}
_LEAVES = {"expression_statement", "comment", "parameters", "parameter_list", "decorator", "string", "call_expression"}
"""Nodes in which no function with a name can be: left out for speed."""


def _python(node: "Node") -> tuple[str, bool] | None:
    if node.type not in ("function_definition", "class_definition"):
        return None
    name = _text(node.child_by_field_name("name"))
    return (name, node.type == "function_definition") if name else None


def _c(node: "Node") -> tuple[str, bool] | None:
    if node.type in ("namespace_definition", "class_specifier", "struct_specifier", "union_specifier"):
        name = _text(node.child_by_field_name("name"))
        return (name, False) if name and node.child_by_field_name("body") else None
    if node.type != "function_definition" or node.child_by_field_name("body") is None:
        return None
    name = _declared(node.child_by_field_name("declarator"))
    return (name, True) if name else None


def _declared(node: "Node | None") -> str:
    """The name inside `*(*name(args))[3]`, empty when it is no function's; the rest says what it returns."""
    is_function = False
    while node is not None:
        is_function = is_function or node.type in ("function_declarator", "operator_cast")
        inner = None if node.type == "operator_cast" else node.child_by_field_name("declarator")
        if inner is None and node.type in ("reference_declarator", "parenthesized_declarator", "attributed_declarator"):
            inner = next(iter(node.named_children), None)
        if inner is None:
            text = _text(node).partition("(")[0] if node.type == "operator_cast" else _text(node)
            return " ".join(text.split()) if is_function else ""
        node = inner
    return ""


def _text(node: "Node | None") -> str:
    return node.text.decode("utf-8", errors="replace") if node is not None and node.text else ""


_READERS = {
    "Python": _Reader(_python, ".", ".<locals>."),
    "C": _Reader(_c, "::", "::"),
    "C++": _Reader(_c, "::", "::"),
}


@cache
def _parser(language: str) -> "Parser":
    import tree_sitter
    import tree_sitter_c
    import tree_sitter_cpp
    import tree_sitter_python

    grammars = {"Python": tree_sitter_python, "C": tree_sitter_c, "C++": tree_sitter_cpp}
    return tree_sitter.Parser(tree_sitter.Language(grammars[language].language()))
