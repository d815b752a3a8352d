"""A piece of Python -> the changed file: the function in its place, imports on top, new names before it."""

import ast
from collections.abc import Sequence

import msgspec

from engine.errors import EditError
from engine.generate.lines import FileLines
from engine.generate.python_imports import import_line, missing_imports
from engine.generate.python_layout import fragment, lines_inside_text, reindented, statement_lines
from engine.generate.python_module import (
    Function,
    all_bound,
    bound_names,
    definitions,
    find_function,
    first_line,
    parsed,
    same,
    source_of,
    syntax_problem,
)
from engine.model import Bottleneck

Scope = ast.Module | ast.ClassDef


class Change(msgspec.Struct, frozen=True):
    """Lines to put in the place of the file's lines at indexes start to end (exclusive)."""

    start: int
    end: int
    lines: list[str]


def merge(text: str, code: str, path: str, target: Bottleneck | None, *, named: bool) -> str | None:
    """The file with the functions of `code` in their places; None when `code` is a whole file.

    `named` says that the answer gave the file's name with the code, as it does with whole files.

    Raises:
        EditError: when the code is broken, lacks the target, or would change another name of the module.
    """
    old = parsed(source_of(text))
    source = fragment(code, target.function if target else "")
    new = parsed(source)
    if new is None:
        line, message = syntax_problem(source)
        raise EditError(f"{path}: line {line} of the answer's code is not Python: {message}.")
    if old is None:
        raise EditError(f"{path} is not Python that MPCO can read, so a function cannot be placed in it.")
    if is_whole_file(old, new, named=named):
        return None
    lines = FileLines(text)
    merger = _Merger(old, lines.seen, new, source.split("\n"), path, target)
    merger.run()
    for change in sorted(merger.changes, key=lambda item: item.start, reverse=True):
        lines.replace(change.start, change.end, change.lines)
    return lines.text


