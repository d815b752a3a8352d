"""The diff of an answer that still streams: what has come is shown, what may yet come is not shown as deleted."""

import re
from collections.abc import Callable, Sequence

import msgspec

from engine.errors import EditError
from engine.generate.difference import changes
from engine.generate.edits import Block, Code, Edit
from engine.generate.hunks import make_hunks
from engine.generate.lines import FileLines, code_lines, indent_of
from engine.generate.matching import find, fitted
from engine.generate.placing import place
from engine.generate.python_module import PYTHON
from engine.generate.working import MOST_EDITS
from engine.model import BaselineFile, Bottleneck, Candidate, Hunk
from engine.protected import refusal


def streamed(
    candidate: Candidate,
    edits: Sequence[Edit],
    target: Bottleneck,
    read: Callable[[str], BaselineFile | None],
    protected: Sequence[str],
) -> tuple[Hunk, ...]:
    """The hunks so far; those of the edit that still grows are not complete."""
    baseline = {file.path: file for file in candidate.files}
    texts: dict[str, str] = {}
    growing = ""
    for edit in edits[:MOST_EDITS]:
        path = edit.file or target.file
        file = baseline.get(path) or (None if refusal(path, protected) else read(path))
        if file is None or refusal(file.path, protected):
            continue
        baseline[file.path] = file
        text = texts.get(file.path, file.text)
        try:
            texts[file.path] = place(edit, text, target) if edit.complete else _grown(edit, text, target)
        except EditError:
            texts[file.path] = text  # it is named when the answer is complete
        growing = growing if edit.complete else file.path
    hunks: list[Hunk] = []
    for path, text in texts.items():
        made = make_hunks(candidate.id, path, baseline[path].text, text)
        if path == growing and made:
            made = (*made[:-1], msgspec.structs.replace(made[-1], complete=False))
        hunks += made
    return tuple(hunks)


def _grown(edit: Edit, text: str, target: Bottleneck) -> str:
    """The text with as much of an incomplete edit as is certain."""
    lines = FileLines(text)
    match edit:
        case Block() if edit.search:
            place_of = find(lines.seen, edit.search, edit.hint)
            if place_of is not None:
                window = lines.seen[place_of.start : place_of.end]
                new = list(edit.replace)
                made = new if place_of.exact else fitted(window, edit.search, new, place_of.key)
                _show(lines, place_of.start, place_of.end, made)
        case Code():
            _function_so_far(lines, code_lines(edit.code), target)
    return lines.text


def _function_so_far(lines: FileLines, code: Sequence[str], target: Bottleneck) -> None:
    name = re.escape(re.split(r"\.|::", target.function)[-1])
    python = target.file.endswith(PYTHON)
    head = re.compile(rf"^\s*(?:async\s+)?def\s+{name}\b" if python else rf"^[^;=]*(?<![\w.>]){name}\s*\(")
    start, end = target.line - 1, min(target.end_line, len(lines.seen))
    old = next((at for at in range(start, end) if head.match(lines.seen[at])), None)
    new = next((at for at, line in enumerate(code) if head.match(line)), None)
    if old is None or new is None:
        return
    while not code[-1].strip():
        code = code[:-1]
    to, off = indent_of(lines.seen[old]), indent_of(code[new])
    _show(lines, old, end, [to + line.removeprefix(off) if line.strip() else "" for line in code[new:]])


def _show(lines: FileLines, start: int, end: int, new: Sequence[str]) -> None:
    """Put the new lines in the place of those old ones that they correspond to: up to the last line both have."""
    old = lines.seen[start:end]
    lines.replace(start, start + _corresponding(old, new), new)


def _corresponding(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of the old lines the new ones have got to."""
    reached = at = 0
    for start, end, _, _ in [*changes(old, new), (len(old), len(old), 0, 0)]:
        kept = [index for index in range(at, start) if len(old[index].strip()) > 1]
        reached = kept[-1] + 1 if kept else reached
        at = end
    return reached
