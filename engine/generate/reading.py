"""An answer -> the candidate it makes: its files, its hunks, or one sentence on why there are none.

All or nothing: when one edit of an answer has no place, none of them becomes a hunk, because half an optimisation
that happens to pass would be judged as if it were the whole. While the answer streams, what can be shown is shown.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

import msgspec

from engine.errors import EditError
from engine.generate import other_code, python_module
from engine.generate.answer import parse, said
from engine.generate.edits import Code, Edit
from engine.generate.encoding import decode, encodable
from engine.generate.hunks import make_hunks
from engine.generate.placing import place
from engine.generate.streaming import streamed
from engine.model import BaselineFile, Bottleneck, Candidate, CandidateState, Hunk, Unapplied
from engine.protected import refusal

Read = Callable[[str], BaselineFile | None]
QUOTE = 320


def read_baseline(root: Path, path: str) -> BaselineFile:
    """A text file of the project as it is now; its path is the real one, behind symbolic links.

    Raises:
        EditError: when it is missing, outside the project, or not text.
    """
    real = inside(root, path)
    try:
        data = real.read_bytes()
        text, codec = decode(data)
    except OSError as error:
        raise EditError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise EditError(f"{path} is not a text file, so it cannot be optimised.") from error
    where = real.relative_to(root.resolve()).as_posix()
    return BaselineFile(path=where, text=text, digest=sha256(data).hexdigest(), encoding=codec)


def inside(root: Path, path: str) -> Path:
    """Where a path of the project really is.

    Raises:
        EditError: when that is outside the project.
    """
    try:
        real = (root / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise EditError(f"{path!r} cannot be a file of the project: {error}.") from error
    if not real.is_relative_to(root.resolve()) or real == root.resolve():
        raise EditError(f"{path} is outside the project; only files of the project can be changed.")
    return real


def encode(root: Path, path: str, text: str) -> bytes:
    """The bytes of `text` in the encoding of the file that is at `path` now; UTF-8 when there is none.

    Raises:
        EditError: when the encoding lacks a character of the text.
    """
    real = inside(root, path)
    codec = read_baseline(root, path).encoding if real.exists() else "utf-8"
    lacking = encodable(text, codec)
    if lacking:
        raise EditError(f"{path} is {codec}, which has no {lacking!r}; it cannot be written.")
    return text.encode(codec)


def read_answer(
    candidate: Candidate,
    answer: str,
    target: Bottleneck,
    read: Read,
    protected: Sequence[str],
    *,
    partial: bool = False,
) -> Candidate:
    """The candidate with its answer read: ready with hunks, empty, or unappliable, and then why.

    `read` gives the pinned baseline of a path, None when there is no such text file. With `partial` the answer
    still streams: the state stays, the last hunk may grow, and nothing that may yet come shows as deleted.
    Never raises for anything an answer can hold.
    """
    edits = parse(answer, target, [file.path for file in candidate.files], partial)
    if partial:
        return msgspec.structs.replace(
            candidate, answer=answer, hunks=streamed(candidate, edits, target, read, protected)
        )
    if not edits:
        return _ended(candidate, answer, "empty", _no_code(answer))
    work = _Work(candidate, target, read, protected)
    edits = tuple(edit for edit in edits if not _is_illustration(edit, edits, work))
    if not edits:
        return _ended(candidate, answer, "empty", _no_code(answer))
    for edit in edits:
        work.place(edit)
    work.check()
    if work.unapplied:
        matched = len(edits) - len({id(item) for item in work.failed})
        counted = f"{matched} of {len(edits)} blocks matched; " if len(edits) > 1 else ""
        reason = counted + work.unapplied[0].reason
        return _ended(candidate, answer, "unappliable", reason, unapplied=tuple(work.unapplied), files=work.files)
    hunks = work.hunks()
    if not hunks:
        return _ended(candidate, answer, "empty", "The answer changes nothing: its code is what the file already has.")
    return _ended(candidate, answer, "ready", "", hunks=hunks, files=work.files)


def _is_illustration(edit: Edit, edits: Sequence[Edit], work: "_Work") -> bool:
    """Whether a fenced file that the project lacks is only shown, like a benchmark script, and used by no edit."""
    if not isinstance(edit, Code) or edit.whole or not edit.file or work.has(edit.file):
        return False
    module = re.compile(rf"\b{re.escape(PurePosixPath(edit.file).stem)}\b")
    return not any(module.search(other.text) for other in edits if other.file != edit.file)


class _Work:
    """The files of one answer while its edits are placed one after the other."""

    def __init__(self, candidate: Candidate, target: Bottleneck, read: Read, protected: Sequence[str]) -> None:
        self._candidate, self._target, self._read, self._protected = candidate, target, read, protected
        self._baseline: dict[str, BaselineFile] = {file.path: file for file in candidate.files}
        self._texts: dict[str, str | None] = {}
        self.unapplied: list[Unapplied] = []
        self.failed: list[Edit] = []

    @property
    def files(self) -> tuple[BaselineFile, ...]:
        return tuple(self._baseline.values())

    def has(self, path: str) -> bool:
        """Whether the project has that text file."""
        return path in self._baseline or self._read(path) is not None

    def place(self, edit: Edit) -> None:
        path = edit.file or self._target.file
        try:
            path = self._open(path)
            whole = self._candidate.edit_format == "file"
            self._texts[path] = place(edit, self._texts[path], self._target, whole=whole)
        except EditError as error:
            self.failed.append(edit)
            self.unapplied.append(Unapplied(file=path, reason=str(error), text=edit.text))

    def _open(self, path: str) -> str:
        """The path under which the file's text is kept, once it is known that a candidate may change it."""
        for name in (path, self._baseline[path].path if path in self._baseline else path):
            refused = refusal(name, self._protected)
            if refused:
                raise EditError(refused)
        if path in self._texts:
            return path
        file = self._baseline.get(path) or self._read(path)
        if file is not None and file.path != path:
            return self._open_as(file)
        if file is not None:
            self._baseline[path] = file
        self._texts[path] = file.text if file is not None else None
        return path

    def _open_as(self, file: BaselineFile) -> str:
        """A symbolic link stands for the file behind it."""
        refused = refusal(file.path, self._protected)
        if refused:
            raise EditError(refused)
        self._baseline.setdefault(file.path, file)
        self._texts.setdefault(file.path, file.text)
        return file.path

    def check(self) -> None:
        """That what was made still reads as code, keeps the target's signature and can be written."""
        if self.unapplied:
            return
        for path, text in self._texts.items():
            file = self._baseline.get(path)
            try:
                self._check(path, file, text or "")
            except EditError as error:
                self.failed += [Edit(file=path)]
                self.unapplied.append(Unapplied(file=path, reason=str(error)))

    def _check(self, path: str, file: BaselineFile | None, after: str) -> None:
        before = file.text if file else ""
        name = self._target.function if path == self._target.file else ""
        if path.endswith(python_module.PYTHON):
            python_module.check(path, before, after, name, self._target.line)
        elif name:
            other_code.check(path, before, after, name)
        lacking = encodable(after, file.encoding if file else "utf-8")
        if lacking:
            codec = file.encoding if file else "UTF-8"
            raise EditError(f"{path} is {codec}, which has no {lacking!r}; the answer cannot be written to it.")

    def hunks(self) -> tuple[Hunk, ...]:
        made: list[Hunk] = []
        for path, text in self._texts.items():
            if path not in self._baseline:
                self._baseline[path] = BaselineFile(path=path, text="", digest=sha256(b"").hexdigest())
            made += make_hunks(self._candidate.id, path, self._baseline[path].text, text or "")
        return tuple(made)


def _ended(
    candidate: Candidate,
    answer: str,
    state: CandidateState,
    reason: str,
    *,
    hunks: tuple[Hunk, ...] = (),
    unapplied: tuple[Unapplied, ...] = (),
    files: tuple[BaselineFile, ...] | None = None,
) -> Candidate:
    return msgspec.structs.replace(
        candidate,
        answer=answer,
        state=state,
        reason=reason,
        hunks=hunks,
        unapplied=unapplied,
        files=candidate.files if files is None else files,
    )


def _no_code(answer: str) -> str:
    """Why there is no diff, in the LLM's own words: as many of its first sentences as a line or two can hold."""
    text = re.sub(r"```.*?(?:```|\Z)", " ", said(answer), flags=re.DOTALL)
    words = " ".join(text.replace("#", " ").replace("*", "").split())
    if not words:
        return "The LLM gave no code and no reason."
    fitting = [end.end() for end in re.finditer(r"[.!?](?=\s|$)", words[:QUOTE])]
    quote = words if len(words) <= QUOTE else words[: fitting[-1]] if fitting else words[: QUOTE - 1].rstrip() + "…"
    return f"The LLM gave no code that changes the function: “{quote}”"
