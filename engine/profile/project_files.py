"""The project's source files, and which of them a path from elsewhere (a build machine, a container) means."""

import os
import posixpath
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from engine.profile.names import components, matched
from engine.protected import LEFT_OUT
from engine.source import FunctionSpan, functions, language_of

LARGEST = 8 * 1024 * 1024
"""Bytes of a source file that is searched for functions by name; larger ones are generated data."""
COMPILED = frozenset({"C", "C++", "Rust", "Go", "CUDA", "Fortran", "Zig"})
NO_CODE = LEFT_OUT | {"node_modules", "site-packages", "dist-packages", "venv"}

_INSTALLED = re.compile(r"(?:^|/)(?:site|dist)-packages/(?!.*-packages/)(.+)")
_SYSTEM = re.compile(
    r"(?:^|/)(?:lib(?:64)?/(?:python|pypy)\d[\d.]*t?/|usr/include/|usr/lib(?:64)?/|usr/src/|usr/local/go/src/|go/pkg/mod/"
    r"|libexec/src/|\.cargo/registry/|rustc/[0-9a-f]{8,}/|rustlib/|node_modules/|java\.base/|jdk\.|glibc-[\d.]+/)"
    r"|^(?:<|node:|internal/|\[)|/bits/[^/]+$|^\.\./sysdeps/"
)
_WORD = re.compile(rb"[A-Za-z_]\w*(?=\s*[(=:<])|operator")


class Found(NamedTuple):
    """A file of the project that a path may mean."""

    path: str
    sure: bool
    """Whether the path alone says so; otherwise the function has to be there as well."""


class Outline:
    """The functions of one file, found by line and by name."""

    def __init__(self, spans: Sequence[FunctionSpan]) -> None:
        self.spans = tuple(spans)
        self._at: dict[int, FunctionSpan] = {}
        self._named: dict[str, list[tuple[tuple[str, ...], FunctionSpan]]] = defaultdict(list)
        self._occurrence: dict[FunctionSpan, int] = {}
        seen: dict[str, int] = defaultdict(int)
        for span in sorted(spans, key=lambda span: (span.line - span.end_line, span.line)):
            self._at.update(dict.fromkeys(range(span.line, span.end_line + 1), span))
        for span in spans:
            parts = components(span.qualname)
            self._named[parts[-1] if parts else ""].append((parts, span))
            self._occurrence[span] = seen[span.qualname]
            seen[span.qualname] += 1

    def around(self, line: int) -> FunctionSpan | None:
        """The innermost function with that line."""
        return self._at.get(line)

    def fitting(self, wanted: tuple[str, ...]) -> tuple[int, list[FunctionSpan]]:
        """(how many parts of the name they share, the functions that fit a name best)."""
        found = [(matched(wanted, parts), span) for parts, span in self._named.get(wanted[-1] if wanted else "", ())]
        most = max((shared for shared, _ in found), default=0)
        return most, [span for shared, span in found if shared == most and most]

    def occurrence(self, span: FunctionSpan) -> int:
        """How many functions of the same name come before it."""
        return self._occurrence[span]


