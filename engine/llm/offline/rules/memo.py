"""A pure function of strings keeps its results: calling it again with the same arguments looks them up.

The results are kept in a dict beside the function and not by a decorator: its signature and its decorators are part
of what a candidate may not change.
"""

import ast

from engine.llm.offline.code import SCOPES, Code, Rewrite
from engine.llm.offline.kinds import BOOL, BYTES, FLOAT, INT, MATCH, PATTERN, STR, Kinds
from engine.llm.offline.lists import MUTATORS, PURE, local_lists
from engine.llm.offline.rules import Rule

KEPT_RESULTS = 65_536
"""When there are more, all are dropped: long-running programs must not grow without end."""
FEWEST_STEPS = 3
"""Calls and loops (which count three) that make looking up a result worth while."""
PURE_MODULES = ("re", "math")


def find(code: Code) -> Rewrite | None:
    """The function itself, when it is pure, takes strings, returns a plain value and does some work."""
    if not _is_plain(code) or not _is_worth_while(code) or not is_pure(code):
        return None
    return _rewrite(code)


RULE = Rule("memo", r"memo|\bcach|redundant|recomput|same arguments", find)


def _is_plain(code: Code) -> bool:
    function, kinds = code.function, Kinds(code)
    arguments = function.args
    if code.parents[function] is not code.module or function.decorator_list or arguments.vararg or arguments.kwarg:
        return False
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    returns = [node for node in code.own if isinstance(node, ast.Return)]
    return (
        bool(every)
        and all(kinds.annotation(argument.annotation) in (STR, BYTES) for argument in every)
        and kinds.annotation(function.returns) in (STR, INT, FLOAT, BOOL, BYTES)
        and bool(returns)
        and all(node.value is not None and code.alone(node) for node in returns)
        and all(code.alone(line) for line in function.body)
    )


def _is_worth_while(code: Code) -> bool:
    calls = sum(isinstance(node, ast.Call) for node in code.own)
    loops = sum(isinstance(node, (ast.For, ast.While, ast.comprehension)) for node in code.own)
    return calls + 3 * loops >= FEWEST_STEPS


def is_pure(code: Code, seen: frozenset[str] = frozenset()) -> bool:
    """Whether the function's result depends on its arguments alone, and calling it changes nothing."""
    kinds = Kinds(code)
    own = {item.name for item in local_lists(code, kinds)}
    away = (ast.Global, ast.Nonlocal, ast.Delete, ast.Import, ast.ImportFrom, ast.With, ast.Yield, ast.YieldFrom)
    for node in code.own:
        if isinstance(node, (*away, *SCOPES)):
            return False
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):  # noqa: SIM102
            if not isinstance(node.value, ast.Name) or node.value.id not in own:
                return False
        if isinstance(node, ast.Call) and not _is_pure_call(code, kinds, node, own, seen):
            return False
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not _is_known(code, kinds, node):
            return False
        if isinstance(node, ast.Attribute) and not isinstance(code.parents[node], ast.Call):
            return False
    return True


def _is_pure_call(code: Code, kinds: Kinds, node: ast.Call, own: set[str], seen: frozenset[str]) -> bool:
    match node.func:
        case ast.Name(id=name) if name in kinds.bindings or name in kinds.parameters:
            return False
        case ast.Name(id=name) if name in kinds.functions:
            called = Code(code.text, kinds.functions[name], code.module)
            return name in seen or (
                not called.function.decorator_list and is_pure(called, seen | {name, code.function.name})
            )
        case ast.Name(id=name):
            return name in PURE or name.endswith("Error")
        case ast.Attribute(value=ast.Name(id=module)) if module in PURE_MODULES and module not in kinds.bindings:
            return True
        case ast.Attribute(value=ast.Name(id=name)) if name in own:
            return True
        case ast.Attribute(value=value, attr=method):
            kind = kinds.of(value)
            return method not in MUTATORS and (kind in (STR, BYTES, MATCH, PATTERN) or kind.name == "dict")
    return False


def _is_known(code: Code, kinds: Kinds, node: ast.Name) -> bool:
    """Whether a name is local, a builtin, a function of the file, or a constant that nothing in the file changes."""
    if node.id in kinds.bindings or node.id in kinds.parameters:
        return True
    if node.id in kinds.constants:
        return _is_never_changed(code, node.id) and _is_frozen(kinds.constants[node.id])
    imported = {alias.name for line in code.module.body if isinstance(line, ast.Import) for alias in line.names}
    module = node.id in PURE_MODULES and node.id in imported
    return module or node.id in kinds.functions or node.id in PURE or node.id.endswith("Error")


def _is_frozen(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="compile")):
            return True
    displays = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Load, ast.BinOp, ast.UnaryOp, ast.operator)
    return all(isinstance(node, (*displays, ast.unaryop)) for node in ast.walk(value))


def _is_never_changed(code: Code, name: str) -> bool:
    for node in ast.walk(code.module):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = code.parents[node]
            if isinstance(parent, ast.Attribute) and (parent.attr in MUTATORS or not isinstance(parent.ctx, ast.Load)):
                return False
            if isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load):
                return False
    return True


def _rewrite(code: Code) -> Rewrite:
    function, kinds = code.function, Kinds(code)
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    names = [argument.arg for argument in every]
    memo, known, result = code.fresh(f"_{function.name.strip('_')}_results"), code.local("known"), code.local("result")
    key = f"({', '.join(names)})" if len(names) > 1 else names[0]
    opening = []
    if any(name in kinds.bindings for name in names):
        fresh = code.local("key")
        opening.append(f"{fresh} = {key}")
        key = fresh
    opening += [f"{known} = {memo}.get({key})", f"if {known} is not None:", f"    return {known}"]
    opening += [f"if len({memo}) >= {KEPT_RESULTS}:", f"    {memo}.clear()"]
    body = [line for line in function.body if not _is_docstring(function, line)]
    edits = [code.before(body[0], *opening)]
    for node in code.own:
        if isinstance(node, ast.Return) and node.value is not None:
            start, end = code.span(node)
            value = code.text[start + len("return") : end].strip()
            plain = isinstance(node.value, (ast.Constant, ast.Name))
            kept = f"{value}\n{code.indent(node)}return {value}"
            made = f"{result} = {value}\n{code.indent(node)}return {result}"
            edits.append(code.replace(node, f"{memo}[{key}] = {kept if plain else made}"))
    return Rewrite(
        tuple(edits),
        f"`{function.name}` is pure: its result depends on its arguments alone, and programs call it with the same "
        f"ones again and again. `{memo}` keeps up to {KEPT_RESULTS:,} results, so that repeated calls look them up.",
        definitions=(f"{memo} = {{}}",),
    )


def _is_docstring(function: ast.FunctionDef, line: ast.stmt) -> bool:
    first = line is function.body[0] and isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
    return first and isinstance(line.value.value, str)  # type: ignore[attr-defined]
