"""Writing git-style patches: what is proven, exchanged and applied elsewhere.

A text before that is empty stands for a new file, as everywhere in MPCO. File modes are not part of a change: git
keeps those a file has.
"""

from collections.abc import Iterable, Iterator, Sequence

from engine.generate.difference import Span, changes

Change = tuple[str, str | None, str | None]
"""(path, text before, text after); None, and for a text before also an empty one, stands for no file"""
CONTEXT = 3
NOWHERE = "/dev/null"
NO_NEWLINE = "\\ No newline at end of file\n"
ESCAPES = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}


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
    source = old + tab if before else NOWHERE
    made = new + tab if after is not None else NOWHERE
    return f"{head}--- {source}\n+++ {made}\n" + "".join(_hunks(kept(before or ""), kept(after or "")))


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


def kept(text: str) -> list[str]:
    """Lines with their newline, split at "\\n" only, as git does."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _quoted(name: str) -> str:
    if not any(char in ESCAPES or ord(char) < 32 for char in name):
        return name
    return '"' + "".join("\\" + ESCAPES[char] if char in ESCAPES else char for char in name) + '"'
