"""Sorting everything for a few values, or again in each round of a loop."""

import ast

from engine.llm.offline.code import Code, Rewrite, names_in
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import stable
from engine.llm.offline.rules import Rule


def find(code: Code) -> Rewrite | None:
    """The next sort that does more than is asked of it."""
    kinds = Kinds(code)
    for node in code.own:
        match node:
            case ast.Subscript(value=ast.Call(func=ast.Name(id="sorted")) as call, ctx=ast.Load()):
                rewrite = _few(code, kinds, node, call) or _again(code, kinds, call)
                if rewrite:
                    return rewrite
    return None


RULE = Rule("sorting", r"\bsort|heap|minimum|maximum|complexity|algorithm|n log n", find)


def _few(code: Code, kinds: Kinds, node: ast.Subscript, call: ast.Call) -> Rewrite | None:
    match node.slice:
        case ast.Slice(lower=None, upper=ast.Constant(value=int() as count), step=None) if count > 0:
            return _largest(code, node, call, count)
        case ast.Constant(value=0):
            return _extreme(code, kinds, node, call, "min")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return _extreme(code, kinds, node, call, "max")
    return None


def _largest(code: Code, node: ast.Subscript, call: ast.Call, count: int) -> Rewrite | None:
    """`sorted(x)[:k]`: heapq documents that its two functions give the same, order of equals included."""
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    backwards = options.pop("reverse", None)
    if len(call.args) != 1 or set(options) - {"key"} or not isinstance(backwards, (ast.Constant, type(None))):
        return None
    name = "nlargest" if backwards is not None and backwards.value else "nsmallest"
    key = f", key={code.source(options['key'])}" if "key" in options else ""
    return Rewrite(
        (code.replace(node, f"heapq.{name}({count}, {code.source(call.args[0])}{key})"),),
        f"All values are sorted to take {count} of them. `heapq.{name}` keeps only as many while it walks them once, "
        "and returns the same values in the same order.",
        imports=("import heapq",),
    )


def _extreme(code: Code, kinds: Kinds, node: ast.Subscript, call: ast.Call, name: str) -> Rewrite | None:
    """`sorted(x)[0]`: only where x cannot be empty, because the errors differ, and equal values are the same."""
    if call.keywords or len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
        return None
    values = call.args[0]
    kind = kinds.of(values)
    if kind.name not in ("list", "tuple") or kind.element.name not in ("str", "int", "bytes"):
        return None
    if not _filled(code, node, values.id):
        return None
    return Rewrite(
        (code.replace(node, f"{name}({values.id})"),),
        f"All of `{values.id}` is sorted to take one value; `{name}` finds it in one walk.",
    )


def _filled(code: Code, node: ast.AST, name: str) -> bool:
    """Whether an `if not values: return …` at the top of the function comes before, with nothing changed since."""
    statement = code.statement(node)
    for line in code.function.body:
        if line is statement or statement in ast.walk(line):
            return False
        match line:
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=tested)), body=[*_, last], orelse=[]):
                if tested == name and isinstance(last, (ast.Return, ast.Raise)):
                    index = code.function.body.index(line)
                    between = code.function.body[index + 1 :]
                    between = between[: next(i for i, item in enumerate(between) if statement in ast.walk(item))]
                    changed = [item for item in between if name in names_in(item)]
                    return not changed and not code.loops(node)
    return False


def _again(code: Code, kinds: Kinds, call: ast.Call) -> Rewrite | None:
    """A sort of values that do not change, in each round of a loop: sort once before it."""
    if call.keywords or len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
        return None
    name = call.args[0].id
    kind = kinds.of(call.args[0])
    if kind.name != "list" or kind.element.name not in ("str", "int", "float", "bytes"):
        return None
    loops = [loop for loop in code.loops(call) if stable(code, kinds, name, loop)]
    if not loops or not code.alone(code.statement(loops[-1])):
        return None
    fresh = code.fresh(f"sorted_{name}")
    return Rewrite(
        (code.before(code.statement(loops[-1]), f"{fresh} = sorted({name})"), code.replace(call, fresh)),
        f"`{name}` is sorted again in each round of a loop although it does not change there; it is now sorted once.",
    )
