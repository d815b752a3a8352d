"""Searching a list of records for a key, in a loop, becomes a dict from key to record or place."""

import ast
from typing import NamedTuple

from engine.llm.offline.code import Code, Edit, Rewrite, names_in, repeatable, same, stored_in
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.lists import LocalList, captured, guarded, hashable, local_lists
from engine.llm.offline.rules import Rule


def find(code: Code) -> Rewrite | None:
    """The next search through a list of the function's own that a dict can answer."""
    kinds = Kinds(code)
    for item in local_lists(code, kinds):
        search = _search(code, kinds, item)
        if search:
            return _with_index(code, item, search)
        if _has_places(code, kinds, item):
            return _with_places(code, item)
    return None


RULE = Rule("lookup", r"look-?ups?|dict|index|quadratic|nested loop|data structures?|complexity", find)


class Search(NamedTuple):
    """`for record in records: if record[place] == key: …; break`, with `else: records.append([key, …])`."""

    loop: ast.For
    test: ast.If
    record: str
    key: ast.expr
    append: ast.stmt


def _search(code: Code, kinds: Kinds, item: LocalList) -> Search | None:
    for loop in item.having("iterate"):
        match loop:
            case ast.For(
                target=ast.Name(id=record),
                body=[ast.If(body=[_, *_, ast.Break()], orelse=[]) as test],
                orelse=[ast.Expr(value=ast.Call(args=[ast.expr() as display])) as append],
            ) if any(code.statement(call) is append for call in item.having("append")):
                found = _key(test.test, record, display)
                if found is None or not kinds.of(found[0]).hashable or not repeatable(found[0]):
                    continue
                search = Search(loop, test, record, found[0], append)
                if _is_closed(code, item, search, found[1]) and _is_plain(code, search):
                    return search
    return None


def _key(test: ast.expr, record: str, display: ast.expr) -> tuple[ast.expr, object] | None:
    """(the key, its place in the record) when the test compares it and the new record holds it there."""
    match test:
        case ast.Compare(
            left=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=place)),
            ops=[ast.Eq()],
            comparators=[key],
        ) if name == record:
            pass
        case _:
            return None
    match display:
        case ast.List(elts=values) if isinstance(place, int) and 0 <= place < len(values):
            held = values[place]
        case ast.Dict(keys=keys, values=values):
            at = [i for i, item in enumerate(keys) if isinstance(item, ast.Constant) and item.value == place]
            if len(at) != 1:
                return None
            held = values[at[0]]
        case _:
            return None
    unmixed = record not in names_in(key) and record not in names_in(display)
    return (key, place) if same(held, key) and unmixed else None


def _is_closed(code: Code, item: LocalList, search: Search, place: object) -> bool:
    """Whether no record can change its key, leave the list or be used where it now has another value."""
    loops = code.loops(search.loop)
    if not loops or captured(code, search.record) or loops[-1] in code.loops(item.made):
        return False
    busy = set(ast.walk(loops[-1]))
    for word, node in item.uses:
        ours = node is search.loop or code.statement(node) is search.append
        if not ours and (node in busy or word not in ("iterate", "len", "return", "read", "item", "slice", "truth")):
            return False
    inside = set(ast.walk(search.loop))
    for node in code.own:
        if isinstance(node, ast.Name) and node.id == search.record and node is not search.loop.target:
            fine = _is_field(code, node, place) if node in inside else _is_rebound(code, node, search.record)
            if not fine:
                return False
    changed = stored_in(search.loop) & (names_in(search.key) | {item.name})
    return not changed and not any(isinstance(node, (ast.Continue, ast.Return)) for node in inside)


def _is_field(code: Code, node: ast.Name, place: object) -> bool:
    """Whether a use of the record reads or writes one of its fields, and writes no key."""
    parent = code.parents[node]
    if not isinstance(parent, ast.Subscript) or not isinstance(parent.slice, ast.Constant):
        return False
    other = parent.slice.value != place and not (isinstance(parent.slice.value, int) and parent.slice.value < 0)
    return other or isinstance(parent.ctx, ast.Load)


