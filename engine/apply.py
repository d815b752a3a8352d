"""Writing accepted changes where a person wants them: the working tree, a new git branch, a patch file.

All or nothing: every file is compared with what the changes were made from before the first byte is written, files
are replaced atomically, and a failure half-way puts back what was replaced.
"""

import contextlib
import os
import re
import stat
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from types import MappingProxyType

import msgspec

from engine.errors import EditError
from engine.generate.encoding import decode
from engine.generate.reading import encode, inside
from engine.git import Git
from engine.journal import JOURNAL, Entry, Journal, PlannedFile, sync_folder
from engine.model import Application, AppliedFile, Evaluation

Change = tuple[str, str | None, str | None]
"""(path, text before, text after); None stands for no file, and so does an empty text before where there is none"""
SUBJECT = 72
REGULAR = 0o644


# ------------------------------------------------------------------------------------------ the tree


def apply_to_tree(
    root: Path,
    changes: Sequence[Change],
    journal: Journal | None = None,
    application: Application | None = None,
    origins: Mapping[str, str] = MappingProxyType({}),
) -> tuple[AppliedFile, ...]:
    """Write the changes to the files of the project, each atomically and all or none; mode bits stay.

    `origins` names the file that a new one was moved or copied from, whose mode it takes over.

    With a journal and the application that is to be recorded, that holds also when the engine is killed. The journal
    is left open: whoever records the application, with the files that come back, closes it then.

    Raises:
        EditError: when a file is not what the change was made from any more, or cannot be written.
    """
    files = tuple(_with_mode_of(root, _planned(root, *change), origins.get(change[0], "")) for change in changes)
    applied = tuple(_applied(root, change, file) for change, file in zip(changes, files, strict=True))
    told = msgspec.structs.replace(application, files=applied) if application else None
    _write(files, "nothing was written", journal, told)
    return applied


def undo(root: Path, application: Application, journal: Journal | None = None) -> None:
    """Give the files of an apply their text from before it; files it made are removed. The journal is left open.

    Raises:
        EditError: when a file has changed since, or cannot be written; nothing was undone then.
    """
    files = []
    for applied in application.files:
        after = None if applied.deleted else applied.after
        plan = _planned(root, applied.path, after, None if applied.created else applied.before)
        if applied.deleted:
            plan = msgspec.structs.replace(plan, after=applied.before.encode(applied.encoding), mode=applied.mode)
        files.append(plan)
    _write(files, "nothing was undone", journal, application)


def go_on(entry: Entry) -> bool:
    """Bring to its end what was cut off after its first file; before that, take back what was prepared.

    Returns whether the files are written.

    Raises:
        EditError: when a file is neither what it was nor what it was to become, or cannot be written.
    """
    now = [_current(file.real) for file in entry.files]
    strange = [f.path for f, data in zip(entry.files, now, strict=True) if data not in (f.before, f.after)]
    begun = any(data == file.after for file, data in zip(entry.files, now, strict=True))
    if begun and strange:
        raise EditError(
            f"A write was cut off, and {strange[0]} has changed since: bring the files of that write in order by hand "
            f"({', '.join(file.path for file in entry.files)}), then remove .mpco/{JOURNAL}."
        )
    try:
        if begun:
            for file, data in zip(entry.files, now, strict=True):
                if data != file.after:
                    _prepare(file)
                    _replace(file)
    except OSError as error:
        raise EditError(f"A write that was cut off cannot be finished: {error.strerror}; free some space.") from error
    _clear(entry.files, () if begun else entry.folders)
    return begun


def _applied(root: Path, change: Change, file: PlannedFile) -> AppliedFile:
    path, before, after = change
    kept = {"encoding": decode(file.before)[1], "mode": file.mode} if after is None and file.before is not None else {}
    return AppliedFile(
        path=path,
        before=before or "",
        after=after or "",
        created=file.before is None,
        deleted=after is None,
        **kept,  # type: ignore[arg-type]
    )


