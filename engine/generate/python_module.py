"""What a Python file defines and where: read with ast, compared and compile-checked, never executed."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

from engine.errors import EditError
from engine.generate.lines import BYTE_ORDER_MARK

PYTHON = (".py", ".pyi", ".pyw")
Function = ast.FunctionDef | ast.AsyncFunctionDef
TOO_MUCH = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing hostile or broken source raises."""


def source_of(text: str) -> str:
    """Source as ast counts its lines: only "\\n" ends one."""
    return text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", " ")


@lru_cache(maxsize=16)
def parsed(source: str) -> ast.Module | None:
    """The tree of `source`, None when it is not Python; kept, since a stream asks many times for the same file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except TOO_MUCH:
        return None


def syntax_problem(source: str) -> tuple[int, str]:
    """(line, what is wrong) when the source does not compile; (0, "") when it does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<candidate>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except TOO_MUCH as error:
        return 1, str(error) or type(error).__name__
    return 0, ""


def first_line(node: ast.stmt) -> int:
    """The line on which a statement begins, decorators included."""
    decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
    return min([node.lineno, *(item.lineno for item in decorators)])


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function, ast.stmt]]:
    """(qualified name, function, its outermost enclosing statement) of every function, those in branches included."""
    for child in ast.iter_child_nodes(tree):
        name = prefix
        if isinstance(child, Function):
            yield prefix + child.name, child, child
            name = f"{prefix}{child.name}.<locals>."
        elif isinstance(child, ast.ClassDef):
            name = f"{prefix}{child.name}."
        for qualname, function, outer in definitions(child, name):
            yield qualname, function, child if isinstance(child, ast.stmt) else outer


def find_function(tree: ast.AST, qualname: str, line: int) -> tuple[Function, ast.stmt]:
    """The function of that name, the one at `line` when there are several, and its outermost statement.

    Raises:
        EditError: when it is not there, or it is not clear which one is meant.
    """
    found = [(function, outer) for name, function, outer in definitions(tree) if name == qualname]
    at_line = [pair for pair in found if line in (first_line(pair[0]), pair[0].lineno)]
    if len(at_line) == 1 or len(found) == 1:
        return (at_line or found)[0]
    if not found:
        raise EditError(f"there is no function {qualname}.")
    lines = ", ".join(str(function.lineno) for function, _ in found)
    raise EditError(f"there are {len(found)} functions {qualname}, at lines {lines}, and none at line {line}.")


def bound_names(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module or class binds there, branches included."""
    names: set[str] = set()
    for node in _same_scope(statement):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            case ast.Name(ctx=ast.Store()):
                names.add(node.id)
    return names


def all_bound(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that any of the statements binds."""
    return {name for statement in statements for name in bound_names(statement)}


def imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, ast.alias]]:
    """Every import that a module makes at run time, those in try and if included."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue
        for node in _same_scope(statement):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from ((node, alias) for alias in node.names)


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, Function | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _same_scope(child)


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two pieces of source mean the same, comments and layout aside."""
    return ast.dump(one) == ast.dump(other)


def signature_problem(old: Function, new: Function, functools: frozenset[str]) -> str:
    """How `new` differs for its callers, as a clause; empty when it does not.

    Annotations may change, and decorators of functools (`functools` holds their names) may be added.
    """
    if type(old) is not type(new):
        return "is async on one side only"
    if _parameters(old.args) != _parameters(new.args):
        return f"takes ({ast.unparse(new.args)}) where callers give ({ast.unparse(old.args)})"
    before, after = [ast.dump(item) for item in old.decorator_list], new.decorator_list
    kept = [ast.dump(item) for item in after if ast.dump(item) in before]
    if kept != before:
        return "has lost or reordered its decorators"
    added = [ast.unparse(item) for item in after if ast.dump(item) not in before]
    foreign = [name for name in added if name.split("(")[0] not in functools and not name.startswith("functools.")]
    return f"has got the decorator @{foreign[0]}" if foreign else ""


def _parameters(args: ast.arguments) -> tuple[list[str], ...]:
    def dumped(nodes: list[ast.expr] | list[ast.expr | None]) -> list[str]:
        return [ast.dump(node) if node is not None else "" for node in nodes]

    groups = ([arg.arg for arg in group] for group in (args.posonlyargs, args.args, args.kwonlyargs))
    rest = [arg.arg if arg else "" for arg in (args.vararg, args.kwarg)]
    return (*groups, rest, dumped(args.defaults), dumped(args.kw_defaults))


def from_functools(tree: ast.Module) -> frozenset[str]:
    """The names that stand for something of functools in a module."""
    names = {
        alias.asname or alias.name
        for node, alias in imports(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "functools"
    }
    return frozenset(names)


def check(path: str, before: str, after: str, target: str, line: int) -> None:
    """That an edited file still compiles and its target is still called the same way.

    Raises:
        EditError: with the line of the mistake, or what became of the signature.
    """
    old_source, new_source = source_of(before), source_of(after)
    mistake, message = syntax_problem(new_source)
    if mistake:
        if syntax_problem(old_source)[0]:
            return  # written for another Python than ours: the tests have to tell
        raise EditError(f"{path}:{mistake} would not compile: {message}.")
    old, new = parsed(old_source), parsed(new_source)
    if not target or old is None or new is None:
        return
    known = [function for name, function, _ in definitions(old) if name == target]
    found = [function for name, function, _ in definitions(new) if name == target]
    if not known:
        return
    if not found:
        raise EditError(f"{path}: the answer leaves out {target}, which others call.")
    original = next((item for item in known if first_line(item) == line), known[-1])
    problems = [signature_problem(original, item, from_functools(new)) for item in found]
    if all(problems):
        raise EditError(f"{path}: {target} {problems[-1]}; the signature must stay as it is.")
