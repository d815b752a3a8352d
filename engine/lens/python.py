"""The cheat lens for Python, by the standard library's own parser."""

import ast
import warnings
from collections.abc import Iterator

from engine.lens.finding import Finding, added
from engine.lens.yardstick import is_peculiar

CACHES = frozenset("cache lru_cache cached cachedmethod memoize memoized memoise cached_property".split())  # noqa: SIM905
CLOCKS = frozenset(
    f"{clock}{unit}" for clock in ("time", "perf_counter", "monotonic", "process_time") for unit in ("", "_ns")
)
LOOSE_CALLS = frozenset("isclose allclose approx assert_allclose".split())  # noqa: SIM905
LOOSE_TYPES = frozenset("float32 float16 bfloat16 half single complex64".split())  # noqa: SIM905
TOLERANCES = ("tol", "eps", "epsilon", "tolerance", "precision", "rtol", "atol", "rel_tol", "abs_tol")
GROWING = ("setdefault", "update", "append", "add", "insert")
CONTAINERS = ("dict", "defaultdict", "OrderedDict", "WeakKeyDictionary", "WeakValueDictionary", "LRUCache", "TTLCache")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def findings(before: str, after: str, inputs: frozenset[str]) -> Iterator[Finding]:
    """What is new in `after`; nothing when it cannot be parsed, since it cannot run then either."""
    new, old = _parse(after), _parse(before) or ast.Module(body=[], type_ignores=[])
    if new is None:
        return
    yield from added(list(_seen(old)), list(_seen(new)))
    yield from _results_kept(old, new)
    yield from _singled_out(old, new, inputs)
    yield from _removed_checks(old, new)


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _seen(tree: ast.Module) -> Iterator[Finding]:
    """What can be told from one place alone."""
    functions = {node.name for node in tree.body if isinstance(node, _FUNCTIONS)}
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            yield from _decorated(node)
        elif isinstance(node, ast.Call):
            yield from _call(node)
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Constant)):
            yield from _loose_type(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield from _patched_clock(node)
        if isinstance(node, (ast.Module, ast.ClassDef)):
            yield from _at_import(node, functions)
    yield from _tolerances(tree)


# ------------------------------------------------------------------------------------------------------ caches


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Finding]:
    for decorator in node.decorator_list:
        name = _name(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name in CACHES:
            text = f"`{name}` keeps the results of {node.name} across calls: only inputs that repeat gain."
            yield Finding("result cache", decorator.lineno, text, f"{node.name} {name}")


def _results_kept(old: ast.Module, new: ast.Module) -> Iterator[Finding]:
    """Containers that outlive a call and that a function newly fills."""
    known = {*_lasting(old)} & {*_filled(old)}
    filled = _filled(new)
    for name, line in _lasting(new).items():
        if name in filled and name not in known:
            text = f"`{name}` keeps what line {filled[name]} puts in across calls: only inputs that repeat gain."
            yield Finding("result cache", line, text)
    written = {name for node in ast.walk(old) if isinstance(node, ast.Global) for name in node.names}
    for node in ast.walk(new):
        if isinstance(node, ast.Global) and (names := [name for name in node.names if name not in written]):
            yield Finding("result cache", node.lineno, f"`{names[0]}` is kept in the module from one call to the next.")


def _lasting(tree: ast.Module) -> dict[str, int]:
    """Names of new containers in modules, classes, `self` and default arguments, with their lines."""
    found: dict[str, int] = {}
    for scope in ast.walk(tree):
        body = scope.body if isinstance(scope, (ast.Module, ast.ClassDef)) else []
        for node in body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and _is_container(node.value):
                found.update({_name(target): node.lineno for target in _targets(node)})
        if isinstance(scope, (ast.Assign, ast.AnnAssign)) and scope.value is not None and _is_container(scope.value):
            found.update({_name(t): scope.lineno for t in _targets(scope) if isinstance(t, ast.Attribute)})
        if isinstance(scope, _FUNCTIONS):
            arguments = scope.args.posonlyargs + scope.args.args
            pairs = zip(reversed(arguments), reversed(scope.args.defaults), strict=False)
            keywords = zip(scope.args.kwonlyargs, scope.args.kw_defaults, strict=True)
            for argument, default in (*pairs, *keywords):
                if default is not None and _is_container(default):
                    found[argument.arg] = argument.lineno
    return found


def _is_container(node: ast.expr) -> bool:
    """An empty mapping; a list or a set is more often a result in the making."""
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Call) and _name(node.func) in CONTAINERS


