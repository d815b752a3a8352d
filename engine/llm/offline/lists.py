"""Lists of a function's own, and everything the function does with them.

A data structure can be exchanged only when every use of it is known, so each use gets a word here and any use
without one makes the list untouchable.
"""

import ast
from typing import NamedTuple

from engine.llm.offline.code import SCOPES, Code, Loop, names_in, same, stored_in, words
from engine.llm.offline.kinds import UNKNOWN, Kinds

Use = tuple[str, ast.AST]
"""(what is done, the node that does it)"""

READERS = words(
    "all any bool dict enumerate frozenset len list map max min print repr reversed set sorted str sum tuple zip"
)
PURE = words(
    "abs all any ascii bin bool bytes chr dict divmod enumerate filter float format frozenset hash hex int isinstance "
    "len list map max min oct ord pow range repr reversed round set sorted str sum tuple type zip"
)
"""Builtins that change nothing."""
MUTATORS = words("add append appendleft clear discard extend insert pop popleft remove reverse sort update")


class LocalList(NamedTuple):
    """A list that the function makes empty, and that nobody else can hold while the function runs."""

    name: str
    made: ast.Assign | ast.AnnAssign
    """The statement that makes it."""
    uses: tuple[Use, ...]

    def having(self, *words: str) -> list[ast.AST]:
        """The nodes of the uses called one of `words`."""
        return [node for word, node in self.uses if word in words]

    def only(self, *words: str) -> bool:
        """Whether it has no other uses than `words`."""
        return all(word in words for word, _ in self.uses)


READING = ("test", "len", "iterate", "item", "slice", "return", "read", "index", "count", "truth")
"""Uses that leave a list as it is."""


def local_lists(code: Code, kinds: Kinds) -> list[LocalList]:
    """The lists that the function makes as `[]` or `list()` and never binds again."""
    found = []
    for name, bindings in kinds.bindings.items():
        made = code.parents[bindings[0]]
        if len(bindings) != 1 or name in kinds.parameters or captured(code, name):
            continue
        if isinstance(made, (ast.Assign, ast.AnnAssign)) and _is_new_list(made) and code.alone(made):
            found.append(LocalList(name, made, uses_of(code, name)))
    return found


def uses_of(code: Code, name: str) -> tuple[Use, ...]:
    """What the function does with the list called `name`, its making left out."""
    loads = [n for n in code.own if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    return tuple(_use(code, node) for node in loads)


def captured(code: Code, name: str) -> bool:
    """Whether a function or class inside the function uses `name` too."""
    nested = [node for node in code.own if isinstance(node, SCOPES)]
    return any(isinstance(i, ast.Name) and i.id == name for node in nested for i in ast.walk(node))


def hashable(kinds: Kinds, item: LocalList, appended: list[ast.expr], tested: list[ast.expr]) -> bool:
    """Whether all values that come into the list, and all that are looked for in it, can be hashed."""
    annotated = isinstance(item.made, ast.AnnAssign) and kinds.annotation(item.made.annotation).element.hashable

    def known(node: ast.expr) -> bool:
        # What is appended to a list[str] is a str, by the author's own word.
        return kinds.of(node).hashable or (annotated and any(same(node, other) for other in appended))

    return all(known(node) for node in [*appended, *tested])


def guarded(code: Code, item: LocalList) -> bool:
    """Whether each value is appended only after a test that it is not yet in the list."""
    for call in item.having("append"):
        assert isinstance(call, ast.Call)
        guard = code.parents[code.statement(call)]
        if not isinstance(guard, ast.If) or code.statement(call) not in guard.body:
            return False
        match guard.test:
            case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[ast.Name(id=item.name)]):
                changed = any(stored_in(line) & names_in(left) for line in guard.body)
                if changed or not same(left, call.args[0]):
                    return False
            case _:
                return False
    return True


def stable(code: Code, kinds: Kinds, name: str, loop: Loop) -> bool:
    """Whether the list or string called `name` cannot change while `loop` runs."""
    if captured(code, name) or any(node in ast.walk(loop) for node in kinds.bindings.get(name, ())):
        return False
    if name not in kinds.bindings and name not in kinds.parameters and name not in kinds.constants:
        return False
    if kinds.of(ast.Name(id=name, ctx=ast.Load())).hashable:
        return True
    return all(word in READING for word, _ in uses_of(code, name)) and harmless(code, kinds, loop)


def harmless(code: Code, kinds: Kinds, loop: Loop) -> bool:
    """Whether `loop` changes nothing that could be known by another name: only the function's own new lists."""
    own = {item.name for item in local_lists(code, kinds)}
    for node in ast.walk(loop):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            base = node.value
            if kinds.of(base).name != "dict" and not (isinstance(base, ast.Name) and base.id in own):
                return False
        if isinstance(node, ast.Call) and not _harmless_call(kinds, node, own):
            return False
    return True


def _harmless_call(kinds: Kinds, node: ast.Call, own: set[str]) -> bool:
    match node.func:
        case ast.Name(id=name):
            return name in PURE and name not in kinds.bindings and name not in kinds.parameters
        case ast.Attribute(value=ast.Name(id=name)) if name in own:
            return True
        case ast.Attribute(value=value, attr=attr):
            return attr not in MUTATORS and (kinds.of(value) != UNKNOWN or kinds.of(node) != UNKNOWN)
    return False


def _is_new_list(statement: ast.Assign | ast.AnnAssign) -> bool:
    if isinstance(statement, ast.Assign) and (
        len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name)
    ):
        return False
    match statement.value:
        case ast.List(elts=[]) | ast.Call(func=ast.Name(id="list"), args=[], keywords=[]):
            return True
    return False


def _use(code: Code, node: ast.Name) -> Use:
    parent = code.parents[node]
    above = code.parents.get(parent)
    match parent:
        case ast.Attribute(attr=method):
            if isinstance(above, ast.Call) and above.func is parent and not above.keywords:
                return _method(code, method, above)
        case ast.Compare(ops=[ast.In() | ast.NotIn()]) if node is parent.comparators[0]:
            return "test", parent
        case ast.For() | ast.comprehension() if node is parent.iter:
            return "iterate", parent
        case ast.Subscript() if node is parent.value and isinstance(parent.ctx, ast.Load):
            return ("slice" if isinstance(parent.slice, ast.Slice) else "item"), parent
        case ast.Call(func=ast.Name(id=function)) if node in parent.args and function in READERS:
            return ("len" if function == "len" else "read"), parent
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join")):
            return "read", parent
        case ast.Return():
            return "return", parent
        case ast.Tuple() if isinstance(above, ast.Return):
            return "return", parent
    return ("truth" if _is_condition(code, node) else "other"), parent


def _is_condition(code: Code, node: ast.AST) -> bool:
    """Whether only the truth of `node` counts: it is a test, or a part of one."""
    parent = code.parents[node]
    while isinstance(parent, ast.BoolOp):
        node, parent = parent, code.parents[parent]
    negated = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    return negated or (isinstance(parent, (ast.If, ast.While, ast.IfExp)) and node is parent.test)


def _method(code: Code, method: str, call: ast.Call) -> Use:
    match method, call.args:
        case (("append" | "index" | "count"), [_]):
            plain = method != "append" or isinstance(code.parents[call], ast.Expr)
            return (method if plain else "other"), call
        case "pop", [ast.Constant(value=0)]:
            return "pop(0)", call
        case "pop", []:
            return "pop", call
        case "insert", [ast.Constant(value=0), _]:
            return "insert(0)", call
    return "other", call
