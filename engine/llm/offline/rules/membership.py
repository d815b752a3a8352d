"""A list that a loop searches with `in` becomes, or is accompanied by, a set."""

import ast

from engine.llm.offline.code import Code, Edit, Loop, Rewrite, repeatable
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import LocalList, guarded, hashable, local_lists, stable
from engine.llm.offline.rules import Rule


def find(code: Code) -> Rewrite | None:
    """The next list that is searched in a loop and holds hashable values."""
    kinds = Kinds(code)
    for item in local_lists(code, kinds):
        if _is_searched_while_growing(code, kinds, item):
            return _as_set(code, item) or _with_set(code, item)
    for test in _tests(code):
        rewrite = _of_stable_list(code, kinds, test)
        if rewrite:
            return rewrite
    return None


RULE = Rule("membership", r"membership|\bsets?\b|look-?ups?|data structures?|searched|quadratic|complexity", find)


def _tests(code: Code) -> list[ast.Compare]:
    found = [n for n in code.own if isinstance(n, ast.Compare) and len(n.ops) == 1]
    return [n for n in found if isinstance(n.ops[0], (ast.In, ast.NotIn))]


def _is_searched_while_growing(code: Code, kinds: Kinds, item: LocalList) -> bool:
    appended = [call.args[0] for call in item.having("append") if isinstance(call, ast.Call)]
    tests = [test for test in item.having("test") if isinstance(test, ast.Compare)]
    around = code.loops(item.made)
    if not appended or not any(loop not in around for test in tests for loop in code.loops(test)):
        return False
    if not item.only("append", "test", "len", "iterate", "item", "slice", "return", "read", "truth"):
        return False
    return hashable(kinds, item, appended, [test.left for test in tests])


def _as_set(code: Code, item: LocalList) -> Rewrite | None:
    """Exchange the list for a set, when nothing asks for its order or its repetitions."""
    if not item.only("append", "test", "len") or (item.having("len") and not guarded(code, item)):
        return None
    assert item.made.value is not None
    edits = [code.replace(item.made.value, "set()")]
    if isinstance(item.made, ast.AnnAssign):
        annotation = code.source(item.made.annotation)
        if not annotation.startswith("list"):
            return None
        edits.append(code.replace(item.made.annotation, "set" + annotation.removeprefix("list")))
    for call in item.having("append"):
        assert isinstance(call, ast.Call)
        edits.append(code.replace(call.func, f"{item.name}.add"))
    return Rewrite(
        tuple(edits),
        f"`{item.name}` is a list that is searched from its start in each round of a loop, so the work grows with the "
        "square of its length. It only answers whether a value is in it; a set answers that in constant time.",
    )


def _with_set(code: Code, item: LocalList) -> Rewrite | None:
    """Keep the list for its order and put a set beside it for the searching."""
    calls = [call for call in item.having("append") if isinstance(call, ast.Call)]
    statements = [code.statement(call) for call in calls]
    if not all(repeatable(call.args[0]) for call in calls) or not all(code.alone(line) for line in statements):
        return None
    name = code.fresh(f"{item.name}_set")
    kind = code.source(item.made.annotation) if isinstance(item.made, ast.AnnAssign) else ""
    hint = f": set{kind.removeprefix('list')}" if kind.startswith("list[") else ""
    edits = [code.after(item.made, f"{name}{hint} = set()")]
    for call, line in zip(calls, statements, strict=True):
        edits.append(code.after(line, f"{name}.add({code.source(call.args[0])})"))
    for test in item.having("test"):
        assert isinstance(test, ast.Compare)
        edits.append(code.replace(test.comparators[0], name))
    return Rewrite(
        tuple(edits),
        f"`{item.name}` is a list that is searched from its start in each round of a loop, so the work grows with the "
        f"square of its length. It keeps its order, and the set `{name}` beside it answers the tests in constant time.",
    )


def _of_stable_list(code: Code, kinds: Kinds, test: ast.Compare) -> Rewrite | None:
    """A list that does not change in the loop: make a set of it once, before the loop."""
    name = test.comparators[0]
    if not isinstance(name, ast.Name) or name.id in kinds.constants:
        return None
    kind = kinds.of(name)
    if kind.name != "list" or not kind.element.hashable or not kinds.of(test.left).hashable:
        return None
    loops = [loop for loop in code.loops(test) if stable(code, kinds, name.id, loop)]
    if not loops:
        return None
    place = code.statement(loops[-1])
    if not code.alone(place):
        return None
    return _made_before(code, kinds, name.id, place, loops)


def _made_before(code: Code, kinds: Kinds, name: str, place: ast.stmt, loops: list[Loop]) -> Rewrite:
    fresh = code.fresh(f"{name}_set")
    inside = {id(node) for node in ast.walk(loops[-1])}
    found = [
        test
        for test in _tests(code)
        if id(test) in inside
        and isinstance(test.comparators[0], ast.Name)
        and test.comparators[0].id == name
        and kinds.of(test.left).hashable
    ]
    edits: list[Edit] = [code.before(place, f"{fresh} = set({name})")]
    edits += [code.replace(test.comparators[0], fresh) for test in found]
    return Rewrite(
        tuple(edits),
        f"The list `{name}` does not change while the loop runs, yet each test searches it from its start. The set "
        f"`{fresh}`, made once, answers them in constant time.",
    )
