"""Expressions that give the same value in each round of a loop are evaluated once before it.

Only expressions that cannot fail are moved, so that it does not matter when the loop runs no round at all.
"""

import ast
from typing import TypeGuard

from engine.llm.offline.code import Code, Loop, Rewrite, names_in, same, stored_in, words
from engine.llm.offline.kinds import INT, STR, Kinds
from engine.llm.offline.lists import captured, stable
from engine.llm.offline.rules import Rule

SAFE_METHODS = words(
    "capitalize casefold lower lstrip replace removeprefix removesuffix rstrip strip swapcase title upper"
)
MEASURED = ("str", "bytes", "list", "tuple")


def find(code: Code) -> Rewrite | None:
    """The next, and of nested ones the largest, expression that a loop need not repeat."""
    kinds = Kinds(code)
    for node in code.own:
        if isinstance(node, ast.expr) and _is_movable(kinds, node):
            loops = [loop for loop in code.loops(node) if _is_invariant(code, kinds, node, loop)]
            if loops and code.alone(code.statement(loops[-1])):
                return _rewrite(code, node, loops[-1])
    return None


RULE = Rule("hoisting", r"invariant|hoist|\bloops?\b|needless|repeated", find)


def _is_movable(kinds: Kinds, node: ast.expr) -> bool:
    """Whether `node` is worth moving and cannot fail."""
    match node:
        case ast.Call(func=ast.Attribute(value=text, attr=method), args=args, keywords=[]):
            plain = all(isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in args)
            return method in SAFE_METHODS and plain and kinds.of(text) == STR and _cannot_fail(kinds, text)
        case ast.Call():
            return _is_length(node, kinds)
        case ast.BinOp():
            steps = sum(isinstance(item, ast.BinOp) for item in ast.walk(node))
            # A single sum of numbers costs less than the line that would hold it.
            worth = kinds.of(node) == STR or steps > 1
            return worth and bool(names_in(node)) and _cannot_fail(kinds, node)
        case ast.Attribute():
            return _is_frozen_field(kinds, node)
    return False


def _cannot_fail(kinds: Kinds, node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.Name():
            return kinds.of(node) in (STR, INT)
        case ast.BinOp(op=ast.Add() | ast.Mult() | ast.Sub()):
            known = kinds.of(node) in (STR, INT)
            return known and _cannot_fail(kinds, node.left) and _cannot_fail(kinds, node.right)
    return not isinstance(node, ast.BinOp) and _is_movable(kinds, node)


def _is_frozen_field(kinds: Kinds, node: ast.Attribute) -> bool:
    """Whether it reads a field of a NamedTuple of this file."""
    if not isinstance(node.value, ast.Name) or not isinstance(node.ctx, ast.Load):
        return False
    found = kinds.classes.get(kinds.of(node.value).name.removeprefix("class:"))
    if found is None:
        return False
    fields = [item.target for item in found.body if isinstance(item, ast.AnnAssign)]
    tuple_like = any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in found.bases)
    return tuple_like and any(isinstance(field, ast.Name) and field.id == node.attr for field in fields)


def _is_invariant(code: Code, kinds: Kinds, node: ast.expr, loop: Loop) -> bool:
    names = names_in(node) - {"len"}
    if names & stored_in(code.statement(loop)) or any(captured(code, name) for name in names):
        return False
    bound = kinds.bindings.keys() | kinds.parameters.keys() | kinds.constants.keys()
    if not names <= bound:
        return False
    measured = [item.args[0] for item in ast.walk(node) if _is_length(item, kinds)]
    return all(isinstance(item, ast.Name) and stable(code, kinds, item.id, loop) for item in measured)


def _is_length(node: ast.AST, kinds: Kinds) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name() as values], keywords=[]):
            return "len" not in kinds.bindings and kinds.of(values).name in MEASURED
    return False


def _rewrite(code: Code, node: ast.expr, loop: Loop) -> Rewrite:
    name = code.fresh(_name(node))
    alike = [item for item in ast.walk(loop) if isinstance(item, ast.expr) and same(item, node)]
    text = code.source(node)
    return Rewrite(
        (code.before(code.statement(loop), f"{name} = {text}"), *(code.replace(item, name) for item in alike)),
        f"`{text}` gives the same value in each round of the loop; it is now evaluated once, before it.",
    )


def _name(node: ast.expr) -> str:
    first = next((item.id for item in ast.walk(node) if isinstance(item, ast.Name) and item.id != "len"), "value")
    match node:
        case ast.Call(func=ast.Attribute(attr=method)):
            return f"{first}_{method}"
        case ast.Call():
            return f"{first}_length"
        case ast.Attribute(attr=attribute):
            return f"{first}_{attribute}"
    return f"{first}_term"
