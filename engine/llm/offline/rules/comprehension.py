"""A loop that only appends to a new list becomes a list comprehension."""

import ast

from engine.llm.offline.code import COMPREHENSIONS, Code, Edit, Rewrite, names_in
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import LocalList, captured, local_lists
from engine.llm.offline.rules import Rule

LONGEST_LINE = 100
AWAY = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, *COMPREHENSIONS)


def find(code: Code) -> Rewrite | None:
    """The next such list, when its loop follows its making and the loop's variable is not used later."""
    kinds = Kinds(code)
    for item in local_lists(code, kinds):
        block = code.block(item.made)
        place = block.index(item.made) + 1
        loop = block[place] if place < len(block) else None
        if isinstance(loop, ast.For) and not loop.orelse and code.alone(loop) and not code.commented(item.made, loop):
            found = _parts(item, loop)
            if found and _is_plain(code, kinds, item, loop):
                return _rewrite(code, item, loop, *found)
    return None


RULE = Rule("comprehension", r"comprehension|append|\bloops?\b", find)


def _parts(item: LocalList, loop: ast.For) -> tuple[ast.expr, ast.expr | None] | None:
    """(the value appended, the condition) when the loop does nothing else."""
    match loop.body:
        case [ast.Expr(value=ast.Call(func=func, args=[value], keywords=[]))]:
            condition = None
        case [ast.If(test=condition, body=[ast.Expr(value=ast.Call(func=func, args=[value], keywords=[]))], orelse=[])]:
            pass
        case _:
            return None
    match func:
        case ast.Attribute(value=ast.Name(id=item.name), attr="append"):
            return value, condition
    return None


def _is_plain(code: Code, kinds: Kinds, item: LocalList, loop: ast.For) -> bool:
    inside = set(ast.walk(loop))
    own_uses = [node for node in inside if isinstance(node, ast.Name) and node.id == item.name]
    targets = names_in(loop.target)
    leaking = any(isinstance(n, ast.Name) and n.id in targets and n not in inside for n in code.own)
    nested = any(captured(code, name) for name in targets)
    special = any(isinstance(n, AWAY) or (isinstance(n, ast.Name) and n.id == "super") for n in inside)
    walk: ast.AST = loop
    while walk is not code.function:
        walk = code.parents[walk]
        # What was collected before an exception would be visible to a handler.
        if isinstance(walk, ast.Try):
            return False
    fields = all(isinstance(n, (ast.Name, ast.Tuple)) for n in ast.walk(loop.target) if isinstance(n, ast.expr))
    parameters = targets & kinds.parameters.keys()
    return len(own_uses) == 1 and fields and not (leaking or nested or special or parameters)


def _rewrite(code: Code, item: LocalList, loop: ast.For, value: ast.expr, condition: ast.expr | None) -> Rewrite:
    assert item.made.value is not None
    start, end = code.span(item.made.value)
    parts = [code.source(value), f"for {code.source(loop.target)} in {_in_clause(code, loop.iter)}"]
    if condition is not None:
        parts.append(f"if {_in_clause(code, condition)}")
    column = start - code.text.rfind("\n", 0, start)
    indent = code.indent(loop)
    text = f"[{' '.join(parts)}]"
    if column + len(text) > LONGEST_LINE or "\n" in text:
        text = "[\n" + "".join(f"{indent}    {part}\n" for part in parts) + f"{indent}]"
    return Rewrite(
        (Edit(start, end, text), code.without(loop, since=item.made)),
        f"The loop only fills `{item.name}`; a list comprehension does that without a method call in each round.",
    )


def _in_clause(code: Code, node: ast.expr) -> str:
    """The text of `node`, in brackets where a comprehension's grammar needs them."""
    bare = code.source(node)
    return f"({bare})" if isinstance(node, (ast.IfExp, ast.Lambda, ast.Tuple)) else bare
