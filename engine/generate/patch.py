"""Git-style patches: what is proven, exchanged and applied elsewhere.

A text before that is empty stands for a new file, as everywhere in MPCO. File modes are not part of a change: git
keeps those a file has.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from unidiff.constants import DEV_NULL, LINE_TYPE_NO_NEWLINE
from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from engine.errors import EditError
from engine.generate.difference import Span, changes
from engine.model import BaselineFile
from engine.protected import refusal

Change = tuple[str, str | None, str | None]
"""(path, text before, text after); None, and for a text before also an empty one, stands for no file"""
CONTEXT = 3
NO_NEWLINE = "\\ No newline at end of file\n"
ESCAPES = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}
BEYOND = re.compile(r"(?:(rename|copy) from (.+)|(?:(?:new file |deleted file |old |new )?mode|index \S+) 1[26]0000)")
QUOTED = re.compile(r"\\(?:([0-7]{3})|(.))")


# -------------------------------------------------------------------------------------------- writing


def to_patch(changes_made: Sequence[Change]) -> str:
    """The changes as one patch that `git apply` takes, files in order of their paths."""
    by_path = sorted(changes_made, key=lambda change: change[0])
    return "".join(_file_patch(*change) for change in by_path if change[1] != change[2])


def _file_patch(path: str, before: str | None, after: str | None) -> str:
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    tab = "\t" if " " in path else ""  # git and patch read a name with blanks up to the tab
    head = f"diff --git {old} {new}\n"
    if not before and after is not None:
        head += "new file mode 100644\n"
    if after is None:
        head += "deleted file mode 100644\n"
    if not before and not after:
        return head
    source = old + tab if before else DEV_NULL
    made = new + tab if after is not None else DEV_NULL
    return f"{head}--- {source}\n+++ {made}\n" + "".join(_hunks(_kept(before or ""), _kept(after or "")))


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for group in _grouped(changes(old, new)):
        start, end = max(0, group[0][0] - CONTEXT), min(len(old), group[-1][1] + CONTEXT)
        shift = group[0][2] - group[0][0]
        new_start, new_end = start + shift, end + group[-1][3] - group[-1][1]
        yield f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n"
        at = start
        for i, i_end, j, j_end in group:
            yield from (_line(" ", line) for line in old[at:i])
            yield from (_line("-", line) for line in old[i:i_end])
            yield from (_line("+", line) for line in new[j:j_end])
            at = i_end
        yield from (_line(" ", line) for line in old[at:end])


def _grouped(spans: Iterable[Span]) -> Iterator[list[Span]]:
    group: list[Span] = []
    for span in spans:
        if group and span[0] - group[-1][1] > 2 * CONTEXT:
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _range(start: int, end: int) -> str:
    return f"{start + 1 if end > start else start},{end - start}"


def _line(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n{NO_NEWLINE}"


def _kept(text: str) -> list[str]:
    """Lines with their newline, split at "\\n" only, as git does."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _quoted(name: str) -> str:
    if not any(char in ESCAPES or ord(char) < 32 for char in name):
        return name
    return '"' + "".join("\\" + ESCAPES[char] if char in ESCAPES else char for char in name) + '"'


# -------------------------------------------------------------------------------------------- reading


def from_patch(text: str, read: Callable[[str], BaselineFile | None]) -> Mapping[str, tuple[str, str]]:
    """{path: (text before, text after)} of a git-style patch; `read` gives the file that is there now.

    The context has to match exactly, at the line the patch says or at some other: as `git apply` does it. A file that
    the patch deletes has no text after it.

    Raises:
        EditError: naming the file and the hunk that does not fit, or what the patch does beyond changing text.
    """
    try:
        patch = PatchSet(_without_git_headers(_kept(text.removeprefix("\ufeff"))))
    except UnidiffParseError as error:
        raise EditError(f"The patch cannot be read: {' '.join(str(error).split())}.") from error
    changed: dict[str, tuple[str, str]] = {}
    for item in patch:
        path, before, after = _patched(item, read, changed)
        if before != after:
            changed[path] = (before, after)
    if not changed:
        raise EditError("The patch changes no text of any file, so there is nothing to apply.")
    return changed


