"""Which hunks change nothing that runs: comments, blank space, docstrings that nothing reads, names of locals.

Said without a run, so it errs on the safe side: whatever it cannot tell counts as a change. A hunk has to be cosmetic
both alone and beside all others of its candidate.
"""

import ast
import re
import warnings
from collections.abc import Sequence

import msgspec

from engine.errors import EditError
from engine.generate.hunks import compose
from engine.model import Candidate, Hunk
from engine.source import language_of, syntax_tree

MOST_CHARACTERS = 400_000
"""A larger file would take seconds; its hunks count as changes."""

DOCUMENTED = re.compile(r"__doc__|getdoc|doctest|>>>|\binspect\b|\byacc\b|\bdocopt\b")
"""Where docstrings may be read by the program or run as tests."""
LOOKED_INTO = re.compile(r"\b(?:locals|vars|dir|eval|exec|_getframe|currentframe|f_locals|co_varnames|inspect)\b")
"""Where names of locals may be read by the program."""
BEARING = re.compile(r"#!|#.*coding[:=]|#\s*(?:cython|distutils)\s*:")
"""Comments that say how a Python file is to be read or built."""
LINES_COUNT = re.compile(r"__LINE__|source_location")

Form = tuple[object, ...] | None
"""What of a file bears behaviour; None when that cannot be told."""


def with_cosmetics(candidate: Candidate) -> Candidate:
    """The candidate with each hunk marked as cosmetic or not."""
    return msgspec.structs.replace(candidate, hunks=marked(candidate, candidate.hunks))


def marked(candidate: Candidate, hunks: Sequence[Hunk]) -> tuple[Hunk, ...]:
    """`hunks`, all that the candidate has, each marked as cosmetic or not."""
    texts = {file.path: file.text for file in candidate.files}
    forms: dict[tuple[str, str], Form] = {}

    def same(path: str, one: Sequence[Hunk], other: Sequence[Hunk]) -> bool:
        found = []
        for chosen in (one, other):
            try:
                text = compose(texts[path], chosen)
            except EditError:
                return False
            if (path, text) not in forms:
                forms[path, text] = form(path, text)
            found.append(forms[path, text])
        return found[0] is not None and found[0] == found[1]

    made = []
    for hunk in hunks:
        beside = [item for item in hunks if item.file == hunk.file]
        rest = [item for item in beside if item.id != hunk.id]
        cosmetic = (
            bool(texts.get(hunk.file))
            and not hunk.removes
            and _possible(hunk)
            and same(hunk.file, [], [hunk])
            and (not rest or same(hunk.file, rest, beside))
        )
        made.append(msgspec.structs.replace(hunk, cosmetic=cosmetic))
    return tuple(made)


def form(path: str, text: str) -> Form:
    """What of a file bears behaviour: two texts with the same form do the same."""
    if len(text) > MOST_CHARACTERS:
        return None
    language = language_of(path)
    if language == "Python":
        return _python(text)
    return _c(path, text) if language in ("C", "C++") else None


def _possible(hunk: Hunk) -> bool:
    """False when the lines alone show a change, which spares reading the file: other signs, and no quote or comment."""
    old, new = ("\n".join(side) for side in (hunk.old_lines, hunk.new_lines))
    if re.search(r"[\"'#/*\\]", old + new):
        return True
    return re.findall(r"[^\w\s]", old) == re.findall(r"[^\w\s]", new)


# ---------------------------------------------------------------------------------------------------- Python


def _python(text: str) -> Form:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        bearing = tuple(line for line in text.split("\n") if BEARING.match(line.strip()))
        if not DOCUMENTED.search(text):
            _without_docstrings(tree)
        if not LOOKED_INTO.search(text):
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    _without_names(node)
        return bearing, ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        plain_class = isinstance(node, ast.ClassDef) and not node.bases and not node.keywords
        if not plain_class and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        assert isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if not node.decorator_list and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]


def _without_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Number the locals that nothing but plain names in the function's own scope tells of."""
    own: list[ast.Name] = []
    kept: set[str] = set()
    pending: list[ast.AST] = list(reversed(function.body))
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    kept.update(item.arg for item in parameters if item is not None)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            own.append(node)
        elif isinstance(node, _SCOPES):
            kept.update(_mentioned(node))
            continue
        kept.update(_named(node))
        pending += reversed(list(ast.iter_child_nodes(node)))
    numbers: dict[str, int] = {}
    bound = {node.id for node in own if isinstance(node.ctx, ast.Store)} - kept
    for node in own:
        if node.id in bound:
            node.id = f"#{numbers.setdefault(node.id, len(numbers))}"


_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def _mentioned(scope: ast.AST) -> set[str]:
    names = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name)}
    return names.union(*(_named(node) for node in ast.walk(scope)))


def _named(node: ast.AST) -> set[str]:
    """Names that a node tells of otherwise than as a plain name: imports, handlers, patterns, words of a string."""
    match node:
        case ast.Constant(value=str() as words):
            return set(re.findall(r"\w+", words))
        case ast.alias():
            return {(node.asname or node.name).partition(".")[0]}
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return set(names)
        case ast.MatchMapping(rest=str() as rest):
            return {rest}
    name = getattr(node, "name", None)
    return {name} if isinstance(name, str) else set()


# -------------------------------------------------------------------------------------------------- C and C++


def _c(path: str, text: str) -> Form:
    """The tokens; between parentheses and in directives, where a macro may see it, also where there is blank space."""
    root, _ = syntax_tree(path, text)
    if root is None or root.has_error or "\\\n" in text or LINES_COUNT.search(text):
        return None
    source = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace")
    tokens: list[object] = []
    depth = at = 0
    apart = False
    pending = [(root, False)]
    while pending:
        node, directive = pending.pop()
        directive = directive or node.type.startswith("preproc_")
        if node.children and node.type not in ("string_literal", "char_literal", "raw_string_literal"):
            pending += [(child, directive) for child in reversed(node.children)]
            continue
        gap = source[at : node.start_byte]
        if gap.strip():
            return None
        apart, at = apart or bool(gap), max(at, node.end_byte)
        if node.type == "comment":
            apart = True
            continue
        word = source[node.start_byte : node.end_byte]
        tokens.append((node.type, word, apart and (depth > 0 or directive) and not word.startswith(b"#")))
        depth += (word == b"(") - (word == b")")
        apart = False
    return tuple(tokens) if not source[at:].strip() else None