def _is_rebound(code: Code, node: ast.Name, record: str) -> bool:
    """Whether a use of the name after the search belongs to another loop, which binds it anew."""
    walk: ast.AST = node
    while walk is not code.function:
        walk = code.parents[walk]
        targets = [walk] if isinstance(walk, ast.For) else list(getattr(walk, "generators", ()))
        if any(record in names_in(item.target) for item in targets):
            return True
    return False


def _is_plain(code: Code, search: Search) -> bool:
    """Whether the lines can be moved as text: no comments between the heads, no strings over several lines."""
    first = search.test.body[0]
    heads = code.text[code.span(search.loop)[0] : code.span(first)[0]]
    lines = [search.loop, search.test, search.append, *search.test.body]
    text = code.source(search.test)
    return "#" not in heads and '"""' not in text and "'''" not in text and all(code.alone(line) for line in lines)


def _with_index(code: Code, item: LocalList, search: Search) -> Rewrite:
    index = code.fresh(f"{item.name}_index")
    key = code.source(search.key)
    outer, inner = code.indent(search.loop), code.indent(search.test.body[0])
    step = code.indent(search.test)[len(outer) :]
    kept = search.test.body[:-1]
    body = code.text[code.span(kept[0])[0] : code.span(kept[-1])[1]].replace(f"\n{inner}", f"\n{outer}{step}")
    head = f"{search.record} = {index}.get({key})\n{outer}if {search.record} is not None:\n{outer}{step}"
    return Rewrite(
        (
            code.after(item.made, f"{index} = {{}}"),
            Edit(code.span(search.loop)[0], code.span(search.test)[1], head + body),
            code.after(search.append, f"{index}[{key}] = {item.name}[-1]"),
        ),
        f"For each value the whole list `{item.name}` is walked until its record is found: quadratic work. The dict "
        f"`{index}` finds the record by its key in constant time; the list keeps the order.",
    )


def _has_places(code: Code, kinds: Kinds, item: LocalList) -> bool:
    """Whether the list is a growing list of different values whose places are asked for in a loop."""
    calls = [node for node in item.having("index") if isinstance(node, ast.Call)]
    appends = [node for node in item.having("append") if isinstance(node, ast.Call)]
    words = ("append", "test", "index", "len", "iterate", "item", "slice", "return", "read", "truth")
    if not calls or not item.only(*words) or not guarded(code, item):
        return False
    tested = [node.left for node in item.having("test") if isinstance(node, ast.Compare)]
    asked = [call.args[0] for call in calls]
    values = [call.args[0] for call in appends]
    if not all(repeatable(node) for node in values) or not all(code.alone(code.statement(call)) for call in appends):
        return False
    return hashable(kinds, item, values, [*tested, *asked]) and all(_is_present(code, item, call) for call in calls)


def _is_present(code: Code, item: LocalList, call: ast.Call) -> bool:
    """Whether the value was put in just before, so that neither list nor dict can fail to find it."""
    if not code.loops(call):
        return False
    statement = code.statement(call)
    block = code.block(statement)
    earlier = block[: block.index(statement)] if statement in block else []
    for position, line in enumerate(earlier):
        for append in item.having("append"):
            assert isinstance(append, ast.Call)
            if code.parents[code.statement(append)] is line and same(append.args[0], call.args[0]):
                names = names_in(call.args[0])
                return not any(stored_in(later) & names for later in [*earlier[position:], statement])
    return False


def _with_places(code: Code, item: LocalList) -> Rewrite:
    places = code.fresh(f"{item.name}_places")
    edits = [code.after(item.made, f"{places} = {{}}")]
    for word, node in item.uses:
        if word == "append" and isinstance(node, ast.Call):
            line = f"{places}[{code.source(node.args[0])}] = len({item.name}) - 1"
            edits.append(code.after(code.statement(node), line))
        elif word == "test" and isinstance(node, ast.Compare):
            edits.append(code.replace(node.comparators[0], places))
        elif word == "index" and isinstance(node, ast.Call):
            edits.append(code.replace(node, f"{places}[{code.source(node.args[0])}]"))
    return Rewrite(
        tuple(edits),
        f"`{item.name}` is searched from its start for each value, and again for its place: quadratic work. The dict "
        f"`{places}` answers both in constant time; the list keeps the order.",
    )