def _with_mode_of(root: Path, file: PlannedFile, origin: str) -> PlannedFile:
    if not origin or file.before is not None:
        return file
    try:
        return msgspec.structs.replace(file, mode=stat.S_IMODE(inside(root, origin).stat().st_mode))
    except OSError:
        return file  # gone by now: the plan for it will say so


def _planned(root: Path, path: str, before: str | None, after: str | None) -> PlannedFile:
    real = inside(root, path)
    if after is None and real != root.resolve() / path:
        raise EditError(f"{path} is reached through a symbolic link, so it is not removed; nothing was written.")
    old = None if not before and not real.exists() else encode(root, path, before or "")
    return PlannedFile(
        path=path,
        real=real,
        temporary=real.with_name(f".mpco-{uuid.uuid4().hex[:12]}.tmp"),
        before=None if before is None else old,
        after=None if after is None else encode(root, path, after),
        mode=stat.S_IMODE(real.stat().st_mode) if real.exists() else REGULAR,
    )


def _write(
    files: Sequence[PlannedFile], consequence: str, journal: Journal | None, application: Application | None
) -> None:
    """Check all, prepare all, then replace one after the other, putting back what was replaced on a failure."""
    for file in files:
        if _current(file.real) != file.before:
            what = "exists already" if file.before is None else "has changed since"
            what = what if file.real.exists() else "is gone"
            raise EditError(f"{file.path} {what}; {consequence}.")
    folders = tuple(dict.fromkeys(folder for file in files for folder in _missing(file.real.parent)))
    at, made = files[0], []
    try:
        if journal and application:
            journal.open(Entry(application=application, files=tuple(files), folders=folders))
        for folder in folders:
            folder.mkdir()
        for at in files:
            _prepare(at)
        for at in files:
            made.append(at)
            _replace(at)
    except OSError as error:
        _put_back(made)
        _clear(files, folders)
        if journal:
            journal.close()
        raise EditError(f"{at.path} cannot be written ({error.strerror}); {consequence}.") from error


def _current(real: Path) -> bytes | None:
    try:
        return real.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditError(f"{real.name} cannot be read: {error.strerror}; nothing was written.") from error


def _missing(folder: Path) -> list[Path]:
    """The folders that are missing on the way to one, the outermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()][::-1]


def _clear(files: Sequence[PlannedFile], folders: Sequence[Path]) -> None:
    """Remove what was prepared and not used, and the folders that were made for nothing."""
    for file in files:
        with contextlib.suppress(OSError):
            file.temporary.unlink()
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _prepare(file: PlannedFile) -> None:
    """A complete file beside the real one, on disk and with its mode, ready to take its place."""
    if file.after is None:
        return
    with file.temporary.open("wb") as made:
        made.write(file.after)
        made.flush()
        os.fchmod(made.fileno(), file.mode)
        os.fsync(made.fileno())


def _replace(file: PlannedFile) -> None:
    if file.after is None:
        file.real.unlink()
    else:
        file.temporary.replace(file.real)
    sync_folder(file.real.parent)


def _put_back(files: Sequence[PlannedFile]) -> None:
    for file in files:
        try:
            if _current(file.real) != file.before:
                old = msgspec.structs.replace(file, before=file.after, after=file.before)
                _prepare(old)
                _replace(old)
        except OSError as error:
            raise EditError(
                f"{file.path} was written and could not be put back ({error.strerror}); restore it by hand."
            ) from error


# ------------------------------------------------------------------------------------------- branch


def apply_to_branch(
    root: Path,
    changes: Sequence[Change],
    branch: str,
    message: str,
    origins: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Commit the changes, on top of HEAD, to a new branch; the id of the commit. `origins` as for the tree.

    Neither the working tree nor the index is touched, nor is another branch.

    Raises:
        EditError: when there is no git repository, the branch exists or its name is none, or a file in HEAD is not
            what the change was made from.
    """
    git = Git(root)
    head = git.head()
    git.check_new_branch(branch)
    entries = [_entry(git, root, *change, origins.get(change[0], "")) for change in changes]
    with tempfile.TemporaryDirectory(prefix="mpco-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", head, env=index)
        git.run("update-index", "--add", "--index-info", env=index, data="".join(entries).encode())
        tree = git.run("write-tree", env=index)
    commit = git.run("commit-tree", tree, "-p", head, "-F", "-", data=message.encode(), env=git.identity())
    git.run("update-ref", "-m", "mpco: apply", f"refs/heads/{branch}", commit, "0" * len(commit))
    return commit


