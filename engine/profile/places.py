"""A place in a profile (file, line, name) -> whose time that is: a function of the project, or something outside."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from engine.profile.frames import Frame
from engine.profile.names import MODULE, components, is_inner, matched
from engine.profile.project_files import ProjectFiles
from engine.protected import matching
from engine.source import FunctionSpan, language_of

DRIVER = "<profiler>"
"""What the driver calls its own file, and the group of everything that a profiler spends on itself."""
INTERPRETER = "<interpreter>"
"""The group of an interpreter's loop: its time is that of the code it runs."""

_INSTALLED = re.compile(r"(?:^|/)(?:(?:site|dist)-packages|lib(?:64)?/(?:python|pypy)\d[\d.]*t?)/(?!.*-packages/)(.+)")
_FUNCTION = re.compile(r"[<{]built-in method (?:(\S+)\.)?([^.\s]+?)[>}]")
_METHOD = re.compile(r"[<{]method '([^']*)' of '([^']*)' objects[>}]")
_LOOP = re.compile(
    r"_?PyEval_\w+|_PyFunction_Vectorcall|_?PyObject_(?:Vectorcall|Call|MakeTpCall|FastCall)\w*|_PyVectorcall_\w+"
    r"|method_vectorcall|py_trampoline\w*|cfunction_(?:vectorcall|call)\w*|PyRun_\w+|run_mod|pymain_\w+|Py_RunMain|Py_BytesMain"
)
_NO_FRAMES = frozenset({"[self]", "[await]", "[out-of-context]"})
"""What pyinstrument writes for the rest of a frame."""
_PROFILERS = re.compile(
    r"(?:^|[/\\])(?:cProfile|pstats|scalene|pyinstrument|py_spy|mpco_driver|yappi|line_profiler|memray)(?:\.py)?(?:$|[/\\])"
)
_SYSTEM_MODULE = re.compile(
    r"\[.*\]|(?:.*/)?(?:lib(?:c|m|dl|rt|pthread|stdc\+\+|gcc_s|gomp|python[\d.]*|jvm|tcmalloc|jemalloc|asan)|ld|ld-linux\S*"
    r"|vmlinux|python[\d.]*|node|java)(?:[-.]\S*)?|.*\.ko"
)
_FOREIGN_NAMESPACES = frozenset("std __gnu_cxx __cxxabiv1 core alloc java javax jdk sun runtime node boost".split())  # noqa: SIM905