def _filled(tree: ast.Module) -> dict[str, int]:
    """Names whose items are set within a function, with the line of the first time."""
    found: dict[str, int] = {}
    for function in ast.walk(tree):
        if not isinstance(function, _FUNCTIONS):
            continue
        own = {
            _name(target)
            for node in ast.walk(function)
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for target in _targets(node)
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                holder: ast.expr = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWING[:2]:
                holder = node.func.value
            else:
                continue
            if not (isinstance(holder, ast.Name) and holder.id in own):
                found.setdefault(_name(holder), node.lineno)
    return found


# ------------------------------------------------------------------------------------------------- import time


def _at_import(scope: ast.Module | ast.ClassDef, functions: set[str]) -> Iterator[Finding]:
    """Loops, and calls of the module's own functions, that run when the module is imported."""
    for node in scope.body:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) else None
        if isinstance(node, (ast.For, ast.While)):
            what = "a loop"
        elif value is not None and (own := _own_call(value, functions)):
            what = f"a call of {own}"
        elif value is not None and any(
            isinstance(n, (ast.ListComp, ast.SetComp, ast.DictComp)) for n in ast.walk(value)
        ):
            what = "a comprehension"
        else:
            continue
        text = f"Runs {what} when the module is imported: that work is moved, not saved."
        yield Finding("import time", node.lineno, text, ast.unparse(node))


def _own_call(value: ast.expr, functions: set[str]) -> str:
    calls = (node for node in ast.walk(value) if isinstance(node, ast.Call))
    return next((_name(call.func) for call in calls if _name(call.func) in functions), "")


# ------------------------------------------------------------------------------------------- timers, tolerances


def _call(node: ast.Call) -> Iterator[Finding]:
    name, owner = _name(node.func), _owner(node.func)
    key = f"{owner}.{name}"
    if name == "sleep":
        yield Finding("timer", node.lineno, "Sleeps: waiting is no work, and hides from a CPU clock.", key)
    elif (owner in ("time", "timeit") and name in CLOCKS) or name in CLOCKS - {"time"}:
        yield Finding(
            "timer",
            node.lineno,
            f"Reads a clock (`{ast.unparse(node.func)}`): the code can tell when it is timed.",
            key,
        )
    elif name in ("getenv",) or (owner == "environ" and name == "get"):
        yield Finding(
            "timer", node.lineno, "Reads the environment: the code can tell where it runs.", ast.unparse(node)
        )
    elif key in ("gc.disable", "gc.freeze", "sys.setswitchinterval", "sys._getframe", "inspect.stack", "sys.settrace"):
        yield Finding("timer", node.lineno, f"`{key}` changes or inspects the process that is measured.", key)
    elif name in LOOSE_CALLS:
        yield Finding("tolerance", node.lineno, f"`{name}` takes values for equal that are not.", ast.unparse(node))
    elif name == "setattr" and node.args and _name(node.args[0]) in ("time", "timeit"):
        yield Finding("timer", node.lineno, "Replaces a clock.", key)
    for keyword in node.keywords:
        if keyword.arg == "fastmath" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield Finding(
                "tolerance", node.lineno, "`fastmath` lets results differ in their last digits and with NaN.", key
            )


def _patched_clock(node: ast.Assign | ast.AnnAssign) -> Iterator[Finding]:
    for target in _targets(node):
        if isinstance(target, ast.Attribute) and _name(target.value) in ("time", "timeit") and target.attr in CLOCKS:
            yield Finding("timer", node.lineno, f"Replaces the clock `{ast.unparse(target)}`.", ast.unparse(target))


