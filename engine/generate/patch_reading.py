"""Patches of git, diff and mail, exactly as they say: the strict reading, for what was made by a program.

As `git apply` does it, context has to match exactly, at the line the patch says or at some other. Beyond that, a
patch and a file may differ in their line endings, and the names may have any prefix. What the format means:
https://git-scm.com/docs/diff-format and the unified format of GNU diff.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from engine.errors import EditError
from engine.generate.lines import BYTE_ORDER_MARK, uses_crlf
from engine.generate.patch import ESCAPES, NOWHERE, kept
from engine.model import BaselineFile
from engine.protected import refusal

Text = str | None
"""None: no such file."""
Read = Callable[[str], BaselineFile | None]
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
LINK = re.compile(r"(?:(?:new file |deleted file |old |new )mode|index \S+) 1[26]0000")
PREFIX = re.compile(r"[abciow12]/")
QUOTED = re.compile(r"\\(?:([0-7]{3})|(.))")
HALVES = re.compile(r"diff --git (?P<old>\"(?:[^\"\\]|\\.)*\"|\S.*?) (?P<new>\"(?:[^\"\\]|\\.)*\"|\S.*)")


class _Now(Protocol):
    def __call__(self, name: str, *, exactly: bool = False) -> tuple[str, Text]: ...


class _Hunk(msgspec.Struct):
    line: int
    """Line of the file before, as the patch says."""
    old: list[str]
    new: list[str]


class _File(msgspec.Struct):
    old: str = ""
    """Names as the patch has them, prefixes included; empty while none is known."""
    new: str = ""
    moved: str = ""
    """`rename` or `copy`; the names then have no prefix."""
    created: bool = False
    deleted: bool = False
    problem: str = ""
    hunks: list[_Hunk] = []


def from_patch(text: str, read: Read) -> Mapping[str, tuple[Text, Text]]:
    """{path: (text before, text after)} of a patch; `read` gives the file that is there now.

    File modes are no part of a change.

    Raises:
        EditError: naming the file and the hunk that does not fit, or what the patch does beyond changing text.
    """
    files = _parsed(_lines(text))
    before: dict[str, Text] = {}
    after: dict[str, Text] = {}

    def now(name: str, *, exactly: bool = False) -> tuple[str, Text]:
        """(path, text so far) of the file that a name of the patch means; "" and None when there is none."""
        for path in [_bare(name)] if exactly else _names(name):
            if path in after:
                return path, after[path]
            file = None if refusal(path, ()) else read(path)
            if file is not None and file.path not in after:
                before[file.path] = after[file.path] = file.text
            if file is not None:
                return file.path, after[file.path]
        return "", None

    for item in files:
        _apply(item, now, before, after)
    changed = {path: (before[path], after[path]) for path in after if before[path] != after[path]}
    if not changed:
        raise EditError("The patch changes no text of any file, so there is nothing to apply.")
    return changed


def _apply(item: _File, now: _Now, before: dict[str, Text], after: dict[str, Text]) -> None:
    old, new = item.old, item.new
    shown = _bare(old if new in ("", NOWHERE) else new)
    if item.problem:
        raise EditError(f"{shown} {item.problem}; only patches that change the text of files can be used.")
    path, text = now(old) if old not in ("", NOWHERE) else ("", None)
    created = item.created or old == NOWHERE or (not path and bool(item.hunks) and item.hunks[0].line == 0)
    if created:
        path, text = _bare(new), now(new, exactly=True)[1]
        if text:
            raise EditError(f"{path} is new in the patch but exists in the project already.")
        text = ""
    elif not path and not item.moved and new not in ("", NOWHERE):
        path, text = now(new)
    if item.moved:
        text = before.get(path)  # as git does: what other parts of the patch make of it does not count
    if text is None:
        raise EditError(f"{_bare(old) or shown} is changed by the patch but is not in the project.")
    made = _patched(path, text, item.hunks)
    target = new.removeprefix("./") if item.moved else path
    refused = refusal(target, ()) or refusal(path, ())
    if refused:
        raise EditError(refused)
    if item.moved and after.get(target) is not None:
        raise EditError(f"{target} exists already, so the patch cannot {item.moved} {path} to it.")
    if item.moved == "rename":
        after[path] = None
    if item.deleted or new == NOWHERE:
        if made:
            raise EditError(f"{path} is deleted by the patch but has other lines in the project.")
        after[path] = None
        return
    before.setdefault(target, None)
    after[target] = made


# ------------------------------------------------------------------------------------------ the text


def _lines(text: str) -> list[str]:
    """The patch's lines; carriage returns that an editor or mail program has added to all of them are dropped."""
    lines = kept(text.removeprefix(BYTE_ORDER_MARK))
    headers = [line for line in lines if line.startswith(("--- ", "+++ ", "@@ -", "diff --git "))]
    if headers and all(line.endswith("\r\n") for line in headers):
        return [line[:-2] + "\n" if line.endswith("\r\n") else line for line in lines]
    return lines


def _parsed(lines: Sequence[str]) -> list[_File]:
    files: list[_File] = []
    in_git_header = False
    at = 0
    while at < len(lines):
        line = lines[at].rstrip("\r\n")
        follows = lines[at + 1] if at + 1 < len(lines) else ""
        if line.startswith("diff --git "):
            files.append(_git_names(line))
            in_git_header = True
        elif line.startswith("--- ") and follows.startswith("+++ "):
            if not in_git_header:
                files.append(_File())
            if not files[-1].moved:  # then git has said them without any prefix
                files[-1].old, files[-1].new = _named(line[4:]), _named(follows.rstrip("\r\n")[4:])
            in_git_header, at = False, at + 1
        elif HUNK.match(line) and files:
            in_git_header = False
            hunk, at = _hunk(lines, at, files[-1])
            files[-1].hunks.append(hunk)
            continue
        elif in_git_header:
            _git_header(files[-1], line)
        at += 1
    return files


