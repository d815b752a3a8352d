"""A table of constants that is built on each call is built once, at module level."""

import ast

from engine.llm.offline.code import Code, Rewrite, words
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import captured
from engine.llm.offline.rules import Rule

FEWEST_ENTRIES = 3
LOOKING = words("get items keys values index count")


def find(code: Code) -> Rewrite | None:
    """The next local list, set or dict of constants that is only read."""
    kinds = Kinds(code)
    for name, bindings in kinds.bindings.items():
        made = code.parents[bindings[0]]
        if len(bindings) != 1 or name in kinds.parameters or captured(code, name) or not isinstance(made, ast.Assign):
            continue
        if len(made.targets) == 1 and _is_table(made.value) and code.alone(made) and _has_company(code, made):
            loads = [n for n in code.own if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
            if loads and all(_only_looks(code, node) for node in loads):
                return _rewrite(code, name, made, loads)
    return None


RULE = Rule("precompute", r"precomput|constants?\b|redundant|cach|rebuilt|table", find)


def _is_table(node: ast.expr) -> bool:
    match node:
        case ast.Dict(keys=keys, values=values):
            entries = [*keys, *values]
            size = len(keys)
        case ast.List(elts=entries) | ast.Set(elts=entries):
            size = len(entries)
        case _:
            return False
    return size >= FEWEST_ENTRIES and all(entry is not None and _is_constant(entry) for entry in entries)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Tuple) and all(_is_constant(i) for i in node.elts))


def _has_company(code: Code, made: ast.stmt) -> bool:
    """Whether its block keeps other statements when it goes."""
    return len(code.block(made)) > 1


def _only_looks(code: Code, node: ast.Name) -> bool:
    parent = code.parents[node]
    match parent:
        case ast.Subscript(ctx=ast.Load()):
            return node is parent.value
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return node is parent.comparators[0]
        case ast.For() | ast.comprehension():
            return node is parent.iter
        case ast.Attribute(attr=method):
            above = code.parents[parent]
            return (
                method in LOOKING
                and isinstance(above, ast.Call)
                and above.func is parent
                and _is_used_here(code, above)
            )
        case ast.Call(func=ast.Name(id="len" | "enumerate" | "sorted" | "max" | "min" | "sum")):
            return True
    return False


def _is_used_here(code: Code, call: ast.Call) -> bool:
    """Whether what `.items()` and its like give is not kept: it would show later changes, were there any."""
    return not isinstance(code.parents[call], (ast.Yield, ast.YieldFrom))


def _rewrite(code: Code, name: str, made: ast.Assign, loads: list[ast.Name]) -> Rewrite:
    fresh = code.fresh(f"_{name.strip('_').upper()}")
    indent = code.indent(made)
    value = code.source(made.value).replace(f"\n{indent}", "\n")
    return Rewrite(
        (code.without(made), *(code.replace(node, fresh) for node in loads)),
        f"The table `{name}` holds only constants, yet each call of `{code.function.name}` builds it again. It is now "
        f"built once, as `{fresh}`.",
        definitions=(f"{fresh} = {value}",),
    )
