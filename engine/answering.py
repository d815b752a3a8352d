"""An answer from anywhere, on any folder: no configuration, engine or session is needed.

Offered to `mpco answer`; it imports nothing heavy, so that the command starts fast.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from engine.apply import apply_to_tree
from engine.config import load
from engine.errors import EditError
from engine.generate.answer import parse
from engine.generate.encoding import decode
from engine.generate.patch import Change, to_patch
from engine.generate.patch_reading import from_patch
from engine.generate.reading import inside, no_code, read_baseline
from engine.generate.working import Text, Work
from engine.model import BaselineFile, Bottleneck
from engine.protected import LEFT_OUT, check_changes
from engine.source import functions

PATCH = re.compile(r"^(?:diff --git \S|--- .+\n\+\+\+ )", re.MULTILINE)
FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
MOST_FILES = 20_000
"""Names that are known to an answer which gives only a part of a path; those beyond have to be given in full."""

Status = Literal["ready", "applied", "unchanged", "empty", "unappliable"]
FileState = Literal["changed", "new", "deleted", "unchanged", "held back", "refused"]


class FileResult(msgspec.Struct, frozen=True):
    """What an answer does to one file."""

    path: str
    state: FileState
    reason: str = ""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer makes of a folder; nothing is written yet."""

    status: Status
    reason: str = ""
    files: tuple[FileResult, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def diff(self) -> str:
        """The changes as a patch that `git apply` takes."""
        return to_patch(self.changes)


def read_text(data: bytes) -> str:
    """The text of a file that a person gives: UTF-8, UTF-16 or Latin-1; bytes that are no text become one anyhow."""
    try:
        return decode(data)[0]
    except ValueError:
        return data.decode("utf-8", "replace")


def read(root: Path, answer: str, file: str = "", function: str = "") -> Reading:
    """What `answer` does to the files in `root`; `file` and `function` say what code without a name is about.

    Raises:
        EditError: when there is no such file or function.
    """
    protected = load(root).project.protected if (root / "mpco.toml").is_file() else ()
    names = project_files(root)
    target = _target(root, file, function, names)
    exact = _exactly(root, answer)
    if exact is not None:
        return _outcome(root, exact, protected)
    work = Work(target, lambda path: _baseline(root, path), protected, names=names)
    if not work.do(parse(answer, target, names)):
        return Reading(status="empty", reason=no_code(answer))
    if work.unapplied:
        refused = tuple(FileResult(item.file, "refused", item.reason) for item in work.unapplied)
        return Reading(status="unappliable", reason=work.reason, files=refused + _held_back(work, refused))
    return _outcome(root, [(path, work.before(path), after) for path, after in work.texts.items()], protected)


def _outcome(root: Path, texts: Sequence[Change], protected: Sequence[str]) -> Reading:
    changes = tuple(change for change in texts if change[1] != change[2])
    try:
        check_changes(root, [path for path, _, _ in changes], protected)
    except EditError as error:
        refused = tuple(FileResult(path, "refused", str(error)) for path, _, _ in changes)
        return Reading(status="unappliable", reason=str(error), files=refused)
    files = tuple(_result(*change) for change in texts)
    if not changes:
        reason = "The answer changes nothing: its code is what the files already have."
        return Reading(status="unchanged", reason=reason, files=files)
    return Reading(status="ready", files=files, changes=changes)


def _exactly(root: Path, answer: str) -> list[Change] | None:
    """What a patch of a program says, read as exactly as it is meant; None for anything else."""
    start = PATCH.search(answer)
    if start is None or FENCE.search(answer[: start.start()]):
        return None
    try:
        read = from_patch(answer, lambda path: _baseline(root, path))
    except EditError:
        return None  # the tolerant reading says better what is wrong
    return [(path, before, after) for path, (before, after) in read.items()]


def write(root: Path, reading: Reading) -> Reading:
    """Write the changes, all of them or none.

    Raises:
        EditError: when a file has changed meanwhile or cannot be written; nothing was written then.
    """
    apply_to_tree(root, reading.changes)
    return msgspec.structs.replace(reading, status="applied")


def project_files(root: Path) -> tuple[str, ...]:
    """The paths of the files in `root`, without those that never are part of a project's code."""
    found: list[str] = []
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.endswith(("venv", "modules")))
        here = os.path.relpath(place, root)
        found += (name if here == "." else f"{here}/{name}" for name in sorted(files))
        if len(found) > MOST_FILES:
            break
    return tuple(found[:MOST_FILES])


def _baseline(root: Path, path: str) -> BaselineFile | None:
    real = inside(root, path)
    return read_baseline(root, path) if os.path.lexists(real) else None


def _target(root: Path, file: str, function: str, names: Sequence[str]) -> Bottleneck:
    nowhere = Bottleneck(id="", file=file, function="", line=0, end_line=0, self_share=0.0, total_share=0.0)
    if file:
        read_baseline(root, file)
    if not function:
        return nowhere
    found = [
        (name, span)
        for name in ([file] if file else names)
        for span in functions(name, _text(root, name, function))
        if span.qualname == function
    ]
    if len(found) != 1:
        where = ", ".join(f"{name}:{span.line}" for name, span in found[:4])
        raise EditError(
            f"There are {len(found)} functions {function} here, at {where}; give --file as well."
            if found
            else f"There is no function {function} in {file or root}; give its qualified name, as in Class.method."
        )
    name, span = found[0]
    return msgspec.structs.replace(nowhere, file=name, function=function, line=span.line, end_line=span.end_line)


def _text(root: Path, path: str, function: str) -> str:
    try:
        text = read_baseline(root, path).text
    except EditError:
        return ""
    return text if function.replace("::", ".").rsplit(".", 1)[-1] in text else ""


def _held_back(work: Work, refused: Sequence[FileResult]) -> tuple[FileResult, ...]:
    named = {item.path for item in refused}
    reason = "Nothing is written because another part of the answer cannot be."
    return tuple(FileResult(path, "held back", reason) for path, _, _ in work.changes() if path not in named)


def _result(path: str, before: Text, after: Text) -> FileResult:
    if before == after:
        return FileResult(path, "unchanged", "It has the answer's text already.")
    return FileResult(path, "new" if before is None else "deleted" if after is None else "changed")
