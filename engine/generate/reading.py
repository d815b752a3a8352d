"""An answer -> the candidate it makes: its files, its hunks, or one sentence on why there are none.

All or nothing: when one edit of an answer has no place, none of them becomes a hunk, because half an optimisation
that happens to pass would be judged as if it were the whole. While the answer streams, what can be shown is shown.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from engine.errors import EditError
from engine.generate.answer import parse
from engine.generate.encoding import decode, encodable
from engine.generate.streaming import streamed
from engine.generate.thoughts import said
from engine.generate.working import Read, Work
from engine.model import BaselineFile, Bottleneck, Candidate, CandidateState, Hunk, Unapplied

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
        return _ended(candidate, answer, "empty", no_code(answer))
    whole = candidate.edit_format == "file"
    work = Work(target, read, protected, files=candidate.files, whole=whole, placed=candidate.placed)
    if not work.do(edits):
        return _ended(candidate, answer, "empty", no_code(answer))
    if work.unapplied:
        return _ended(candidate, answer, "unappliable", work.reason, unapplied=tuple(work.unapplied), files=work.files)
    hunks = work.hunks(candidate.id)
    if not hunks:
        reason = _modes_only(answer) or "The answer changes nothing: its code is what the file already has."
        return _ended(candidate, answer, "empty", reason)
    return _ended(candidate, answer, "ready", "", hunks=hunks, files=work.files)


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


def _modes_only(answer: str) -> str:
    """What to say of a diff that changes nothing but the modes of files; empty when that is not all."""
    modes = re.findall(r"(?m)^new mode (\d{6})\s*$", answer)
    if not modes or re.search(r"(?m)^@@ ", answer):
        return ""
    return f"The diff only changes the modes of files (to {modes[0]}), and MPCO leaves those as they are; use chmod."


def no_code(answer: str) -> str:
    """Why there is no diff, in the LLM's own words: as many of its first sentences as a line or two can hold."""
    if modes := _modes_only(answer):
        return modes
    text = re.sub(r"```.*?(?:```|\Z)", " ", said(answer), flags=re.DOTALL)
    words = " ".join(text.replace("#", " ").replace("*", "").split())
    if not words:
        return "The LLM gave no code and no reason."
    fitting = [end.end() for end in re.finditer(r"[.!?](?=\s|$)", words[:QUOTE])]
    quote = words if len(words) <= QUOTE else words[: fitting[-1]] if fitting else words[: QUOTE - 1].rstrip() + "…"
    return f"The LLM gave no code that changes the function: “{quote}”"