_PACKAGED = ("Go", "Rust")


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
    """The places of one project; source files are read once.

    `include` and `exclude` are globs: what they leave out is code of the project, but no bottleneck.
    """

    def __init__(self, root: Path, include: Sequence[str] = ("**",), exclude: Sequence[str] = ()) -> None:
        self._include, self._exclude = tuple(include), tuple(exclude)
        self._files = ProjectFiles(root)
        self._found = lru_cache(maxsize=None)(self._owner)
        self._owners: dict[Owner, Owner] = {}
        self._seen: set[str] = set()
        """The files that frames were in for sure: of several functions of a name, these have it."""
        self._located = lru_cache(maxsize=None)(self._files.find)

    def owner(self, frame: Frame) -> Owner:
        """Whom the time at a frame belongs to; the same object for equal owners."""
        found = self._found(frame)
        return self._owners.setdefault(found, found)

    def owners(self, frames: Sequence[Frame]) -> list[Owner]:
        """Whom the time at each of the frames belongs to; those that say the most help to place the others."""
        for frame in frames:
            if frame.file or not self._is_ambiguous(frame):
                found = self.owner(frame)
                if found.in_project:
                    self._seen.add(found.file)
        return [self.owner(frame) for frame in frames]

    def around(self, frame: Frame) -> Frame | None:
        """The function that a line was inlined into, when a frame gives that function's name and the line's file."""
        owner = self.owner(frame) if frame.line and frame.file else None
        if owner is None or not owner.in_project or language_of(owner.file) in ("Python", "JavaScript"):
            return None
        if is_inner(frame.name) or matched(components(frame.name), components(owner.name)):
            return None
        if self._files.outline(owner.file).fitting(components(frame.name))[0]:
            return Frame(frame.name, owner.file, module=frame.module)
        outer = Frame(frame.name, module=frame.module)
        return outer if self._candidates(outer) else None

    def is_function_itself(self, owner: Owner, frame: Frame) -> bool:
        """Whether a code object is the function and not a lambda or comprehension inside of it."""
        return owner.line <= frame.line <= owner.end_line and frame.name == owner.name.rpartition(".")[2]

    def whole_file(self, owner: Owner) -> Owner:
        """The module-level code of a file as something that can be optimised."""
        return Owner(MODULE, owner.file, 1, max(1, len(self._files.text(owner.file).splitlines())))

    def _owner(self, frame: Frame) -> Owner:
        if frame.file == DRIVER or _PROFILERS.search(frame.file) or "_lsprof." in frame.name:
            return Owner(frame.name, group=DRIVER)
        if frame.file in ("", "~"):
            return self._by_name(frame)
        path = self._file(frame)
        if path:
            return self._in_file(path, frame)
        if self._may_have_moved(frame) or language_of(frame.file) not in ("Python", "JavaScript", ""):
            found = self._unique(Frame(frame.name, module=frame.module))
            if found is not None:
                return found
        return _elsewhere(frame)

    def _may_have_moved(self, frame: Frame) -> bool:
        return frame.file.startswith("/") and not self._files.is_foreign(frame.file) and not self._located(frame.file)

    def _file(self, frame: Frame) -> str:
        found = self._located(frame.file)
        if len(found) == 1 and found[0].sure:
            return found[0].path
        fitting = [item.path for item in found if self._fits(item.path, frame)]
        if len(fitting) > 1:
            exact = [path for path in fitting if self._holds(path, frame)]
            fitting = exact if len(exact) == 1 else []
        return fitting[0] if fitting else ""

    def _fits(self, path: str, frame: Frame) -> bool:
        """Whether a file in which a frame might lie has such a function, or such a line of a function."""
        parts = components(frame.name)
        if not parts or is_inner(frame.name) or parts == (MODULE,):
            return not frame.line or bool(self._files.outline(path).spans)
        if self._files.outline(path).fitting(parts[-1:])[0]:
            return True
        return not frame.file.startswith("/") and self._files.outline(path).around(frame.line) is not None

    def _holds(self, path: str, frame: Frame) -> bool:
        span = self._files.outline(path).around(frame.line)
        return span is not None and bool(matched(components(frame.name), components(span.qualname)))

    def _in_file(self, path: str, frame: Frame) -> Owner:
        span = self._span(path, frame)
        name = span.qualname if span else MODULE
        if not self._is_source(path):
            # Its top-level code is one place, whichever of its lines calls.
            return Owner(name if span else frame.name or MODULE, path, span.line if span else 1, group=path)
        if span is None:
            return Owner(MODULE, path, 1, group=f"{path} {MODULE}")
        return Owner(name, path, span.line, span.end_line, occurrence=self._files.outline(path).occurrence(span))

    def _span(self, path: str, frame: Frame) -> FunctionSpan | None:
        """The function of a file that a frame is in.

        A line inside of a function of another name is that of inlined code in a compiled language; in Python it says
        that the file has changed since.
        """
        outline = self._files.outline(path)
        wanted = components(frame.name)
        if wanted == (MODULE,):
            return None
        around = outline.around(frame.line)
        if not wanted or is_inner(frame.name):
            return around
        _, fitting = outline.fitting(wanted)
        if around in fitting or not fitting:
            return around
        if any(span.line <= frame.line <= span.end_line for span in fitting):
            return around if not frame.name.isidentifier() or language_of(path) != "Python" else fitting[-1]
        if around is not None and language_of(path) != "Python":
            return around
        return min(fitting, key=lambda span: (abs(span.line - frame.line), -(span.end_line - span.line)))

    def _is_source(self, path: str) -> bool:
        return bool(matching(path, self._include)) and not matching(path, self._exclude)

    def _by_name(self, frame: Frame) -> Owner:
        if _LOOP.fullmatch(frame.name) or frame.name in _NO_FRAMES:
            return Owner(frame.name, group=INTERPRETER)
        if frame.name.startswith(("<built-in", "<method", "{built-in", "{method")):
            return _builtin(frame.name)
        found = self._unique(frame)
        return found if found is not None else _elsewhere(frame)

    def _unique(self, frame: Frame) -> Owner | None:
        """The project's function of a frame that names no file; None when none, or more than one, has that name."""
        found = self._candidates(frame)
        if len({path for path, _ in found}) > 1:
            program = frame.module.rpartition("/")[2].partition(".")[0]
            found = (
                [item for item in found if program and Path(item[0]).stem == program]
                or [item for item in found if item[0] in self._seen]
                or found
            )
        if len({(path, span.qualname) for path, span in found}) != 1:
            return None
        path, span = max(found, key=lambda item: item[1].end_line - item[1].line)
        return self._in_file(path, Frame(span.qualname, path, frame.line or span.line))

    def _is_ambiguous(self, frame: Frame) -> bool:
        return len({path for path, _ in self._candidates(frame)}) > 1

    def _candidates(self, frame: Frame) -> list[tuple[str, FunctionSpan]]:
        parts = components(frame.name)
        if not parts or parts[0] in _FOREIGN_NAMESPACES or _SYSTEM_MODULE.fullmatch(frame.module):
            return []
        while parts and is_inner("::".join(parts)):
            parts = parts[: parts.index("{lambda}")] if "{lambda}" in parts else parts[:-1]
        found = self._files.named("::".join(parts))
        found = [item for item in found if self._is_source(item[0])] or found
        if len(parts) == 1:  # so says C; compilers of Go and Rust, and of methods, say where a function belongs
            bare = [item for item in found if item[1].qualname == parts[0] and language_of(item[0]) not in _PACKAGED]
            found = bare or found
        if frame.line:
            found = [item for item in found if item[1].line <= frame.line <= item[1].end_line] or found
        return found


