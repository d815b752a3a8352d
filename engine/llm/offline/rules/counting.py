"""`values.count(x)` in a loop becomes one Counter made before it."""

import ast

from engine.llm.offline.code import Code, Rewrite
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import stable
from engine.llm.offline.rules import Rule


def find(code: Code) -> Rewrite | None:
    """The next list that a loop counts values in, and that does not change meanwhile."""
    kinds = Kinds(code)
    for node in code.own:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as values, attr="count"), args=[value]):
                kind = kinds.of(values)
                if kind.name != "list" or not kind.element.hashable or not kinds.of(value).hashable:
                    continue
                loops = [loop for loop in code.loops(node) if stable(code, kinds, name, loop)]
                if loops and code.alone(code.statement(loops[-1])):
                    return _rewrite(code, node, name, code.statement(loops[-1]))
    return None


RULE = Rule("counting", r"count|look-?ups?|dict|index|quadratic|complexity|data structures?", find)


def _rewrite(code: Code, node: ast.Call, name: str, place: ast.stmt) -> Rewrite:
    counts = code.fresh(f"{name}_counts")
    return Rewrite(
        (
            code.before(place, f"{counts} = Counter({name})"),
            code.replace(node, f"{counts}[{code.source(node.args[0])}]"),
        ),
        f"Each `{name}.count(…)` walks the whole list again, in a loop. A Counter walks it once and then answers in "
        "constant time.",
        imports=("from collections import Counter",),
    )