def _entry(git: Git, root: Path, path: str, before: str | None, after: str | None, origin: str) -> str:
    """One line for `git update-index --index-info`: mode, blob and path within the repository."""
    real = inside(root, path)
    name = real.relative_to(git.top).as_posix()
    mode, blob = git.entry(name)
    if not mode and before:
        raise EditError(f"{path} is not committed, so a branch from HEAD cannot change it; commit it first.")
    if mode and mode not in ("100644", "100755"):
        raise EditError(f"{path} is no regular file in HEAD, so it cannot be changed there.")
    if mode and git.store(name, encode(root, path, before or ""), write=False) != blob:
        raise EditError(
            f"{path} in HEAD is not what the change was made from; commit your changes to it first, "
            "or apply to the working tree."
        )
    if after is None:
        return f"0 {'0' * len(blob)}\t{name}\n"
    if origin and not mode:
        found, _ = git.entry(inside(root, origin).relative_to(git.top).as_posix())
        mode = found if found == "100755" else ""
    new = git.store(name, encode(root, path, after), write=True)
    return f"{mode or '100644'} {new}\t{name}\n"


# ----------------------------------------------------------------------------------- patch, message


def write_patch(path: Path, text: str, root: Path | None = None) -> None:
    """Write a patch file; with `root`, each file's part is in the encoding of that file, as git needs it.

    Raises:
        EditError: when there is a file of that name already, or it cannot be written.
    """
    data = b"".join(_patch_part(part, root) for part in re.split(r"(?m)^(?=diff --git )", text))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise EditError(f"{path} exists already; give another name.") from error
    except OSError as error:
        raise EditError(f"{path} cannot be written: {error.strerror}.") from error


def _patch_part(part: str, root: Path | None) -> bytes:
    named = re.search(r"^--- a/([^\t\n]+)", part, re.MULTILINE)
    if root is not None and named:
        try:
            return part.encode(decode(inside(root, named[1]).read_bytes())[1])
        except (OSError, ValueError):
            return part.encode()  # gone or changed since: the patch stands for itself
    return part.encode()


def commit_message(title: str, evaluation: Evaluation | None) -> str:
    """A commit message with what was proven, or that nothing was."""
    subject = f"Optimise {title}"
    subject = subject if len(subject) <= SUBJECT else subject[: SUBJECT - 1].rstrip() + "…"
    return f"{subject}\n\n{fill(_proof(evaluation), SUBJECT)}\n"


def _proof(evaluation: Evaluation | None) -> str:
    if evaluation is None or evaluation.verdict is None:
        return "Applied by MPCO without an evaluation of exactly these changes."
    sentence = f"Evaluated by MPCO: {evaluation.verdict}"
    estimate = evaluation.estimate
    if estimate is None:
        return f"{sentence}. {evaluation.reason}".strip()
    low = "below -100" if estimate.low <= -1e6 else f"{estimate.low:.1f}"
    measured = "CPU time" if evaluation.metric == "cpu" else evaluation.objective
    figures = f"{estimate.percent_improvement:.1f}% improvement in {measured}"
    interval = f"95% confidence sequence {low}% to {estimate.high:.1f}%"
    return f"{sentence}. {figures}, {interval}, guaranteed {estimate.guaranteed:.1f}%, {estimate.pairs} pairs of runs."
