"""A list that is used as a queue, with pop(0) or insert(0, …), becomes a deque."""

import ast

from engine.llm.offline.code import Code, Rewrite
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import LocalList, local_lists
from engine.llm.offline.rules import Rule

KEPT = ("append", "pop(0)", "insert(0)", "pop", "len", "item", "iterate", "test", "read", "truth")
"""What a deque does as a list does it."""
METHODS = {"pop(0)": "popleft", "insert(0)": "appendleft"}


def find(code: Code) -> Rewrite | None:
    """The next list of the function's own whose first place is used."""
    for item in local_lists(code, Kinds(code)):
        if item.having(*METHODS) and item.only(*KEPT) and _fits(code, item):
            return _rewrite(code, item)
    return None


RULE = Rule("queue", r"deque|queue|pop\(0\)|sliding|data structures?|first place|front of", find)


def _fits(code: Code, item: LocalList) -> bool:
    readable = all(_order_free(code, node) for node in item.having("read"))
    # A deque complains when it changes while it is walked; a list does not.
    changes = item.having("append", "pop", *METHODS)
    for walk in item.having("iterate"):
        inside = list(ast.walk(walk if isinstance(walk, ast.For) else code.statement(walk)))
        if any(change in inside for change in changes):
            return False
    return readable and all(code.alone(code.statement(node)) for node in changes)


def _order_free(code: Code, node: ast.AST) -> bool:
    """Whether a reading call gives the same for a deque: it does not show what it was given."""
    shows = ("repr", "str", "print", "reversed", "map", "zip", "enumerate")
    return isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in shows)


def _rewrite(code: Code, item: LocalList) -> Rewrite:
    assert item.made.value is not None
    edits = [code.replace(item.made.value, "deque()")]
    if isinstance(item.made, ast.AnnAssign) and code.source(item.made.annotation).startswith("list"):
        annotation = code.source(item.made.annotation)
        edits.append(code.replace(item.made.annotation, "deque" + annotation.removeprefix("list")))
    for word, method in METHODS.items():
        for call in item.having(word):
            assert isinstance(call, ast.Call)
            args = ", ".join(code.source(arg) for arg in call.args[1:])
            edits.append(code.replace(call, f"{item.name}.{method}({args})"))
    return Rewrite(
        tuple(edits),
        f"`{item.name}` is a list used as a queue: taking from or putting at its front moves all its other values. A "
        "deque does both at either end in constant time.",
        imports=("from collections import deque",),
    )
