"""A place in a profile (file, line, name) -> whose time that is: a function of the project, or something outside."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

import msgspec

from engine.config import Config
from engine.protected import matching
from engine.source import FunctionSpan, functions, innermost, language_of

MODULE = "<module>"
DRIVER = "<profiler>"
"""What the driver calls its own file."""

_INSTALLED = re.compile(r"(?:^|/)(?:(?:site|dist)-packages|lib(?:64)?/(?:python|pypy)\d[\d.]*t?)/(?!.*-packages/)(.+)")
_FUNCTION = re.compile(r"<built-in method (?:(\S+)\.)?([^.\s]+?)>")
_METHOD = re.compile(r"<method '([^']*)' of '([^']*)' objects>")


class Owner(msgspec.Struct, frozen=True):
    """Whom time belongs to; equal for all code objects of one function."""

    name: str
    """Qualified name of a function of the project; elsewhere as in `re.match`."""
    file: str = ""
    """Relative path of the project's file; empty outside of the project."""
    line: int = 0
    end_line: int = 0
    group: str = ""
    """The name under which the time is listed as unmapped; empty for what can be optimised."""
    occurrence: int = 0
    """How many functions of that name come before it in the file."""

    @property
    def in_project(self) -> bool:
        """Whether it is code of the project, optimisable or not."""
        return bool(self.file)

    @property
    def id(self) -> str:
        """Stays the same when the function moves or changes, so that marks survive the next profile."""
        key = "\0".join([self.file, self.name, *([str(self.occurrence)] if self.occurrence else [])])
        return hashlib.sha256(key.encode()).hexdigest()[:12]


class Places:
    """The places of one project; source files are read once."""

    def __init__(self, config: Config) -> None:
        self._project = config.project
        self._root = config.root_path
        self._roots = {str(self._root), str(self._root.resolve())}
        self.owner = lru_cache(maxsize=None)(self._owner)
        self._relative = lru_cache(maxsize=None)(self._find_relative)
        self._spans = lru_cache(maxsize=None)(self._read_spans)

    def _owner(self, seen_root: str, file: str, line: int, name: str = "") -> Owner:
        """Whom a line belongs to; `name` is that of the code object, where it is known."""
        if not file:
            return _builtin(name)
        path = self._relative(seen_root, file)
        if not path:
            return _installed(file, name)
        span = None if name == MODULE else innermost(self._spans(path), line)
        if not self._is_source(path):
            return Owner(span.qualname if span else name or MODULE, path, span.line if span else line, group=path)
        if span is None:
            return Owner(MODULE, path, 1, group=f"{path} {MODULE}")
        earlier = sum(other.qualname == span.qualname and other.line < span.line for other in self._spans(path))
        return Owner(span.qualname, path, span.line, span.end_line, occurrence=earlier)

    def is_function_itself(self, owner: Owner, line: int, name: str) -> bool:
        """Whether a code object is the function and not a lambda or comprehension inside of it."""
        return name == owner.name.rpartition(".")[2] and owner.line <= line <= owner.end_line

    def whole_file(self, owner: Owner) -> Owner:
        """The module-level code of a file as something that can be optimised."""
        return Owner(MODULE, owner.file, 1, max(1, len(_read(self._root / owner.file).splitlines())))

    def _find_relative(self, seen_root: str, file: str) -> str:
        for root in (seen_root, *self._roots):
            if not file.startswith(root.rstrip("/") + "/"):
                continue
            path = file[len(root.rstrip("/")) + 1 :]
            hidden = any(part.startswith(".") for part in PurePosixPath(path).parts)
            if not hidden and not _INSTALLED.search(path) and (self._root / path).is_file():
                return path
        return ""

    def _is_source(self, path: str) -> bool:
        project = self._project
        outside = (*project.exclude, *project.protected)
        return bool(matching(path, project.include)) and not matching(path, outside)

    def _read_spans(self, path: str) -> tuple[FunctionSpan, ...]:
        return functions(path, _read(self._root / path)) if language_of(path) else ()


def _read(path: Path) -> str:
    """Spans are about lines, so the wrong encoding does no harm; a file that went away has no spans."""
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def _builtin(name: str) -> Owner:
    """cProfile's names of what is written in C, as a person would write them."""
    if method := _METHOD.fullmatch(name):
        home = method[2].rpartition(".")[0]
        return Owner(f"{method[2]}.{method[1]}", group=home.split(".")[0] or "built-ins")
    if function := _FUNCTION.fullmatch(name):
        home = function[1] or "builtins"
        return Owner(function[2] if home == "builtins" else f"{home}.{function[2]}", group=_group(home))
    return Owner(re.sub(r"^<built-in method | at 0x[0-9a-fA-F]+|>$", "", name), group="built-ins")


def _group(module: str) -> str:
    return "built-ins" if module == "builtins" else module.split(".")[0]


def _installed(file: str, name: str) -> Owner:
    if file == DRIVER:
        return Owner(DRIVER, group=DRIVER)
    if file.startswith("<frozen "):
        module = file[len("<frozen ") : -1]
    elif file.startswith("<"):
        return Owner(name, group="generated code")
    else:
        found = _INSTALLED.search(file)
        module = found[1].removesuffix(".py").removesuffix("/__init__").replace("/", ".") if found else Path(file).stem
    return Owner(f"{module}.{name}", group=module.split(".")[0])
