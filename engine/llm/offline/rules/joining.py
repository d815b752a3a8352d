"""A string that grows by `+=` in a loop becomes a list of parts that are joined once."""

import ast

from engine.llm.offline.code import Code, Edit, Rewrite, names_in
from engine.llm.offline.kinds import STR, Kinds
from engine.llm.offline.lists import captured
from engine.llm.offline.rules import Rule


def find(code: Code) -> Rewrite | None:
    """The next local string that a loop makes longer and that is read once, at the end."""
    kinds = Kinds(code)
    for name, bindings in kinds.bindings.items():
        statements = [code.parents[node] for node in bindings]
        made, growing = statements[0], [item for item in statements[1:] if isinstance(item, ast.AugAssign)]
        if name in kinds.parameters or captured(code, name) or len(growing) != len(statements) - 1:
            continue
        if not _is_start(code, kinds, made) or not all(_grows(code, kinds, item, name) for item in growing):
            continue
        reads = [n for n in code.own if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
        if len(reads) == 1 and _is_last(code, reads[0], growing) and any(code.loops(item) for item in growing):
            assert isinstance(made, (ast.Assign, ast.AnnAssign))
            return _rewrite(code, name, made, growing, reads[0])
    return None


RULE = Rule("joining", r"concatenat|\bjoin|string building|strings? (?:is|are) (?:built|grown)|\+=", find)


def _is_start(code: Code, kinds: Kinds, made: ast.AST) -> bool:
    if not isinstance(made, (ast.Assign, ast.AnnAssign)) or made.value is None or code.loops(made):
        return False
    single = isinstance(made, ast.AnnAssign) or len(made.targets) == 1
    return single and kinds.of(made.value) == STR and code.alone(made)


def _grows(code: Code, kinds: Kinds, item: ast.AugAssign, name: str) -> bool:
    plain = isinstance(item.op, ast.Add) and name not in names_in(item.value)
    return plain and kinds.of(item.value) == STR and code.alone(item)


def _is_last(code: Code, read: ast.Name, growing: list[ast.AugAssign]) -> bool:
    """Whether the string is read once, after the last of its growth."""
    return not code.loops(read) and all(item.lineno < read.lineno for item in growing)


def _rewrite(
    code: Code, name: str, made: ast.Assign | ast.AnnAssign, growing: list[ast.AugAssign], read: ast.Name
) -> Rewrite:
    parts = code.fresh(f"{name}_parts")
    assert made.value is not None
    start = "" if isinstance(made.value, ast.Constant) and not made.value.value else code.source(made.value)
    edits: list[Edit] = [code.replace(made, f"{parts} = [{start}]"), code.replace(read, f'"".join({parts})')]
    for item in growing:
        # From the name to the value, so that brackets around the value stay balanced.
        head = code.text[code.span(item)[0] : code.span(item)[1]]
        value = head[head.index("+=") + 2 :].strip()
        edits.append(code.replace(item, f"{parts}.append({_bare(value)})"))
    return Rewrite(
        tuple(edits),
        f"`{name}` is a string made longer in a loop, which can copy all of it each time. The pieces are now collected "
        "in a list and joined once.",
    )


def _bare(value: str) -> str:
    """`value` without brackets that enclose all of it: the call brings its own."""
    if not value.startswith("(") or not value.endswith(")"):
        return value
    inner = value[1:-1]
    try:
        whole = ast.dump(ast.parse(f"({inner})", mode="eval")) == ast.dump(ast.parse(value, mode="eval"))
        return inner if whole and not isinstance(ast.parse(value, mode="eval").body, ast.Tuple) else value
    except SyntaxError:
        return value