def _without_git_headers(lines: Sequence[str]) -> Iterator[str]:
    """The lines without git's own headers where `---` and `+++` follow: these name files beyond doubt.

    Raises:
        EditError: when a header says that more than text changes.
    """
    header: list[str] | None = None
    for line in lines:
        if line.startswith("diff --git "):
            yield from header or ()
            header = []
        beyond = BEYOND.match(line) if header is not None else None
        if beyond:
            what = f"would {beyond[1]} {beyond[2]}" if beyond[1] else "changes a link or a submodule"
            raise EditError(f"The patch {what}; only patches that change the text of files can be used.")
        if header is None or line.startswith(("--- ", "@@ ", "Binary ", "GIT binary")):
            yield from () if line.startswith("--- ") else header or ()
            header = None
            yield line
        else:
            header.append(line)
    yield from header or ()


def _patched(
    item: PatchedFile, read: Callable[[str], BaselineFile | None], changed: Mapping[str, tuple[str, str]]
) -> tuple[str, str, str]:
    source, target = _plain_name(item.source_file), _plain_name(item.target_file)
    names = [name for name in (target, source) if name != DEV_NULL]
    if not names:
        raise EditError("The patch has a change without a file's name.")
    if len(names) == 2 and _bare(source) != _bare(target):
        raise EditError(f"The patch renames {source} to {target}; only patches that change text can be used.")
    if item.is_binary_file:
        raise EditError(f"{_bare(names[0])} is binary in the patch; only text files can be changed.")
    file = next((file for name in (_bare(names[0]), names[0]) if (file := read(name)) is not None), None)
    path = file.path if file is not None else _bare(names[0])
    refused = refusal(path, ())
    if refused:
        raise EditError(refused)
    if path in changed:
        raise EditError(f"The patch changes {path} twice; join the two parts.")
    if source == DEV_NULL and file is not None and file.text:
        raise EditError(f"{path} is new in the patch but exists in the project already.")
    if source != DEV_NULL and file is None:
        raise EditError(f"{path} is changed by the patch but is not in the project.")
    before = file.text if file is not None else ""
    after = _applied(path, before, item)
    if target == DEV_NULL and after:
        raise EditError(f"{path} is deleted by the patch but has other lines in the project.")
    return path, before, after


def _bare(name: str) -> str:
    return name[2:] if re.match(r"[abciow12]/", name) else name


def _plain_name(name: str) -> str:
    """A file name without git's quotes and octal bytes."""
    name = name.rstrip("\r")
    if not (name.startswith('"') and name.endswith('"')):
        return name
    back = {value: key for key, value in ESCAPES.items()}
    made = bytearray()
    at = 0
    for found in QUOTED.finditer(name[1:-1]):
        made += name[1 + at : 1 + found.start()].encode()
        made += bytes([int(found[1], 8)]) if found[1] else back.get(found[2], found[2]).encode()
        at = found.end()
    made += name[1 + at : -1].encode()
    return made.decode("utf-8", "replace")


def _applied(path: str, before: str, item: PatchedFile) -> str:
    old = _kept(before)
    made: list[str] = []
    done = shift = 0
    for number, hunk in enumerate(item, 1):
        source, target = _sides(hunk)
        expected = hunk.source_start - (1 if hunk.source_length else 0) + shift
        start = _fit(old, source, done, expected)
        if start is None:
            raise EditError(f"{path}: hunk {number} of the patch (line {hunk.source_start}) does not fit the file.")
        shift = start - (hunk.source_start - (1 if hunk.source_length else 0))
        made += old[done:start] + target
        done = start + len(source)
    return "".join(made + old[done:])


def _sides(hunk: Hunk) -> tuple[list[str], list[str]]:
    source: list[str] = []
    target: list[str] = []
    last: list[list[str]] = []
    for line in hunk:
        if line.line_type == LINE_TYPE_NO_NEWLINE:
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
            continue
        sides = {" ": [source, target], "-": [source], "+": [target]}.get(line.line_type, [])
        for side in sides:
            side.append(line.value)
        last = sides or last
    return source, target


def _fit(old: Sequence[str], source: Sequence[str], least: int, expected: int) -> int | None:
    """The place of `source` that is nearest to the expected one, at or after `least`."""
    last = len(old) - len(source)
    if not source:
        return expected if least <= expected <= len(old) else None
    starts = (start for start in range(least, last + 1) if list(old[start : start + len(source)]) == source)
    return min(starts, key=lambda start: (abs(start - expected), start), default=None)
