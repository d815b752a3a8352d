"""The cheat lens for C and C++, on tree-sitter's tree."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lens.finding import Finding, added
from engine.lens.yardstick import is_peculiar
from engine.source import syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node

SLEEPS = frozenset("sleep usleep nanosleep sleep_for sleep_until Sleep clock_nanosleep".split())  # noqa: SIM905
CLOCKS = frozenset("clock clock_gettime gettimeofday times getrusage __rdtsc __rdtscp rdtsc".split())  # noqa: SIM905
ENVIRONMENT = frozenset("getenv secure_getenv".split())  # noqa: SIM905
CHECKS = frozenset("assert abort static_assert exit _exit".split())  # noqa: SIM905
_FAST = re.compile(
    r"fast-math|Ofast|associative-math|fp_contract|float_control|unsafe-math|finite-math|reciprocal-math"
)
_LOOSE = re.compile(r"_Float16|__fp16|__bf16")
_TOLERANCE = re.compile(r"(?i)\b(\w*(?:epsilon|eps|tolerance|tol))\b\s*(?:=|\s)\s*([\d.]+(?:e[-+]?\d+)?)")


def findings(path: str, before: str, after: str, inputs: frozenset[str]) -> Iterator[Finding]:
    """What is new in `after`."""
    old, _ = syntax_tree(path if before else "empty.c", before)
    new, _ = syntax_tree(path, after)
    if new is None or old is None:
        return
    yield from added(list(_seen(old, inputs)), list(_seen(new, inputs)))
    yield from _narrowed(old, new)
    yield from _removed_checks(old, new)


def _seen(root: "Node", inputs: frozenset[str]) -> Iterator[Finding]:
    for node in _walk(root):
        line, text = node.start_point.row + 1, _text(node)
        match node.type:
            case "call_expression":
                yield from _call(_last_name(_text(node.child_by_field_name("function"))), line)
            case "preproc_call" | "attribute_specifier" | "attribute_declaration" | "preproc_def":
                yield from _directive(text, line)
            case "declaration":
                yield from _static(node, text, line)
            case "number_literal" | "string_literal" | "string_content":
                literal = text.strip('"').rstrip("uUlLfF") if node.type != "number_literal" else text.rstrip("uUlLfF")
                if literal in inputs and is_peculiar(literal) and _compared(node):
                    said = f"Singles out {literal[:40]!r}, which is one of the benchmark's own inputs."
                    yield Finding("special case", line, said, literal)
            case "primitive_type" | "type_identifier" if _LOOSE.fullmatch(text):
                yield Finding("tolerance", line, f"`{text}` holds fewer digits.", text)


def _call(name: str, line: int) -> Iterator[Finding]:
    if name in SLEEPS:
        yield Finding("timer", line, f"`{name}` waits: waiting is no work, and hides from a CPU clock.", name)
    elif name in CLOCKS or (name == "now"):
        yield Finding("timer", line, f"Reads a clock (`{name}`): the code can tell when it is timed.", name)
    elif name in ENVIRONMENT:
        yield Finding("timer", line, "Reads the environment: the code can tell where it runs.", name)


def _directive(text: str, line: int) -> Iterator[Finding]:
    shown = " ".join(text.split())[:60]
    if _FAST.search(text):
        yield Finding("tolerance", line, f"`{shown}` lets floating-point results differ.", shown)
    if re.search(r"\bNDEBUG\b", text):
        yield Finding("removed check", line, f"`{shown}` switches asserts off.", shown)
    if re.search(r"\b(?:constructor|init_priority)\b", text):
        yield Finding("import time", line, f"`{shown}` runs code before main.", shown)
    if tolerance := _TOLERANCE.search(text):
        yield Finding("tolerance", line, f"Sets the tolerance `{tolerance[1]}` to {tolerance[2]}.", tolerance[0])


def _static(node: "Node", text: str, line: int) -> Iterator[Finding]:
    """Variables that outlive a call, and tolerances by name."""
    kinds = [_text(child) for child in node.named_children if child.type == "storage_class_specifier"]
    constant = any(_text(child) in ("const", "constexpr") for child in node.named_children)
    inside = _enclosing(node, "function_definition") is not None
    key = " ".join(text.split())
    if "static" in kinds or "thread_local" in kinds:
        if inside and not constant:
            said = "A static variable in a function keeps what it holds from one call to the next."
            yield Finding("result cache", line, said, key)
        elif _initialised_by_call(node):
            yield Finding(
                "import time", line, "A static variable is computed once, outside of the calls measured.", key
            )
    elif not inside and not constant and _initialised_by_call(node):
        yield Finding("import time", line, "A global variable is computed before main.", key)
    if tolerance := _TOLERANCE.search(text):
        yield Finding("tolerance", line, f"Sets the tolerance `{tolerance[1]}` to {tolerance[2]}.", tolerance[0])


def _initialised_by_call(node: "Node") -> bool:
    values = (child.child_by_field_name("value") for child in node.named_children if child.type == "init_declarator")
    inner = (item for value in values if value is not None for item in _walk(value))
    return any(item.type in ("call_expression", "lambda_expression") for item in inner)


def _compared(node: "Node") -> bool:
    """Whether a literal decides: it is compared with, a case, or an argument of a comparing function."""
    parent = node.parent if node.type != "string_content" else node.parent and node.parent.parent
    if parent is None:
        return False
    if parent.type == "case_statement":
        return True
    if parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        return operator is not None and _text(operator) in ("==", "!=")
    call = parent.parent
    return parent.type == "argument_list" and call is not None and "cmp" in _text(call.child_by_field_name("function"))


def _narrowed(old: "Node", new: "Node") -> Iterator[Finding]:
    """Functions in which `float` stands where there was `double`."""
    before = {name: _types(node) for name, node in _functions(old)}
    for name, node in _functions(new):
        now = _types(node)
        if name in before and now["double"] < before[name]["double"] and now["float"] > before[name]["float"]:
            line = next(item.start_point.row + 1 for item in _walk(node) if _text(item) == "float")
            yield Finding("tolerance", line, f"{name} computes with float where it had double.")


def _types(node: "Node") -> Counter[str]:
    return Counter(_text(item) for item in _walk(node) if item.type == "primitive_type")


def _removed_checks(old: "Node", new: "Node") -> Iterator[Finding]:
    """Asserts and guarded early exits that are nowhere in the new text, of functions that still are."""
    lines = {name: node.start_point.row + 1 for name, node in _functions(new)}
    kept = Counter(check for _, node in _functions(new) for check in _checks(node))
    for name, node in _functions(old):
        for check in _checks(node) if name in lines else ():
            if kept[check] > 0:
                kept[check] -= 1
            else:
                yield Finding("removed check", lines[name], f"{name} no longer has `{check[:60]}`.")


def _checks(function: "Node") -> Iterator[str]:
    for node in _walk(function):
        if node.type == "throw_statement":
            yield "throw"
        elif node.type == "call_expression" and _last_name(_text(node.child_by_field_name("function"))) in CHECKS:
            yield " ".join(_text(node).split())


def _functions(root: "Node") -> Iterator[tuple[str, "Node"]]:
    for node in _walk(root):
        if node.type == "function_definition":
            declared = _text(node.child_by_field_name("declarator"))
            yield declared.partition("(")[0].strip(" *&"), node


def _enclosing(node: "Node", kind: str) -> "Node | None":
    parent = node.parent
    while parent is not None and parent.type != kind:
        parent = parent.parent
    return parent


def _walk(root: "Node") -> Iterator["Node"]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.named_children))


def _last_name(text: str) -> str:
    return re.split(r"::|->|\.", text)[-1].strip()


def _text(node: "Node | None") -> str:
    return node.text.decode("utf-8", errors="replace") if node is not None and node.text else ""