class ProjectFiles:
    """The files with source code below one folder; read once, at first use."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._roots = tuple(dict.fromkeys(text.rstrip("/") + "/" for text in (str(root), str(root.resolve()))))
        self._outlines: dict[str, Outline] = {}

    def find(self, path: str) -> list[Found]:
        """The files that `path` may mean, best first."""
        clean = _clean(path)
        for root in self._roots:
            if clean.startswith(root) and self._is_code(clean[len(root) :]):
                return [Found(clean[len(root) :], True)]
        if not clean or any(clean.startswith(root) for root in self._roots):
            return []
        installed = _INSTALLED.search(clean)
        if not installed and _SYSTEM.search(clean):
            return []
        parts = (installed[1] if installed else clean).strip("/").split("/")
        exact = bool(installed) or _is_standard_library(clean)
        found = [(_shared_end(parts, other.split("/")), other) for other in self._by_name.get(parts[-1], ())]
        longest = max((shared for shared, _ in found), default=0)
        best = [other for shared, other in found if shared == longest]
        if exact:
            places = ("/".join(parts), "src/" + "/".join(parts), "lib/" + "/".join(parts))
            return [Found(other, True) for other in best if other in places]
        whole = not clean.startswith("/") and longest == len(parts)
        return [
            Found(other, len(best) == 1 and len(parts) > 1 and (whole or longest == other.count("/") + 1))
            for other in best
        ]

    def is_foreign(self, path: str) -> bool:
        """Whether the path is one of an installation, never of a project."""
        clean = _clean(path)
        return bool(_SYSTEM.search(clean) or _INSTALLED.search(clean) or _is_standard_library(clean))

    def outline(self, path: str) -> Outline:
        """The functions of a file, lambdas of several lines included."""
        if path not in self._outlines:
            spans = functions(path, self.text(path), lambdas=True) if language_of(path) else ()
            self._outlines[path] = Outline(spans)
        return self._outlines[path]

    def text(self, path: str) -> str:
        """Spans are about lines, so the wrong encoding does no harm; a file that went away is empty."""
        try:
            return (self._root / path).read_bytes().decode("utf-8-sig", errors="replace")
        except OSError:
            return ""

    def named(self, symbol: str) -> list[tuple[str, FunctionSpan]]:
        """(file, function) of those functions of the project that fit a symbol best."""
        wanted = components(symbol)
        if not wanted:
            return []
        word = "operator" if wanted[-1].startswith("operator") else wanted[-1].strip("~#<>")
        found = [(path, *self.outline(path).fitting(wanted)) for path in self._by_word.get(word.encode(), ())]
        most = max((shared for _, shared, _ in found), default=0)
        return [(path, span) for path, shared, spans in found for span in spans if shared == most]

    def _is_code(self, path: str) -> bool:
        parts = path.split("/")
        hidden = any(part.startswith(".") or part in NO_CODE for part in parts)
        return not hidden and (self._root / path).is_file()

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in files_of(self._root):
            found[posixpath.basename(path)].append(path)
        return found

    @cached_property
    def _by_word(self) -> dict[bytes, list[str]]:
        """The files in which a word stands where a function's name may stand."""
        found: dict[bytes, list[str]] = defaultdict(list)
        for paths in self._by_name.values():
            for path in paths:
                try:
                    with open(self._root / path, "rb") as file:
                        words = set(_WORD.findall(file.read(LARGEST)))
                except OSError:
                    continue
                for word in words:
                    found[word].append(path)
        return found


def files_of(root: Path) -> Iterator[str]:
    """The source files below a folder, by their endings; relative, with forward slashes."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NO_CODE)
        below = os.path.relpath(folder, root)
        for name in sorted(names):
            if language_of(name) and not name.startswith("."):
                yield name if below == "." else f"{below}/{name}".replace(os.sep, "/")


def _clean(path: str) -> str:
    path = re.sub(r"^[a-zA-Z][\w+-]*://(?:[^/]*(?=/\.))?|^[A-Za-z]:(?=[\\/])", "", path.replace("\\", "/"))
    path = posixpath.normpath(path.partition("?")[0]) if path else ""
    while path.startswith("../"):
        path = path[3:]
    return "" if path == "." else path


def _shared_end(one: list[str], other: list[str]) -> int:
    shared = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        shared += 1
    return shared


def _is_standard_library(path: str) -> bool:
    """py-spy shortens paths: the standard library's `json/decoder.py` is no file of a project called the same."""
    if path.startswith("/") or not path.endswith(".py"):
        return False
    return path.split("/")[0].removesuffix(".py") in sys.stdlib_module_names


def has_compiled_code(root: Path) -> bool:
    """Whether a folder has source code of a language that a compiler turns into machine code."""
    return bool(languages(root) & COMPILED)


def languages(root: Path) -> frozenset[str]:
    """The languages of a folder's source code."""
    return frozenset(map(language_of, files_of(root))) - {""}
