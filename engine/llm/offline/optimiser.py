"""The offline optimisers: apply the transformations that a prompt asks for, where the code allows them."""

import ast
import re
import textwrap
from collections.abc import Iterable

from engine.llm.offline import answer
from engine.llm.offline.code import Code, Function, Rewrite, apply_edits, stored_in
from engine.llm.offline.request import Request, read
from engine.llm.offline.rules import (
    Rule,
    comprehension,
    counting,
    hoisting,
    joining,
    lookup,
    membership,
    memo,
    patterns,
    precompute,
    queue,
    sorting,
)

RULES: dict[str, tuple[Rule, ...]] = {
    "algorithms": (lookup.RULE, membership.RULE, counting.RULE, queue.RULE, sorting.RULE),
    "loops": (hoisting.RULE, joining.RULE, comprehension.RULE),
    "caching": (patterns.RULE, precompute.RULE, memo.RULE),
}
FOLLOW_UP = "\n### What became of your answer\n"
MOST_REWRITES = 20
UNREADABLE = (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
INTROSPECTION = frozenset({"eval", "exec", "locals", "globals", "vars"})


def optimise(name: str, prompt: str, message: str) -> str:
    """The answer of `offline/name` to a prompt and the message with the code."""
    who = f"I am offline/{name}, a rule-based rewriter and not a language model."
    if FOLLOW_UP in message:
        return f"No change: {who} I learn nothing from what became of an answer: I have no other rewrite to try."
    request = read(message)
    if request is None:
        return f"No change: {who} I only understand requests that name one function and show its code."
    draft, problem = _open(request)
    if draft is None:
        return f"No change: {who} {problem}"
    asked, general = _asked(name, prompt)
    notes = _rewrite(draft, asked, 1 if general else MOST_REWRITES)
    if not notes:
        return _nothing(who, name, request, asked)
    why = "The prompt names no technique, so I made the one change I would try first:" if general else "What I changed:"
    changes = "\n".join(f"- **{rule}**: {note}" for rule, note in notes)
    kept = "The signature and all results stay as they are. I have not run or measured it."
    return f"{who} {why}\n\n{changes}\n\n{kept}\n\n{_code(draft, request)}\n"


def _asked(name: str, prompt: str) -> tuple[list[Rule], bool]:
    """(the model's rules that the prompt asks for, whether the prompt names no technique at all)."""
    text = prompt.lower()
    every = [rule for rules in RULES.values() for rule in rules]
    if not any(re.search(rule.triggers, text) for rule in every):
        return list(RULES[name]), True
    return [rule for rule in RULES[name] if re.search(rule.triggers, text)], False


def _nothing(who: str, name: str, request: Request, asked: list[Rule]) -> str:
    known = ", ".join(rule.name for rule in RULES[name])
    if not asked:
        return f"No change: {who} The prompt asks for none of the transformations that I know ({known})."
    tried = ", ".join(rule.name for rule in asked)
    return (
        f"No change: {who} I looked for what the prompt asks of the transformations I know ({tried}), and in "
        f"`{request.function}` none of them applies in a way that provably keeps all results."
    )


class Draft:
    """A file in which one function is being rewritten; what it needs at module level is kept apart."""

    def __init__(self, text: str, function: Function) -> None:
        self.original = text
        self.text = text
        self.imports: list[str] = []
        self.definitions: list[str] = []
        self._name = function.name
        self._line = first_line(function)

    def code(self) -> Code:
        """The file as it is now."""
        module = ast.parse(self.text)
        function = next(f for f in _functions(module) if f.name == self._name and first_line(f) == self._line)
        return Code(self.text, function, module, (*self.imports, *self.definitions))

    def take(self, code: Code, rewrite: Rewrite) -> bool:
        """Make a rewrite; False, and nothing changed, when its imports would clash with names of the file."""
        fresh = [line for line in rewrite.imports if not _imported(code.module, line) and line not in self.imports]
        if any(_clashes(code, line) for line in fresh):
            return False
        text = apply_edits(self.text, rewrite.edits)
        ast.parse(text)
        self.text = text
        self.imports += fresh
        self.definitions += rewrite.definitions
        return True

    def function(self) -> str:
        """The lines of the function, decorators included."""
        node = self.code().function
        return "\n".join(self.text.splitlines()[self._line - 1 : node.end_lineno])

    def whole(self) -> str:
        """The file with everything in its place."""
        code = self.code()
        lines = self.text.splitlines(keepends=True)
        top = next(line for line in code.module.body if code.function in ast.walk(line))
        place = first_line(top) - 1
        while place > 0 and lines[place - 1].startswith("#"):
            place -= 1
        if self.definitions:
            lines.insert(place, "\n".join(self.definitions) + "\n\n\n")
        if self.imports:
            after = _last_import(code.module, place)
            lines.insert(after, "\n".join(self.imports) + "\n" + ("" if _has_imports(code.module, place) else "\n\n"))
        return "".join(lines)


def _open(request: Request) -> tuple[Draft | None, str]:
    """(the draft, or None and why not)."""
    if not request.path.endswith((".py", ".pyi", ".pyw")):
        return None, f"I rewrite Python only, and `{request.path}` is something else."
    text = request.file
    if request.partial and _parsed(text) is None:
        # What was left out of a long file can leave the rest unreadable; the function by itself is not.
        text = textwrap.dedent(request.code)
    module = _parsed(text)
    if module is None:
        return None, f"I cannot parse `{request.path}`."
    found = _locate(module, request)
    if found is None:
        return None, f"I cannot find `{request.function}` in `{request.path}` as a plain function."
    for node in ast.walk(found):
        if isinstance(node, UNREADABLE):
            return None, f"I leave generators, coroutines and global state alone, and `{request.function}` has such."
        if isinstance(node, ast.Name) and node.id in INTROSPECTION:
            return None, f"`{request.function}` looks at its own names with `{node.id}`, so I leave it alone."
    return Draft(text, found), ""


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _rewrite(draft: Draft, rules: Iterable[Rule], most: int) -> list[tuple[str, str]]:
    """Make up to `most` rewrites; returns (rule, note) of each."""
    notes: list[tuple[str, str]] = []
    code = draft.code()
    for rule in rules:
        while len(notes) < most:
            found = rule.find(code)
            if found is None or not draft.take(code, found):
                break
            notes.append((rule.name, found.note))
            code = draft.code()
    return notes


def _code(draft: Draft, request: Request) -> str:
    match "function" if request.partial else request.edit_format:
        case "function":
            function = draft.function()
            if not function.startswith((" ", "\t")):
                indent = request.code[: len(request.code) - len(request.code.lstrip(" \t"))]
                function = textwrap.indent(function, indent)
            return answer.as_function(function, draft.imports, draft.definitions)
        case "file":
            return answer.as_file(request.path, draft.whole())
        case "diff":
            return answer.as_diff(request.path, draft.original, draft.whole())
        case _:
            return answer.as_search_replace(request.path, draft.original, draft.whole())


def first_line(node: ast.stmt) -> int:
    """The line on which a statement begins, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def _functions(module: ast.Module) -> list[Function]:
    return [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]


def _locate(module: ast.Module, request: Request) -> Function | None:
    name = request.function.rpartition(".")[2]
    named = [function for function in _functions(module) if function.name == name]
    return min(named, key=lambda function: abs(first_line(function) - request.line), default=None)


def _imported(module: ast.Module, line: str) -> bool:
    """Whether the file imports this at its top already, maybe among others."""
    match ast.parse(line).body[0]:
        case ast.Import(names=[alias]):
            return any(isinstance(i, ast.Import) and alias.name in _plain(i.names) for i in module.body)
        case ast.ImportFrom(module=source, names=[alias]):
            same = (i for i in module.body if isinstance(i, ast.ImportFrom) and i.module == source)
            return any(alias.name in _plain(item.names) for item in same)
    return False


def _plain(aliases: list[ast.alias]) -> list[str]:
    return [alias.name for alias in aliases if alias.asname is None]


def _clashes(code: Code, line: str) -> bool:
    names = stored_in(ast.parse(line))
    arguments = {node.arg for node in ast.walk(code.function) if isinstance(node, ast.arg)}
    return bool(names & (stored_in(code.module) | arguments))


def _has_imports(module: ast.Module, place: int) -> bool:
    return any(isinstance(item, (ast.Import, ast.ImportFrom)) and item.lineno <= place for item in module.body)


def _last_import(module: ast.Module, place: int) -> int:
    """Number of lines after which an import can stand, above line `place`."""
    ends = [item.end_lineno or 0 for item in module.body if isinstance(item, (ast.Import, ast.ImportFrom))]
    above = [end for end in ends if end <= place]
    if above:
        return above[-1]
    first = module.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) if documented else 0
