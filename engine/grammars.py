"""How each language's grammar writes down functions and the scopes around them; only engine.source asks.

The grammars are imported at first use: they are needed in the engine only, and only once it reads code.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

Kind = Literal["scope", "function", "lambda"]


class Reader(NamedTuple):
    """How the scopes of a language are found and how their names are joined."""

    scope: Callable[["Node"], tuple[str, Kind] | None]
    """(the name of the scope that a node opens, what it is); None when it opens none."""
    after_class: str
    after_function: str
    leaves: frozenset[str]
    """Nodes in which no function with a name can be: left out for speed."""


def _python(node: "Node") -> tuple[str, Kind] | None:
    if node.type == "lambda":
        return "<lambda>", "lambda"
    if node.type not in ("function_definition", "class_definition"):
        return None
    name = _text(node.child_by_field_name("name"))
    return (name, "function" if node.type == "function_definition" else "scope") if name else None


def _c(node: "Node") -> tuple[str, Kind] | None:
    if node.type in ("namespace_definition", "class_specifier", "struct_specifier", "union_specifier"):
        name = _text(node.child_by_field_name("name"))
        return (name, "scope") if name and node.child_by_field_name("body") else None
    if node.type == "lambda_expression":
        return "{lambda}", "lambda"
    if node.type != "function_definition" or node.child_by_field_name("body") is None:
        return None
    name = _declared(node.child_by_field_name("declarator"))
    return (name, "function") if name else None


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


def _rust(node: "Node") -> tuple[str, Kind] | None:
    if node.type == "closure_expression":
        return "{{closure}}", "lambda"
    if node.type == "impl_item":
        return _bare_type(node.child_by_field_name("type")), "scope"
    if node.type in ("function_item", "mod_item", "trait_item") and node.child_by_field_name("body") is not None:
        name = _text(node.child_by_field_name("name"))
        return name, "function" if node.type == "function_item" else "scope"
    return None


def _go(node: "Node") -> tuple[str, Kind] | None:
    if node.type == "func_literal":
        return "func", "lambda"
    if node.type not in ("function_declaration", "method_declaration") or node.child_by_field_name("body") is None:
        return None
    name = _text(node.child_by_field_name("name"))
    receiver = node.child_by_field_name("receiver")
    of = _bare_type(receiver.named_children[0].child_by_field_name("type")) if receiver else ""
    return (f"{of}.{name}" if of else name), "function"


def _java(node: "Node") -> tuple[str, Kind] | None:
    if node.type == "lambda_expression":
        return "lambda", "lambda"
    if node.type == "static_initializer":
        return "<clinit>", "function"
    types = ("class_declaration", "interface_declaration", "enum_declaration", "record_declaration")
    functions = ("method_declaration", "constructor_declaration", "compact_constructor_declaration")
    if node.type not in (*types, *functions) or node.child_by_field_name("body") is None:
        return None
    name = _text(node.child_by_field_name("name"))
    return (name, "scope" if node.type in types else "function") if name else None


def _javascript(node: "Node") -> tuple[str, Kind] | None:
    if node.type in ("class_declaration", "class"):
        name = _text(node.child_by_field_name("name"))
        return (name, "scope") if name else None
    if node.type in ("function_declaration", "generator_function_declaration", "method_definition"):
        return _text(node.child_by_field_name("name")) or "<anonymous>", "function"
    if node.type not in ("arrow_function", "function_expression", "generator_function"):
        return None
    name = _text(node.child_by_field_name("name")) or _bound_name(node)
    return (name, "function") if name else ("<anonymous>", "lambda")


def _bound_name(node: "Node") -> str:
    """What a function without a name of its own is bound to: engines show that name."""
    around = node.parent
    fields = {
        "variable_declarator": "name",
        "assignment_expression": "left",
        "pair": "key",
        "field_definition": "property",
    }
    field = fields.get(around.type) if around is not None else None
    if around is None or field is None:
        return ""
    return _text(around.child_by_field_name(field)).removeprefix("module.").removeprefix("exports.")


def _bare_type(node: "Node | None") -> str:
    """`Parser` of `*Parser[T]` and of `space::Parser<T>`."""
    while node is not None:
        inner = node.child_by_field_name("type") or node.child_by_field_name("name")
        if inner is None and node.type in ("pointer_type", "reference_type"):
            inner = node.named_children[-1] if node.named_children else None
        if inner is None:
            break
        node = inner
    return _text(node)


def _text(node: "Node | None") -> str:
    return node.text.decode("utf-8", errors="replace") if node is not None and node.text else ""


_PLAIN = frozenset({"comment", "line_comment", "block_comment", "string", "string_literal", "preproc_include"})
_PYTHON_LEAVES = _PLAIN | {"expression_statement", "parameters", "decorator", "call"}
_C_LEAVES = _PLAIN | {"expression_statement", "parameter_list", "call_expression"}
READERS = {
    "Python": Reader(_python, ".", ".<locals>.", _PYTHON_LEAVES),
    "C": Reader(_c, "::", "::", _C_LEAVES),
    "C++": Reader(_c, "::", "::", _C_LEAVES),
    "CUDA": Reader(_c, "::", "::", _C_LEAVES),
    "Rust": Reader(_rust, "::", "::", _PLAIN),
    "Go": Reader(_go, ".", ".", _PLAIN),
    "Java": Reader(_java, ".", ".", _PLAIN),
    "JavaScript": Reader(_javascript, ".", ".", _PLAIN),
}
WRAPPERS = frozenset({"decorated_definition", "template_declaration"})
"""A function inside of one begins where the wrapper does."""
PREFIXES = frozenset({"attribute_item", "decorator"})
"""A function that directly follows one begins where the prefix does."""
WITH_LAMBDAS = _PLAIN
"""What is left out where lambdas are looked for as well."""
_MODULES = {"C++": "cpp", "CUDA": "cpp"}


@cache
def parser(language: str) -> "Parser":
    """The parser of a language that has a reader."""
    import tree_sitter

    grammar = import_module(f"tree_sitter_{_MODULES.get(language, language.lower())}")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language()))
