"""A piece of C, C++ or any other language -> the changed file, by the spans that engine.source finds."""

import re

from engine.errors import EditError
from engine.generate.lines import FileLines, code_lines, visible
from engine.model import Bottleneck
from engine.source import FunctionSpan, functions

INCLUDE = re.compile(r"^\s*#\s*include\b")


def merge(text: str, code: str, path: str, target: Bottleneck | None, *, named: bool) -> str | None:
    """The file with the target function replaced and what the answer has before it; None when `code` is a whole file.

    Raises:
        EditError: when the code lacks the target, or has other functions of the file changed.
    """
    old = functions(path, _plain(text))
    new = functions(path, code)
    if target is None or (named and not (new and target)):
        return None
    if named and {item.qualname for item in old} <= {item.qualname for item in new} and len(old) > 1:
        return None
    file, given = FileLines(text), code_lines(code)
    place = _target(old, target, path)
    found = _given(new, target, path)
    _refuse_changed_neighbours(old, new, file.seen, given, found, path)
    before = _extras(given, new, found, set(file.seen))
    includes = [line for line in before if INCLUDE.match(line)]
    names = [line for line in before if not INCLUDE.match(line)]
    file.replace(place.line - 1, place.end_line, given[found.line - 1 : found.end_line])
    if any(line.strip() for line in names):
        file.replace(place.line - 1, place.line - 1, [*_trimmed(names), ""])
    if includes:
        at = max((at for at, line in enumerate(file.seen[: place.line - 1], 1) if INCLUDE.match(line)), default=0)
        file.replace(at, at, includes)
    return file.text


def check(path: str, before: str, after: str, target: str) -> None:
    """That the target function is still called the same way.

    Raises:
        EditError: with what became of its signature.
    """
    old = [_signature(item, before) for item in functions(path, _plain(before)) if item.qualname == target]
    new = [_signature(item, after) for item in functions(path, _plain(after)) if item.qualname == target]
    if old and not new:
        raise EditError(f"{path}: the answer leaves out {target}, which others call.")
    lost = [item for item in old if item not in new]
    if lost:
        raise EditError(f"{path}: {target} is no longer `{lost[0]}`; the signature must stay as it is.")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", " ")


def _target(spans: tuple[FunctionSpan, ...], target: Bottleneck, path: str) -> FunctionSpan:
    found = [item for item in spans if item.qualname == target.function]
    at_line = [item for item in found if target.line in (item.line, item.def_line)]
    if len(at_line) == 1 or len(found) == 1:
        return (at_line or found)[0]
    count = f"{len(found)} functions" if found else "no function"
    raise EditError(f"{path} has {count} {target.function}, so the answer's cannot be placed.")


def _given(spans: tuple[FunctionSpan, ...], target: Bottleneck, path: str) -> FunctionSpan:
    last = target.function.rsplit("::", 1)[-1]
    found = [item for item in spans if item.qualname in (target.function, last)]
    if len(found) != 1:
        count = "more than once" if found else "not"
        raise EditError(f"{path}: {target.function} is {count} defined in the answer's code.")
    return found[0]


def _refuse_changed_neighbours(
    old: tuple[FunctionSpan, ...],
    new: tuple[FunctionSpan, ...],
    seen: list[str],
    given: list[str],
    found: FunctionSpan,
    path: str,
) -> None:
    def words(lines: list[str], span: FunctionSpan) -> list[str]:
        return " ".join(lines[span.line - 1 : span.end_line]).split()

    known = {item.qualname: words(seen, item) for item in old}
    for item in new:
        if item != found and item.qualname in known and words(given, item) != known[item.qualname]:
            raise EditError(f"{path}: the answer also changes {item.qualname}; ask for search/replace blocks for that.")


def _extras(given: list[str], new: tuple[FunctionSpan, ...], found: FunctionSpan, known: set[str]) -> list[str]:
    """The lines before the function that the file lacks; functions that it has already are left out."""
    taken = {
        line
        for item in new
        if item != found and given[item.line - 1] in known
        for line in range(item.line, item.end_line + 1)
    }
    lines = [line for at, line in enumerate(given[: found.line - 1], 1) if at not in taken]
    return [line for line in lines if not line.strip() or visible(line) not in known]


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _signature(span: FunctionSpan, text: str) -> str:
    lines = _plain(text).split("\n")[span.def_line - 1 : span.end_line]
    return " ".join("\n".join(lines).split("{", 1)[0].split())