def _loose_type(node: ast.Name | ast.Attribute | ast.Constant) -> Iterator[Finding]:
    name = node.value if isinstance(node, ast.Constant) else _name(node)
    if (
        isinstance(name, str)
        and name in LOOSE_TYPES
        and (not isinstance(node, ast.Name) or name.endswith(("32", "16")))
    ):
        yield Finding("tolerance", node.lineno, f"`{name}` holds fewer digits than Python's own float.", name)


def _tolerances(tree: ast.Module) -> Iterator[Finding]:
    """Named tolerances with their values: a value that changes is new."""
    for node in ast.walk(tree):
        pairs: list[tuple[str, ast.expr | None, int]] = []
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            pairs = [(_name(target), node.value, node.lineno) for target in _targets(node)]
        elif isinstance(node, ast.keyword) and node.arg:
            pairs = [(node.arg, node.value, node.value.lineno)]
        elif isinstance(node, ast.arguments):
            given = zip(reversed(node.posonlyargs + node.args), reversed(node.defaults), strict=False)
            pairs = [(argument.arg, default, argument.lineno) for argument, default in given]
        for name, value, line in pairs:
            is_tolerance = name.lower() in TOLERANCES or name.lower().endswith(tuple(f"_{word}" for word in TOLERANCES))
            if is_tolerance and isinstance(value, ast.Constant) and isinstance(value.value, (int, float)):
                yield Finding(
                    "tolerance", line, f"Sets the tolerance `{name}` to {value.value}.", f"{name}={value.value}"
                )


# ------------------------------------------------------------------------------------- special cases and checks


def _singled_out(old: ast.Module, new: ast.Module, inputs: frozenset[str]) -> Iterator[Finding]:
    known = {_plain(node.value) for node in ast.walk(old) if isinstance(node, ast.Constant)}
    for node in ast.walk(new):
        if isinstance(node, ast.Compare):
            values: list[ast.expr | None] = [node.left, *node.comparators]
        elif isinstance(node, ast.Dict):
            values = list(node.keys)
        elif isinstance(node, ast.MatchValue):
            values = [node.value]
        else:
            continue
        for value in (inner for each in values if each is not None for inner in ast.walk(each)):
            literal = _plain(value.value) if isinstance(value, ast.Constant) else ""
            if literal and literal in inputs and literal not in known and is_peculiar(literal):
                text = f"Singles out {literal[:40]!r}, which is one of the benchmark's own inputs."
                yield Finding("special case", getattr(value, "lineno", 1), text)


def _plain(value: object) -> str:
    return "" if isinstance(value, bool) or not isinstance(value, (str, int, float)) else str(value)


def _removed_checks(old: ast.Module, new: ast.Module) -> Iterator[Finding]:
    """Asserts and raises that are nowhere in the new text, of functions that still are."""
    lines = {name: function.lineno for name, function in _functions(new)}
    kept = [_check(node) for node in ast.walk(new) if isinstance(node, (ast.Assert, ast.Raise))]
    for name, function in _functions(old):
        if name not in lines:
            continue
        for node in ast.walk(function):
            if not isinstance(node, (ast.Assert, ast.Raise)):
                continue
            check = _check(node)
            if check in kept:
                kept.remove(check)
            else:
                text = f"{name} no longer has `{ast.unparse(node)[:60]}`."
                yield Finding("removed check", lines[name], text)


def _check(node: ast.Assert | ast.Raise) -> str:
    """A raise counts by what it raises: the words of its message may change."""
    if isinstance(node, ast.Raise) and node.exc is not None:
        return "raise " + _name(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
    return ast.unparse(node)


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _FUNCTIONS):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


# ------------------------------------------------------------------------------------------------------- names


def _name(node: ast.expr) -> str:
    """The last part of a dotted name; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _owner(node: ast.expr) -> str:
    return _name(node.value) if isinstance(node, ast.Attribute) else ""


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]