def is_whole_file(old: ast.Module, new: ast.Module, *, named: bool) -> bool:
    """Whether `new` has everything that `old` defines, so that it is the file and not a piece of it."""
    defined = all_bound([item for item in old.body if not isinstance(item, ast.Import | ast.ImportFrom)])
    given = all_bound(new.body)
    stubs = {name for name, function, _ in definitions(new) if _is_stub(function)}
    if any(name in stubs and not _is_stub(function) for name, function, _ in definitions(old)):
        return False  # what stands for a function that was left as it is
    methods = {name for name, _, _ in definitions(old)}
    if not defined <= given or not methods <= {name for name, _, _ in definitions(new)}:
        return False
    if len(old.body) == len(new.body) == 1 and isinstance(new.body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return False  # much shorter or not: it has a place
    if named:
        return len(defined) > 1 or all_bound(old.body) <= given
    return len(defined) > 1 and same(old.body[0], new.body[0])


class _Merger:
    """Goes through the statements of an answer and notes what each changes in the file."""

    def __init__(
        self,
        old: ast.Module,
        seen: Sequence[str],
        new: ast.Module,
        given: Sequence[str],
        path: str,
        target: Bottleneck | None,
    ) -> None:
        self.changes: list[Change] = []
        self._old, self._seen, self._new, self._given, self._path = old, seen, new, given, path
        self._functions = {name: function for name, function, _ in definitions(old)}
        self._target, self._outer, self._name = None, None, ""
        if target is not None:
            try:
                self._target, self._outer = find_function(old, target.function, target.line)
            except EditError as error:
                raise EditError(f"{path}: {error}") from error
            self._functions[target.function] = self._target
            self._name = target.function
        self._additions: list[tuple[Scope, ast.stmt]] = []
        self._replaced: set[str] = set()
        self._inside_text = lines_inside_text("\n".join(given))
        self._bare = self._name not in {name for name, _, _ in definitions(new)}

    def run(self) -> None:
        self._scope(self._new, self._old, "")
        if self._name and self._name not in self._replaced:
            raise EditError(f"{self._path}: the answer's code does not define {self._name}.")
        self._add_statements()
        future, other = missing_imports(self._old, self._new, self._path)
        for index, made in ((import_line(self._old, future=True), future), (import_line(self._old), other)):
            if made:
                self.changes.append(Change(index, index, self._spaced_imports(index, made)))

    def _scope(self, new: Scope, old: Scope, prefix: str) -> None:
        for statement in new.body:
            match statement:
                case ast.Import() | ast.ImportFrom() if isinstance(new, ast.Module):
                    continue
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(statement, old, prefix)
                case ast.ClassDef():
                    self._class(statement, old, prefix)
                case _:
                    self._statement(statement, old)

    def _function(self, new: Function, old: Scope, prefix: str) -> None:
        name = prefix + new.name
        if self._bare and not prefix and new.name == self._name.rsplit(".", 1)[-1]:
            name = self._name
        known = self._functions.get(name)
        if known is None:
            self._new_name(new, old)
            return
        is_target = name == self._name
        if name in self._replaced:
            raise EditError(f"{self._path}: the answer's code defines {name} more than once.")
        if is_target or not (same(known, new) or _is_stub(new)):
            self._replace(known, new)
        self._replaced.add(name)

    def _class(self, new: ast.ClassDef, old: Scope, prefix: str) -> None:
        known = next((item for item in old.body if isinstance(item, ast.ClassDef) and item.name == new.name), None)
        if known is None:
            self._new_name(new, old)
            return
        if _head(known) != _head(new):
            raise EditError(f"{self._path}: the answer changes the bases or decorators of class {new.name}.")
        self._scope(new, known, f"{prefix}{new.name}.")

    def _statement(self, new: ast.stmt, old: Scope) -> None:
        if _is_illustration(new) or any(same(new, item) for item in old.body):
            return
        self._new_name(new, old)

    def _new_name(self, new: ast.stmt, old: Scope) -> None:
        """A statement that the file lacks; what it binds must be new, or it would change the rest of the file."""
        taken = bound_names(new) & all_bound(old.body)
        if taken:
            name = min(taken)
            raise EditError(f"{self._path}: the answer gives {name}, which the file has already, another value.")
        self._additions.append((old, new))

    def _replace(self, old: Function, new: Function) -> None:
        start, end = first_line(old) - 1, old.end_lineno or old.lineno
        lines = statement_lines(self._given, new)
        if old.decorator_list and not new.decorator_list:
            start = old.lineno - 1  # LLMs leave decorators out; those of the file stay
        made = self._fitted(lines, new, self._seen[old.lineno - 1], self._seen[start:end])
        self.changes.append(Change(start, end, made))

    def _fitted(self, lines: list[str], node: ast.stmt, sample: str, around: Sequence[str]) -> list[str]:
        first = (node.end_lineno or node.lineno) - len(lines) + 1
        return reindented(lines, first, self._inside_text, sample, around)

    def _add_statements(self) -> None:
        for scope in {id(scope): scope for scope, _ in self._additions}.values():
            statements = [item for owner, item in self._additions if owner is scope]
            at, sample = self._place_for(scope)
            made: list[str] = []
            for before, item in zip([None, *statements], statements, strict=False):
                apart = isinstance(item, Function | ast.ClassDef) or isinstance(before, Function | ast.ClassDef)
                gap = (2 if isinstance(scope, ast.Module) else 1) if before is not None and apart else 0
                lines = statement_lines(self._given, item, comments=True)
                made += [""] * gap + self._fitted(lines, item, sample, self._seen)
            self.changes.append(self._spaced(at, made, scope))

    def _place_for(self, scope: Scope) -> tuple[int, str]:
        """(index before which new statements of a scope go, a line with the scope's indentation)."""
        anchor: ast.stmt | None = self._outer
        if isinstance(scope, ast.ClassDef):
            anchor = self._target if self._target in scope.body else scope.body[-1]
        elif anchor is None:
            anchor = next((item for item in scope.body if isinstance(item, Function | ast.ClassDef)), None)
        if anchor is None:
            return len(self._seen) - (self._seen[-1] == ""), ""
        at = first_line(anchor) - 1
        while at > 0 and self._seen[at - 1].lstrip().startswith("#") and not self._seen[at - 1].startswith("#!"):
            at -= 1
        return at, self._seen[first_line(anchor) - 1]

    def _spaced(self, at: int, made: list[str], scope: Scope) -> Change:
        """New statements with the blank lines that stood before the one they precede."""
        blank = 0
        while at - blank > 0 and not self._seen[at - blank - 1].strip():
            blank += 1
        usual = 2 if isinstance(scope, ast.Module) else 1
        return Change(at, at, made + [""] * (blank or usual))

    def _spaced_imports(self, index: int, made: list[str]) -> list[str]:
        has_import = any(isinstance(item, ast.Import | ast.ImportFrom) for item in self._old.body)
        if has_import and index > 0:
            return made
        head = [""] if index > 0 else []
        follows_blank = index < len(self._seen) and not self._seen[index].strip()
        return head + made + ([] if follows_blank else [""])


def _head(node: ast.ClassDef) -> list[str]:
    return [ast.dump(item) for item in (*node.bases, *node.keywords, *node.decorator_list)]


def _is_stub(function: Function) -> bool:
    """Whether a function stands only for one that the LLM did not touch."""
    body = [item for item in function.body if not _is_text(item)]
    return all(isinstance(item, ast.Pass) or _is_ellipsis(item) for item in body)


def _is_illustration(statement: ast.stmt) -> bool:
    """Docstrings, prints and `if __name__ == "__main__"` show how the code is used; they are no part of it."""
    if isinstance(statement, ast.If):
        return "__name__" in ast.dump(statement.test)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return isinstance(statement.value.func, ast.Name) and statement.value.func.id == "print"
    return isinstance(statement, ast.Pass) or _is_text(statement) or _is_ellipsis(statement)


def _is_text(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant and isinstance(statement.value.value, str)  # type: ignore[attr-defined]


def _is_ellipsis(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant and statement.value.value is ...  # type: ignore[attr-defined]
