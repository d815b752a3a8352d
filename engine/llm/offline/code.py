"""A Python file with the function in it that is to be rewritten: where things stand, and edits of exact ranges.

Rewriting ranges of the source instead of printing a syntax tree keeps the author's comments and formatting.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from typing import NamedTuple

Function = ast.FunctionDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NAMING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
Loop = ast.For | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Edit(NamedTuple):
    """Characters `start` to `end` of the file are replaced by `text`."""

    start: int
    end: int
    text: str


class Rewrite(NamedTuple):
    """What a rule would change, and why; several edits that belong together."""

    edits: tuple[Edit, ...]
    note: str
    """One or two sentences for a person."""
    imports: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    """Lines at module level that the rewritten function needs."""


class Code:
    """The file as text and tree, and the function."""

    def __init__(self, text: str, function: Function, module: ast.Module, added: tuple[str, ...] = ()) -> None:
        self.text = text
        self.module = module
        self.function = function
        self.added = ast.parse("\n".join(added)).body
        """Module-level statements that earlier rewrites need and that are not in `text` yet."""
        self.parents = {child: node for node in ast.walk(module) for child in ast.iter_child_nodes(node)}
        self.own = tuple(_own_nodes(function))
        """The function's nodes without those of functions and classes nested in it."""
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._taken = set(dir(builtins)) | set(re.findall(r"\w+", "\n".join([text, *added])))

    # ------------------------------------------------------------------------------------------- places

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where `node` stands in the text."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.expr | ast.stmt) -> str:
        """The text of `node`."""
        start, end = self.span(node)
        return self.text[start:end]

    def indent(self, statement: ast.stmt) -> str:
        """The blanks before `statement`."""
        line = self._lines[statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]

    def alone(self, statement: ast.stmt) -> bool:
        """Whether `statement` shares its lines with no other one."""
        start, end = self.span(statement)
        before = self._lines[statement.lineno - 1][: start - self._starts[statement.lineno - 1]]
        assert statement.end_lineno is not None
        after = self.text[end : self._starts[statement.end_lineno]].strip()
        return not before.strip() and (not after or after.startswith("#"))

    def commented(self, first: ast.stmt, last: ast.stmt) -> bool:
        """Whether a comment stands, or may stand, within the lines from `first` to `last`."""
        return any("#" in line for line in self._lines[first.lineno - 1 : last.end_lineno])

    # -------------------------------------------------------------------------------------------- edits

    def replace(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """Put `text` in the place of `node`."""
        return Edit(*self.span(node), text)

    def before(self, statement: ast.stmt, *lines: str) -> Edit:
        """Insert lines above `statement` and the comment that belongs to it."""
        row = statement.lineno - 1
        indent = self.indent(statement)
        while row > 0 and self._lines[row - 1].startswith(f"{indent}#"):
            row -= 1
        return Edit(self._starts[row], self._starts[row], "".join(f"{indent}{line}\n" for line in lines))

    def after(self, statement: ast.stmt, *lines: str) -> Edit:
        """Insert lines below `statement`."""
        assert statement.end_lineno is not None
        place = self._starts[statement.end_lineno]
        # The last line of a file may lack its end.
        lead = "" if self.text[:place].endswith("\n") else "\n"
        text = "".join(f"{self.indent(statement)}{line}\n" for line in lines)
        return Edit(place, place, lead + text if not lead else lead + text.removesuffix("\n"))

    def without(self, statement: ast.stmt, since: ast.stmt | None = None) -> Edit:
        """Remove the lines of `statement`, and those between the statement `since` and it."""
        assert statement.end_lineno is not None
        first = statement.lineno - 1 if since is None or since.end_lineno is None else since.end_lineno
        return Edit(self._starts[first], self._starts[statement.end_lineno], "")

    # --------------------------------------------------------------------------------------- structure

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that `node` is part of and above which lines can be inserted."""
        while not isinstance(node, ast.stmt) or self._is_elif(node):
            node = self.parents[node]
        return node

    def loops(self, node: ast.AST) -> tuple[Loop, ...]:
        """The loops of the function that evaluate `node` again and again, innermost first."""
        found: list[Loop] = []
        while node is not self.function:
            child, node = node, self.parents[node]
            in_statement = (isinstance(node, ast.For) and child in node.body) or (
                isinstance(node, ast.While) and (child in node.body or child is node.test)
            )
            if in_statement or (isinstance(node, COMPREHENSIONS) and child is not node.generators[0]):
                found.append(node)  # type: ignore[arg-type]
            elif isinstance(node, ast.comprehension) and child is not node.iter:
                comprehension = self.parents[node]
                assert isinstance(comprehension, COMPREHENSIONS)
                if node is comprehension.generators[0]:
                    found.append(comprehension)
        return tuple(found)

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that `statement` is in."""
        parent = self.parents[statement]
        blocks = [getattr(parent, name, []) for name in ("body", "orelse", "finalbody")]
        return next((block for block in blocks if statement in block), [])

    def fresh(self, name: str) -> str:
        """`name`, or a variation of it that nothing in the file uses."""
        candidate, number = name, 2
        while candidate in self._taken:
            candidate, number = f"{name}_{number}", number + 1
        self._taken.add(candidate)
        return candidate

    def local(self, name: str) -> str:
        """`name`, or a variation of it that the function does not use."""
        words = set(re.findall(r"\w+", self.source(self.function)))
        return next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(words) + 3))) if n not in words)

    def _is_elif(self, node: ast.stmt) -> bool:
        parent = self.parents.get(node)
        if not isinstance(node, ast.If) or not isinstance(parent, ast.If) or node not in parent.orelse:
            return False
        return self.text[self.span(node)[0] :].startswith("elif")

    def _offset(self, line: int, column: int) -> int:
        # ast counts columns in bytes of UTF-8.
        text = self._lines[line - 1]
        return self._starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode()))


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    """`text` with all edits made; insertions at one place keep their order."""
    ordered = sorted(enumerate(edits), key=lambda item: (item[1].start, item[1].end, item[0]), reverse=True)
    for _, edit in ordered:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def same(left: ast.AST, right: ast.AST) -> bool:
    """Whether two expressions are written alike."""
    return ast.dump(left) == ast.dump(right)


def words(text: str) -> frozenset[str]:
    """The set of the words in `text`."""
    return frozenset(text.split())


def repeatable(node: ast.AST) -> bool:
    """Whether evaluating `node` twice in a row gives the same value: names, attributes and constants."""
    plain = (ast.Name, ast.Attribute, ast.Constant, ast.Load)
    return all(isinstance(item, plain) for item in ast.walk(node))


def names_in(node: ast.AST) -> set[str]:
    """Every name that occurs in `node`."""
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


def stored_in(node: ast.AST) -> set[str]:
    """Names that `node` binds or deletes anywhere."""
    stored = {i.id for i in ast.walk(node) if isinstance(i, ast.Name) and not isinstance(i.ctx, ast.Load)}
    for item in ast.walk(node):
        if isinstance(item, NAMING) and item.name:
            stored.add(item.name)
        elif isinstance(item, (ast.Import, ast.ImportFrom)):
            stored |= {(alias.asname or alias.name).split(".")[0] for alias in item.names}
    return stored


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, SCOPES):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
