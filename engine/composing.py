"""Variants made of hunks of any candidates: what they make of the files, where they conflict, what is known of them.

Hunks are taken to where their lines are in the working tree now. The tray is all accepted hunks of the session.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.errors import EditError, EngineError
from engine.generate.hunks import composed, conflicts
from engine.generate.moving import Place, moved
from engine.generate.patch import to_patch
from engine.model import BaselineFile, Candidate, Evaluation, Hunk
from engine.protocol import Clash, Variant
from engine.session import Session
from engine.tree import on_disk, written

Change = tuple[str, str, str | None]
"""(path, text before, text after); None when the file goes, an empty text before when it is new"""


GONE = b"\xff" * 8
"""In place of the length of a text: no text is that long."""


class Selection(NamedTuple):
    """Hunks at their places in the files they change."""

    files: tuple[BaselineFile, ...]
    hunks: tuple[Hunk, ...]

    @property
    def changes(self) -> list[Change]:
        """What the hunks make of the files.

        Raises:
            EditError: when hunks conflict.
        """
        texts = {file.path: file.text for file in self.files}
        chosen: dict[str, list[Hunk]] = {}
        for hunk in self.hunks:
            chosen.setdefault(hunk.file, []).append(hunk)
        return [(path, texts[path], composed(texts[path], items)) for path, items in chosen.items()]


def changes_of(candidate: Candidate) -> list[Change]:
    """What is kept of a candidate makes of the files it was made from.

    Raises:
        EditError: when its hunks conflict.
    """
    return Selection(candidate.files, candidate.kept).changes


def selection(session: Session, candidates: Iterable[Candidate], hunks: Iterable[Hunk]) -> Selection:
    """`hunks` of the candidates in the working tree as it is now, without those that are in it already.

    Raises:
        EditError: when a hunk does not fit any more.
    """
    wanted = {hunk.id for hunk in hunks}
    done = written(session)
    files: dict[str, BaselineFile] = {}
    placed: list[Hunk] = []
    for candidate in candidates:
        for file in candidate.files:
            mine = [hunk for hunk in candidate.hunks if hunk.file == file.path and hunk.id in wanted]
            if mine:
                now = files.setdefault(file.path, on_disk(session, file.path))
                places = moved(mine, file.text, now.text) if now.text != file.text else {h.id: h for h in mine}
                placed += _fitting(candidate, mine, places, done)
    return Selection(tuple(files.values()), tuple(placed))


def _fitting(
    candidate: Candidate, hunks: Sequence[Hunk], places: Mapping[str, Place], done: Collection[str]
) -> Iterator[Hunk]:
    for hunk in hunks:
        place = places[hunk.id]
        if isinstance(place, Hunk):
            yield place
        elif place == "gone" and hunk.id not in done:
            raise EditError(
                f"{hunk.file}:{hunk.old_start} has changed since {candidate.llm} answered, and a hunk of it does not "
                "fit any more; reject that hunk, or optimise again."
            )


def digest_of(changes: Iterable[Change]) -> str:
    """SHA-256 of the whole files before and after: two variants with the same one are the same bytes."""
    digest = hashlib.sha256()
    for path, before, after in sorted(changes):
        for text in (path, before, after):
            if text is None:
                digest.update(GONE)
                continue
            data = text.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def chosen(session: Session, named: Sequence[str]) -> tuple[list[Candidate], list[Hunk]]:
    """The named hunks with their candidates, or the tray when none is named.

    Raises:
        EngineError: when a hunk is not there, its answer still streams, or nothing is accepted.
    """
    wanted = set(named)
    candidates: list[Candidate] = []
    hunks: list[Hunk] = []
    for candidate in session.candidates.values():
        mine = [hunk for hunk in candidate.hunks if hunk.id in wanted] if wanted else list(candidate.accepted)
        if mine:
            if candidate.state == "streaming":
                raise EngineError(f"The answer of {candidate.llm} still streams; wait until it is complete.")
            candidates.append(candidate)
            hunks += mine
    if len(hunks) < len(wanted):
        raise EngineError("A hunk that was named is in no candidate of this session.")
    if not hunks:
        raise EngineError("No hunk is accepted yet; accept some with a on the diff screen.")
    return candidates, hunks


def preview(session: Session, named: Sequence[str]) -> Variant:
    """What the hunks make together; with conflicts there is no patch.

    Raises:
        EngineError: as `chosen`.
        EditError: when a hunk does not fit any more.
    """
    candidates, hunks = chosen(session, named)
    found = selection(session, candidates, hunks)
    if not found.hunks:  # all is written: what is known of it is known of what it was made from
        found = Selection(tuple(file for item in candidates for file in item.files), tuple(hunks))
    clashes = tuple(
        Clash(hunk=one.id, other=other.id, file=one.file, line=one.old_start) for one, other in conflicts(found.hunks)
    )
    if clashes:
        return Variant(conflicts=clashes, files=found.files, hunks=found.hunks)
    changes = found.changes
    known = evaluation_of(session, changes)
    return Variant(patch=to_patch(changes), evaluation=known.id if known else "", files=found.files, hunks=found.hunks)


def to_do(session: Session, candidates: Iterable[Candidate], hunks: Iterable[Hunk]) -> list[Change]:
    """What is still to be done to the files of the working tree for `hunks` to be in them.

    Raises:
        EditError: when a hunk does not fit any more, hunks conflict, or all of them are there already.
    """
    found = selection(session, candidates, hunks)
    if not found.hunks:
        raise EditError("These hunks are in the files already; there is nothing left to measure or to write.")
    return found.changes


def evaluation_of(session: Session, changes: Iterable[Change]) -> Evaluation | None:
    """The newest evaluation of exactly these bytes; one with a verdict comes before one without."""
    digest = digest_of(changes)
    same = [item for item in session.evaluations.values() if item.patch_digest == digest]
    return max(same, key=lambda item: (item.verdict is not None, item.at), default=None)


def title_of(candidates: Sequence[Candidate], hunks: Sequence[Hunk]) -> str:
    """What a variant is called: the LLMs it is from, and how much it takes of them."""
    llms = ", ".join(dict.fromkeys(item.llm for item in candidates))
    return f"{llms}: {len(hunks)} hunk{'s' * (len(hunks) != 1)} together"
