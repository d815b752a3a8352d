"""Does the benchmark run the changed code at all? Break each changed file on purpose: the benchmark must fail.

The classic trap is a benchmark that imports an installed copy of the project, or links a library that the build does
not make again: then every candidate is "equivalent", whatever it does.
"""

import ast
from collections.abc import Iterable, Mapping

from engine.source import language_of

_PYTHON = b'raise SystemExit("stopped on purpose: MPCO checks whether the benchmark runs this file")'
_C = b"""
#ifndef MPCO_STOP_%d
#define MPCO_STOP_%d
__attribute__((constructor)) static void mpco_stop_%d(void) { __builtin_trap(); }
#endif
"""
_FIXES = {
    "Python": "have it import the project's own files (`pip install -e .`, or PYTHONPATH) and not an installed copy",
    "C": "have [build] command make anew what the benchmark runs",
}


def plant(files: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """`files` (texts by path), with what ends a program that loads one of them; those of other languages left out,
    and those that go.

    Python modules stop when they are imported, C and C++ when the program or library they are linked into is loaded.
    All of them still compile: a build that takes notice says nothing about what the benchmark runs.
    """
    kinds = {"Python": _stop_python, "C": _stop_c, "C++": _stop_c}
    there = {path: data for path, data in files.items() if data is not None}
    found = {path: kinds.get(language_of(path)) for path in there}
    return {path: stop(there[path], number) for number, (path, stop) in enumerate(found.items()) if stop}


def sentence(paths: Iterable[str]) -> str:
    """What to tell, with the fix, when the benchmark passes nevertheless."""
    names = sorted(paths)
    shown = names[0] if len(names) == 1 else f"all of {', '.join(names)}"
    fix = _FIXES["Python" if language_of(names[0]) == "Python" else "C"]
    return f"The benchmark does not run the changed code: it passes with {shown} broken on purpose; {fix}."


def _stop_python(text: bytes, number: int) -> bytes:
    lines = text.splitlines(keepends=True)
    place = _after_future_imports(text) or next(
        (index for index, line in enumerate(lines) if line.strip().lstrip(b"\xef\xbb\xbf")[:1] not in (b"", b"#")),
        len(lines),
    )
    before = b"".join(lines[:place])
    if before and not before.endswith((b"\n", b"\r")):
        before += b"\n"
    after = b"".join(lines[place:])
    if not before and after.startswith(b"\xef\xbb\xbf"):
        before, after = after[:3], after[3:]
    return before + _PYTHON + b"\n" + after


def _after_future_imports(text: bytes) -> int:
    """The number of lines up to the last `from __future__` import, before which no statement may stand; 0 for none."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return 0
    ends = [item.end_lineno or 0 for item in body if isinstance(item, ast.ImportFrom) and item.module == "__future__"]
    return max(ends, default=0)


def _stop_c(text: bytes, number: int) -> bytes:
    return text + _C.replace(b"%d", b"%d" % number)
