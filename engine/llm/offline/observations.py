"""What a reader notices in a slow function at first sight, in words that name the remedy; used by offline/meta."""

import ast
import textwrap
from collections.abc import Callable, Iterator
from typing import NamedTuple

LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SEARCHES = frozenset({"match", "search", "fullmatch", "findall", "finditer", "sub", "split", "compile"})


class Observation(NamedTuple):
    """One thing to look at, and the line of the source it was seen on (from 0)."""

    line: int
    text: str


def observe(source: str) -> list[Observation]:
    """What can be noticed in a function's source, in the order of its lines; nothing when it is not Python."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:
        return []
    seen: dict[str, Observation] = {}
    for node, in_loop in _walk(tree, False):
        for check in CHECKS:
            text = check(node, in_loop)
            if text and text not in seen:
                seen[text] = Observation(getattr(node, "lineno", 1) - 1, text)
    whole = _memoisable(tree)
    if whole:
        seen[whole.text] = whole
    return sorted(seen.values())


def _walk(node: ast.AST, in_loop: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, in_loop
    for child in ast.iter_child_nodes(node):
        repeated = isinstance(node, LOOPS) and child is not getattr(node, "iter", None)
        yield from _walk(child, in_loop or repeated)


def _membership(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name()]) if in_loop:
            return "a membership test is repeated in a loop; if it searches a list, a set answers it in constant time"
    return ""


def _nested_search(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.For(body=[ast.If(body=[*_, ast.Break()])]) if in_loop:
            return "an inner loop walks records until one matches, which is quadratic; a dict index finds it at once"
    return ""


def _front(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Call(func=ast.Attribute(attr="pop" | "insert"), args=[ast.Constant(value=0), *_]):
            return "a list is used as a queue at its front, which moves all its values; a deque does not"
    return ""


def _concatenation(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.AugAssign(op=ast.Add(), value=ast.JoinedStr() | ast.Constant(value=str()) | ast.BinOp()) if in_loop:
            return "text may be built by concatenation in a loop; collect the parts and join them once"
    return ""


def _pattern(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)) if name in SEARCHES:
            return "a regular expression is compiled or looked up on each call; compile the pattern once"
    return ""


def _sorting(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Name(id="sorted"))):
            return "everything is sorted to take a few values; a minimum or a heap does less"
        case ast.Call(func=ast.Name(id="sorted") | ast.Attribute(attr="sort")) if in_loop:
            return "values are sorted again in each round of a loop; sort once"
    return ""


def _counting(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Call(func=ast.Attribute(attr="count" | "index"), args=[_]) if in_loop:
            return "a list is walked for a count or a place in each round; a counter or a dict answers at once"
    return ""


def _invariant(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="lower" | "upper" | "strip"), args=[]) if in_loop:
            return "a value may be computed anew in each round although it never changes; hoist loop invariants"
    return ""


def _table(node: ast.AST, in_loop: bool) -> str:
    match node:
        case ast.Assign(value=ast.Dict(values=values)) if len(values) > 2:
            if all(isinstance(value, ast.Constant) for value in values):
                return "a table of constants is rebuilt on each call; precompute it"
    return ""


CHECKS: tuple[Callable[[ast.AST, bool], str], ...] = (
    _membership,
    _nested_search,
    _front,
    _concatenation,
    _pattern,
    _sorting,
    _counting,
    _invariant,
    _table,
)


def _memoisable(tree: ast.Module) -> Observation | None:
    """A function of annotated strings alone, which callers may well call again with the same ones."""
    match tree.body:
        case [ast.FunctionDef(args=ast.arguments(args=[_, *_] as arguments)) as function]:
            text = all(isinstance(a.annotation, ast.Name) and a.annotation.id == "str" for a in arguments)
            if text and isinstance(function.returns, ast.Name):
                words = "the result may depend on the arguments alone; memoise it if callers repeat the same arguments"
                return Observation(0, words)
    return None