def _builtin(name: str) -> Owner:
    """cProfile's names of what is written in C, as a person would write them."""
    if method := _METHOD.fullmatch(name):
        home = method[2].rpartition(".")[0]
        return Owner(f"{method[2]}.{method[1]}", group=home.split(".")[0] or "built-ins")
    if function := _FUNCTION.fullmatch(name):
        home = function[1] or "builtins"
        return Owner(function[2] if home == "builtins" else f"{home}.{function[2]}", group=_group(home))
    return Owner(re.sub(r"^[<{]built-in method | at 0x[0-9a-fA-F]+|[>}]$", "", name), group="built-ins")


def _group(module: str) -> str:
    return "built-ins" if module == "builtins" else module.split(".")[0]


def _elsewhere(frame: Frame) -> Owner:
    """What is not the project's, under the name of its module, library or file."""
    file, name = frame.file, frame.name
    if file.startswith("<frozen "):
        return _python(file[len("<frozen ") : -1], name)
    if file.startswith("<"):
        return Owner(name, group="generated code")
    if language_of(file) == "Python":
        found = _INSTALLED.search(file)
        short = found[1] if found else file if not file.startswith("/") else Path(file).name
        return _python(short.removesuffix(".py").removesuffix("/__init__").replace("/", "."), name)
    parts = components(name)
    library = frame.module.rpartition("/")[2] or file.rpartition("/")[2]
    if parts and parts[0] in _FOREIGN_NAMESPACES and not _SYSTEM_MODULE.fullmatch(frame.module):
        library = parts[0]  # compiled into the program, as Go's runtime is
    group = library or name
    return Owner("::".join(parts) or name or "[unknown]", group=group or "[unknown]")


def _python(module: str, name: str) -> Owner:
    return Owner(f"{module}.{name}" if name else module, group=module.split(".")[0] or module)
