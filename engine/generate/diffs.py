"""Unified diffs as LLMs write them: wrong line numbers, invented index lines, missing blanks before context."""

import re
from collections.abc import Collection, Sequence

from engine.generate.edits import Block, Broken, Delete, Edit, Move, elision
from engine.generate.names import cleaned, resolved

HUNK = re.compile(
    r"^@@+(?: -(?P<start>\d+)(?:,\d+)? \+\d+(?:,\d+)? @@[ ]?(?P<below>.*)| .*@@[ ]?(?P<head>.*)|(?P<only>[^@]*)$)"
)
START = re.compile(r"^(?:diff --git .|--- [^-\s])")
SURE = re.compile(r"^(?:@@ -|(?:deleted|new) file mode |(?:rename|copy) from |GIT binary patch|Binary files .* differ)")
"""What makes a stretch without a fence a diff beyond doubt."""
HEADER = re.compile(
    r"^(?:diff --git |index [0-9a-fA-F]+\.\.|--- |\+\+\+ |new file mode|deleted file mode|old mode|new mode"
    r"|similarity index|dissimilarity index|rename |copy |GIT binary patch|Binary files )"
)
GIT = re.compile(r"^diff --git (?P<old>\S+) (?P<new>\S+)$")
EMPTY = "/dev/null"
WITHOUT_LINES = ("rename from ", "copy from ", "deleted file mode ", "new mode ", "GIT binary patch", "Binary files ")
"""What a diff can do to a file that has no hunk of lines."""


def looks_like_diff(info: str, lines: Sequence[str]) -> bool:
    """Whether a fenced block is a unified diff."""
    if info.split(" ")[0].lower() in ("diff", "patch", "udiff"):
        return any(line.startswith(("@@", "--- ", "+", "-", *WITHOUT_LINES)) for line in lines)
    first = next((line for line in lines if line.strip()), "")
    marked = any(line.startswith(("@@", *WITHOUT_LINES)) for line in lines)
    return bool(START.match(first) or first.startswith("@@ -")) and marked


def bare_diffs(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Stretches (start, end) of an answer that are a diff without a fence."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(lines):
        if START.match(lines[at]) and any(SURE.match(line) for line in lines[at + 1 : at + 8]):
            end = _end_of_bare(lines, at)
            found.append((at, end))
            at = end
        else:
            at += 1
    return found


def _end_of_bare(lines: Sequence[str], at: int) -> int:
    in_hunk = False
    while at < len(lines):
        line = lines[at]
        in_hunk = line.startswith("@@") or (in_hunk and not HEADER.match(line))
        plain = line[:1] not in (" ", "+", "-", "\\", "@", "")
        if plain and not HEADER.match(line):
            break
        at += 1
    return at


def parse_diff(
    lines: Sequence[str], known: Collection[str], named: str, default: str, *, closed: bool
) -> tuple[Edit, ...]:
    """The hunks of a diff as blocks to find and replace; only the last of an unclosed diff is incomplete."""
    edits: list[Edit] = []
    old, new, hint, below, moved = "", named or default, 0, "", ""
    body: list[str] | None = None

    def flush(*, complete: bool = True) -> None:
        nonlocal body
        if body is not None:
            edit = _edit(body, hint, below, old, new, complete=complete)
            if isinstance(edit, Delete) and any(isinstance(item, Delete) and item.file == old for item in edits):
                edits[:] = [edit if isinstance(item, Delete) and item.file == old else item for item in edits]
            else:
                edits.append(edit)
        body = None

    for at, line in enumerate(lines):
        header = HUNK.match(line)
        starts_file = line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")
        if starts_file or line.startswith("diff --git "):
            flush()
            names = GIT.match(line)
            old, hint = _path(names["old"] if names else line[4:], known) if starts_file or names else old, 0
            new = _path(names["new"], known) if names else new
        elif line.startswith("+++ ") and (body is None):
            new = _path(line[4:], known) or new
        elif line.startswith(("rename from ", "copy from ")) and body is None:
            moved = line.split(" ", 2)[2].strip()
        elif line.startswith(("rename to ", "copy to ")) and body is None and moved:
            new = _path(line.split(" ", 2)[2], known)
            edits.append(Move(file=new, text=line, origin=_path(moved, known), keep=line.startswith("copy")))
        elif line.startswith("deleted file mode ") and body is None and old not in ("", EMPTY):
            edits.append(Delete(file=old, text=line))
        elif line.startswith(("GIT binary patch", "Binary files ")) and body is None:
            edits.append(
                Broken(file=new, text=line, reason="The diff changes a binary file; only text can be changed.")
            )
        elif header:
            flush()
            body, hint = [], int(header["start"] or 0)
            below = (header["below"] or header["head"] or header["only"] or "").strip()
        elif body is not None:
            body.append(line)
        elif not HEADER.match(line) and line[:1] in ("+", "-") and line.strip("+-"):
            body = [line]
    flush(complete=closed)
    return tuple(edits)


def _path(name: str, known: Collection[str]) -> str:
    name = name.split("\t")[0].strip().strip('"')
    if name == EMPTY:
        return EMPTY
    if name in known:
        return name
    bare = name[2:] if name.startswith(("a/", "b/")) else cleaned(name)
    return resolved(bare, known) or bare


def _edit(body: list[str], hint: int, below: str, old: str, new: str, *, complete: bool) -> Edit:
    while body and not body[-1].strip():
        body = body[:-1]  # blank lines after a hunk belong to the prose
    text = "\n".join(body)
    if new == EMPTY:
        return Delete(file=old, text=text, complete=complete)
    search = tuple(line[1:] if line[:1] in (" ", "-") else line for line in body if line[:1] not in ("+", "\\"))
    replace = tuple(line[1:] if line[:1] in (" ", "+") else line for line in body if line[:1] not in ("-", "\\"))
    left_out = elision("\n".join(line[1:] for line in body if line.startswith("+")))
    if left_out and complete:
        return Broken(file=new, text=text, reason=f"The LLM left out code ({left_out!r}), which cannot be applied.")
    return Block(
        file=new,
        text=text,
        complete=complete,
        search=search,
        replace=replace,
        hint=hint,
        below=below,
        creates=old == EMPTY,
    )
