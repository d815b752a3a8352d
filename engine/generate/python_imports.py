"""The imports that an answer needs and a file lacks, and the line where they go."""

import ast
from collections.abc import Sequence

from engine.errors import EditError
from engine.generate.python_module import Function, all_bound, first_line, imports

Import = ast.Import | ast.ImportFrom


def missing_imports(old: ast.Module, new: ast.Module, path: str) -> tuple[list[str], list[str]]:
    """(imports from __future__, other imports) that the answer's module level has and the file lacks, as lines.

    Raises:
        EditError: when an import would change what a name of the file means.
    """
    known = {_key(node, alias) for node, alias in imports(old)}
    names = all_bound(old.body)
    plain = (alias.name for node, alias in imports(old) if isinstance(node, ast.Import) and not alias.asname)
    roots = {name.split(".")[0] for name in plain}
    future: list[str] = []
    other: list[str] = []
    for node in new.body:
        if not isinstance(node, Import):
            continue
        wanted = []
        for alias in node.names:
            bound = alias.asname or alias.name.split(".")[0]
            if _key(node, alias) in known or _from_itself(node, path, bound, names):
                continue
            same_root = isinstance(node, ast.Import) and not alias.asname and bound in roots
            if bound in names and not same_root and bound != "*":
                raise EditError(f"{path}: the answer imports {bound}, which means something else in the file.")
            wanted.append(alias)
        if wanted:
            is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            (future if is_future else other).append(_line(node, wanted))
    return future, other


def import_line(tree: ast.Module, *, future: bool = False) -> int:
    """The index before which new imports go: after the imports at the top, else after the module's docstring."""
    body: Sequence[ast.stmt] = tree.body
    at = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        at = body[0].end_lineno or 0
    elif body:
        at = first_line(body[0]) - 1
    for item in body:
        if isinstance(item, Function | ast.ClassDef):
            break
        if isinstance(item, Import):
            if future and not (isinstance(item, ast.ImportFrom) and item.module == "__future__"):
                break
            at = item.end_lineno or at
    return at


def _key(node: Import, alias: ast.alias) -> tuple[str, str, str | None]:
    origin = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    return origin, alias.name, alias.asname


def _from_itself(node: Import, path: str, bound: str, names: set[str]) -> bool:
    """LLMs import the file's own names from the file, to make a piece of it complete."""
    if not isinstance(node, ast.ImportFrom) or bound not in names:
        return False
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return (node.module or "").rsplit(".", 1)[-1] == stem


def _line(node: Import, aliases: list[ast.alias]) -> str:
    if isinstance(node, ast.ImportFrom):
        return ast.unparse(ast.ImportFrom(module=node.module, names=aliases, level=node.level))
    return ast.unparse(ast.Import(names=aliases))
