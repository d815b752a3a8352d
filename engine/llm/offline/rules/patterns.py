"""A regular expression that is compiled, or looked up, on each call is compiled once, at module level."""

import ast
import re

from engine.llm.offline.code import Code, Rewrite, words
from engine.llm.offline.kinds import Kinds
from engine.llm.offline.rules import Rule

FUNCTIONS = words("match search fullmatch findall finditer sub subn split")
MOST_ARGUMENTS = {"sub": 3, "subn": 3}


def find(code: Code) -> Rewrite | None:
    """The next call of re with a pattern that never changes."""
    if not _imports_re(code):
        return None
    kinds = Kinds(code)
    for node in code.own:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=function), args=[pattern, *rest]):
                text = _pattern(code, kinds, pattern)
                if text is None or not _is_valid(text):
                    continue
                if function == "compile" and _plain_flags(rest) and not node.keywords:
                    return _rewrite(code, node, pattern, code.source(node), "")
                if function in FUNCTIONS and len(node.args) <= MOST_ARGUMENTS.get(function, 2):
                    flags = [item.value for item in node.keywords if item.arg == "flags"]
                    if len(flags) == len(node.keywords) and _plain_flags(flags):
                        return _rewrite(code, node, pattern, _compiling(code, pattern, flags), function)
    return None


RULE = Rule("patterns", r"\bregex|regular expression|patterns?\b|compil", find)


def _imports_re(code: Code) -> bool:
    return any(
        isinstance(line, ast.Import) and any(item.name == "re" and item.asname is None for item in line.names)
        for line in code.module.body
    )


def _pattern(code: Code, kinds: Kinds, node: ast.expr) -> str | None:
    """The text of a pattern that is written in place or in a constant of the module that stands before."""
    if isinstance(node, ast.Name) and node.id in kinds.constants and node.id not in kinds.bindings:
        node = kinds.constants[node.id]
        if node.lineno >= code.function.lineno:
            return None
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _is_valid(pattern: str) -> bool:
    """Whether it compiles: a wrong pattern must go on failing when it is used, not at import."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError):
        return False
    return True


def _plain_flags(flags: list[ast.expr]) -> bool:
    """Whether flags are `re.X` or several joined with `|`."""
    match flags:
        case []:
            return True
        case [ast.BinOp(left=left, op=ast.BitOr(), right=right)]:
            return _plain_flags([left]) and _plain_flags([right])
        case [ast.Attribute(value=ast.Name(id="re"), attr=name)]:
            return name.isupper() and hasattr(re, name)
    return False


def _compiling(code: Code, pattern: ast.expr, flags: list[ast.expr]) -> str:
    return f"re.compile({', '.join(code.source(item) for item in [pattern, *flags])})"


def _rewrite(code: Code, node: ast.Call, pattern: ast.expr, compiling: str, function: str) -> Rewrite:
    stem = pattern.id if isinstance(pattern, ast.Name) else code.function.name.upper()
    name = code.fresh(f"_{stem.strip('_').removesuffix('_PATTERN').removesuffix('_RE')}_RE")
    arguments = ", ".join(code.source(item) for item in node.args[1:])
    text = f"{name}.{function}({arguments})" if function else name
    return Rewrite(
        (code.replace(node, text),),
        f"The pattern never changes, yet each call of `{code.function.name}` has `re` compile it or look it up. "
        f"`{name}` is compiled once, when the module is imported.",
        definitions=(f"{name} = {compiling}",),
    )
