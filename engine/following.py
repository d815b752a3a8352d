"""Bottlenecks keep to their functions while a file changes: by an apply, its undo, or a person's editor."""

from functools import lru_cache
from pathlib import Path

import msgspec

from engine.model import Bottleneck
from engine.source import FunctionSpan, functions

_MODULE = "<module>"


def followed(bottleneck: Bottleneck, root: Path, since: float) -> Bottleneck:
    """The bottleneck where its function stands now; itself when the file has not changed `since`, or has it no more."""
    path = root / bottleneck.file
    try:
        written = path.stat()
        if written.st_mtime <= since:
            return bottleneck
        lines, there = _read(path, bottleneck.file, written.st_mtime_ns)
    except OSError:
        return bottleneck
    if bottleneck.function == _MODULE:
        return msgspec.structs.replace(bottleneck, end_line=lines)
    spans = [item for item in there if item.qualname == bottleneck.function]
    return _at(bottleneck, min(spans, key=lambda span: abs(span.line - bottleneck.line))) if spans else bottleneck


@lru_cache(maxsize=64)
def _read(path: Path, name: str, _: int) -> tuple[int, tuple[FunctionSpan, ...]]:
    """(number of lines, functions) of a file as it was written at a time."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return max(1, len(text.splitlines())), functions(name, text, lambdas=True)


def _at(bottleneck: Bottleneck, span: FunctionSpan) -> Bottleneck:
    """What is known of single lines goes along; of a function that is longer or shorter now it says nothing."""
    if (span.line, span.end_line) == (bottleneck.line, bottleneck.end_line):
        return bottleneck
    by = span.line - bottleneck.line
    same = span.end_line - span.line == bottleneck.end_line - bottleneck.line
    heat = tuple(msgspec.structs.replace(item, line=item.line + by) for item in bottleneck.heat if same)
    told = tuple(msgspec.structs.replace(item, line=item.line + by) for item in bottleneck.allocations if same)
    return msgspec.structs.replace(bottleneck, line=span.line, end_line=span.end_line, heat=heat, allocations=told)