def _git_names(line: str) -> _File:
    """Names from `diff --git a/x b/x`, where nothing else has them; blanks in names make it ambiguous."""
    rest = line[len("diff --git ") :]
    half = len(rest) // 2
    if _bare(rest[:half]) == _bare(rest[half + 1 :]) and not rest.startswith('"'):
        return _File(old=rest[:half], new=rest[half + 1 :])
    found = HALVES.fullmatch(line)
    return _File(old=_unquoted(found["old"]), new=_unquoted(found["new"])) if found else _File()


def _git_header(file: _File, line: str) -> None:
    word, _, name = line.partition(" from ")
    if name and word in ("rename", "copy"):
        file.moved, file.old = word, _unquoted(name)
    elif line.startswith(("rename to ", "copy to ")):
        file.new = _unquoted(line.split(" to ", 1)[1])
    elif line.startswith("GIT binary patch") or (line.startswith("Binary files ") and line.endswith(" differ")):
        file.problem = "is binary in the patch"
    elif LINK.match(line):
        file.problem = "changes a link or a submodule"
    elif line.startswith("new file mode "):
        file.created, file.old = True, NOWHERE
    elif line.startswith("deleted file mode "):
        file.deleted, file.new = True, NOWHERE


def _hunk(lines: Sequence[str], at: int, file: _File) -> tuple[_Hunk, int]:
    """The hunk whose header is line `at`, and the line after it."""
    header = HUNK.match(lines[at])
    assert header is not None
    start, wanted = int(header[1]), [int(header[2] or "1"), int(header[4] or "1")]
    hunk = _Hunk(start, [], [])
    at += 1
    last: list[list[str]] = []
    while at < len(lines):
        line = lines[at]
        if line.startswith("\\"):
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
            last = []
        elif len(hunk.old) == wanted[0] and len(hunk.new) == wanted[1]:
            break
        else:
            last = {" ": [hunk.old, hunk.new], "-": [hunk.old], "+": [hunk.new]}.get(line[:1], [])
            if not line.strip("\r\n"):
                last, line = [hunk.old, hunk.new], " " + line  # editors take the blank of an empty line
            if not last:
                break
            for side in last:
                side.append(line[1:])
        at += 1
    if [len(hunk.old), len(hunk.new)] != wanted:
        where = _bare(file.new if file.new != NOWHERE else file.old)
        raise EditError(f"The patch cannot be read: its part for {where}, line {start}, is not as long as it says.")
    return hunk, at


# --------------------------------------------------------------------------------------------- names


def _named(rest: str) -> str:
    """The name after `--- `, without the time that diff adds."""
    return _unquoted(rest.split("\t", 1)[0].rstrip("\r"))


def _unquoted(name: str) -> str:
    """A file name without git's quotes and octal bytes."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name
    back = {value: key for key, value in ESCAPES.items()}
    made = bytearray()
    at = 0
    for found in QUOTED.finditer(name[1:-1]):
        made += name[1 + at : 1 + found.start()].encode("utf-8", "surrogateescape")
        made += bytes([int(found[1], 8) & 255]) if found[1] else back.get(found[2], found[2]).encode()
        at = found.end()
    made += name[1 + at : -1].encode("utf-8", "surrogateescape")
    return made.decode("utf-8", "replace")


def _bare(name: str) -> str:
    return name[2:] if PREFIX.match(name) else name


def _names(name: str) -> list[str]:
    """The paths that a name of the patch can stand for, the likeliest first: as with -p1, -p0, -p2 and so on."""
    parts = name.split("/")
    if ".." in parts:
        return []
    shorter = ["/".join(parts[skipped:]) for skipped in range(1, len(parts))]
    return list(dict.fromkeys([_bare(name), name, *shorter]))


# --------------------------------------------------------------------------------------------- places


def _patched(path: str, before: str, hunks: Sequence[_Hunk]) -> str:
    old = kept(before)
    made: list[str] = []
    done = shift = 0
    for number, hunk in enumerate(hunks, 1):
        expected = hunk.line - (1 if hunk.old else 0)
        start, new = _fit(old, hunk.old, done, expected + shift), hunk.new
        if start is None:
            start = _fit(_plain(old), _plain(hunk.old), done, expected + shift)
            new = _ended_like(before, hunk.new)
        if start is None:
            raise EditError(f"{path}: hunk {number} of the patch (line {hunk.line}) does not fit the file.")
        shift = start - expected
        made += old[done:start] + new
        done = start + len(hunk.old)
    return "".join(made + old[done:])


def _plain(lines: Sequence[str]) -> list[str]:
    return [line[:-2] + "\n" if line.endswith("\r\n") else line for line in lines]


def _ended_like(text: str, lines: Sequence[str]) -> list[str]:
    plain = _plain(lines)
    return [line.replace("\n", "\r\n") for line in plain] if uses_crlf(text) else plain


def _fit(old: Sequence[str], source: Sequence[str], least: int, expected: int) -> int | None:
    """The place of `source` that is nearest to the expected one, at or after `least`."""
    last = len(old) - len(source)
    if not source:
        return min(expected, len(old)) if least <= expected else None
    if least <= expected <= last and list(old[expected : expected + len(source)]) == list(source):
        return expected
    first = source[0]
    starts = (at for at in range(least, last + 1) if old[at] == first and list(old[at : at + len(source)]) == source)
    return min(starts, key=lambda start: (abs(start - expected), start), default=None)
