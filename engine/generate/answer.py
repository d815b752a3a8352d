"""An LLM's answer -> edits, whatever format it was asked for and whatever it wrote instead.

Order of trust: explicit edits (search/replace, tags, diffs) first; a fenced piece of code counts only when it names
its file or defines the target function, because answers are full of illustrations.
"""

import re
from collections.abc import Collection, Sequence

from engine.generate.blocks import PART_OF_MARKER, find_blocks
from engine.generate.diffs import bare_diffs, looks_like_diff, parse_diff
from engine.generate.edits import Broken, Code, Edit, elision
from engine.generate.envelopes import find_envelopes
from engine.generate.fences import Fenced, fenced_blocks
from engine.generate.names import named_above, named_by, named_in_info, said_above
from engine.generate.tags import tagged_edits
from engine.generate.thoughts import said
from engine.model import Bottleneck

IMPORTS = re.compile(r"^\s*(?:import |from \S+ import |#\s*include\b|using |#|$)")
NEW = re.compile(r"\b(?:new|creat(?:e[sd]?|ing)|add(?:s|ed|ing)?)\b", re.IGNORECASE)
"""What the prose says above a file that is to be made."""
PYTHON_START = re.compile(r"^(?:from \S+ import |import |def |async def |class |@)")


def parse(answer: str, target: Bottleneck, known_files: Collection[str], partial: bool = False) -> tuple[Edit, ...]:
    """The edits of an answer in order; nothing is looked up, so whether they fit is not known yet.

    With `partial` the answer still streams: its last edit may be incomplete and a trailing bit of a marker is
    held back. Never raises.
    """
    known = frozenset((*known_files, target.file)) - {""}
    lines = _unwrapped(said(answer).split("\n"), known)
    text = "\n".join(lines)
    tagged = tagged_edits(text, known, target.file)
    if tagged:
        return tagged
    envelopes = find_envelopes(lines, known, partial=partial)
    if envelopes:
        return tuple(edit for envelope in envelopes for edit in envelope.edits)
    found = find_blocks(lines, known, target.file, partial=partial)
    taken = {line for item in found for line in range(item.start, item.end)}
    edits: list[tuple[int, Edit]] = [(item.start, item.edit) for item in found]
    fences = [fence for fence in fenced_blocks(lines) if taken.isdisjoint(range(fence.start, fence.end))]
    for fence in fences:
        if looks_like_diff(fence.info, fence.lines):
            named = named_above(lines, fence.start, known)
            parsed = parse_diff(fence.lines, known, named, target.file, closed=fence.closed)
            edits += [(fence.start, _final(edit, partial=partial)) for edit in parsed]
    if not fences and not found:
        for start, end in bare_diffs(lines):
            closed = not partial or end < len(lines)
            edits += [(start, edit) for edit in parse_diff(lines[start:end], known, "", target.file, closed=closed)]
    explicit = {edit.file for _, edit in edits}
    plain = [fence for fence in fences if not looks_like_diff(fence.info, fence.lines)]
    codes = _codes(lines, plain, target, known, alone=not edits, partial=partial)
    edits += [(at, edit) for at, edit in codes if edit.file not in explicit]
    if not edits and not fences:
        edits = _unfenced(text, target)
    return tuple(edit for _, edit in sorted(edits, key=lambda item: item[0]))


def _unwrapped(lines: list[str], known: Collection[str]) -> list[str]:
    """An answer that stands in one fence of Markdown, which is none of a file, without that fence."""
    fences = fenced_blocks(lines)
    if len(fences) != 1 or fences[0].info.lower() not in ("markdown", "md") or not fenced_blocks(fences[0].lines):
        return lines
    (fence,) = fences
    if named_above(lines, fence.start, known) or said_above(lines, fence.start, fence.info, known):
        return lines
    return [*lines[: fence.start], "", *fence.lines, "", *lines[fence.end :]]


def _final(edit: Edit, *, partial: bool) -> Edit:
    if edit.complete or partial:
        return edit
    reason = "The answer was cut off in the middle of a diff; ask again."
    return Broken(file=edit.file, text=edit.text, complete=False, reason=reason)


def _codes(
    lines: Sequence[str],
    fences: Sequence[Fenced],
    target: Bottleneck,
    known: Collection[str],
    *,
    alone: bool,
    partial: bool,
) -> list[tuple[int, Edit]]:
    """The fenced pieces of code that are edits: those with a file's name, and the last that defines the target."""
    named: list[tuple[int, Edit]] = []
    defining: list[tuple[int, Edit]] = []
    imports = ""
    for fence in fences:
        file, body = _name_of(lines, fence, known)
        if partial and not fence.closed and body and PART_OF_MARKER.match(body[-1].strip()):
            body = body[:-1]
        fresh = any(NEW.search(line) for line in lines[max(0, fence.start - 6) : fence.start])
        edit = _code(file, body, fence, partial=partial, fresh=fresh)
        if file and file != target.file:
            named.append((fence.start, edit))
        elif _defines(body, target) or file:
            defining.append((fence.start, edit))
        elif body and all(IMPORTS.match(line) for line in body):
            imports += "\n".join(body) + "\n"
    whole = [item for item in defining if isinstance(item[1], Code)]
    chosen = (whole[-1:] or defining[-1:]) if target.function else defining
    if imports and chosen and isinstance(chosen[0][1], Code):
        at, code = chosen[0][0], chosen[0][1]
        chosen = [(at, Code(file=code.file, text=code.text, complete=code.complete, code=imports + code.code))]
    return named + [item for item in chosen if alone or item[1].file]


def _name_of(lines: Sequence[str], fence: Fenced, known: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """(file, code) of a fenced block; a name as its first line is no part of the code."""
    file = named_in_info(fence.info, known) or named_above(lines, fence.start, known)
    file = file or said_above(lines, fence.start, fence.info, known)
    first = fence.lines[0] if fence.lines else ""
    inside = "" if first.startswith((" ", "\t")) else named_by(first.lstrip("/ "), known)
    if inside and (inside in known or not file) and (inside in known or first.strip() == inside):
        return file or inside, fence.lines[1:]
    return file, fence.lines


def _code(file: str, body: Sequence[str], fence: Fenced, *, partial: bool, fresh: bool) -> Edit:
    code = "\n".join(body) + "\n"
    text = "\n".join(fence.lines)
    if not fence.closed and not partial:
        reason = "The answer was cut off in the middle of its code; ask again."
        return Broken(file=file, text=text, complete=False, reason=reason)
    left_out = elision(code)
    if left_out and fence.closed:
        reason = f"The LLM left out code ({left_out!r}), which cannot be applied; ask again for the whole function."
        return Broken(file=file, text=text, reason=reason)
    return Code(file=file, text=text, complete=fence.closed, code=code, fresh=fresh)


def _defines(body: Sequence[str], target: Bottleneck) -> bool:
    if not target.function:
        return bool(body)  # which file it is about, if any, shows when the files are looked at
    name = re.escape(target.function.replace("::", ".").rsplit(".", 1)[-1])
    if target.file.endswith((".py", ".pyx", ".pyi")):
        pattern = rf"^\s*(?:async\s+)?(?:def|cdef|cpdef)\b.*\b{name}\s*\("
    else:
        pattern = rf"(?<![\w.>]){name}\s*\("
    return any(re.search(pattern, line) for line in body)


def _unfenced(text: str, target: Bottleneck) -> list[tuple[int, Edit]]:
    """Code without any fence, as base models and completion servers give it."""
    code = text.strip("\n")
    if target.file.endswith(".py") and PYTHON_START.match(code) and _defines(code.split("\n"), target):
        return [(0, Code(text=code, code=code + "\n"))]
    return []
