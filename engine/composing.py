"""Variants made of hunks of any candidates: what they make of the files, where they conflict, what is known of them.

The tray is all accepted hunks of the session.
"""

import hashlib
from collections.abc import Iterable, Sequence

from engine.errors import EditError, EngineError
from engine.generate.hunks import compose, conflicts
from engine.generate.patch import to_patch
from engine.model import BaselineFile, Candidate, Evaluation, Hunk
from engine.protocol import Clash, Variant
from engine.session import Session

Change = tuple[str, str, str]
"""(path, text before, text after)"""


def changes_of(candidates: Iterable[Candidate], hunks: Iterable[Hunk]) -> list[Change]:
    """What `hunks` of the candidates make of the files they touch.

    Raises:
        EditError: when hunks conflict, a candidate is stale, or the candidates were made from different versions of
            a file.
    """
    texts: dict[str, BaselineFile] = {}
    chosen: dict[str, list[Hunk]] = {}
    for hunk in hunks:
        chosen.setdefault(hunk.file, []).append(hunk)
    for candidate in candidates:
        for file in candidate.files:
            if file.path in chosen and texts.setdefault(file.path, file).digest != file.digest:
                raise EditError(f"{file.path}: the candidates were made from different versions of it; optimise again.")
    return [(path, texts[path].text, compose(texts[path].text, items)) for path, items in chosen.items()]


def digest_of(changes: Iterable[Change]) -> str:
    """SHA-256 of the whole files before and after: two variants with the same one are the same bytes."""
    digest = hashlib.sha256()
    for path, before, after in sorted(changes):
        for text in (path, before, after):
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
        EditError: as `changes_of`, but for conflicts.
    """
    candidates, hunks = chosen(session, named)
    clashes = tuple(
        Clash(hunk=one.id, other=other.id, file=one.file, line=one.old_start) for one, other in conflicts(hunks)
    )
    if clashes:
        return Variant(conflicts=clashes)
    changes = changes_of(candidates, hunks)
    known = evaluation_of(session, changes)
    return Variant(patch=to_patch(changes), evaluation=known.id if known else "")


def evaluation_of(session: Session, changes: Iterable[Change]) -> Evaluation | None:
    """The newest evaluation of exactly these bytes; one with a verdict comes before one without."""
    digest = digest_of(changes)
    same = [item for item in session.evaluations.values() if item.patch_digest == digest]
    return max(same, key=lambda item: (item.verdict is not None, item.at), default=None)


def title_of(candidates: Sequence[Candidate], hunks: Sequence[Hunk]) -> str:
    """What a variant is called: the LLMs it is from, and how much it takes of them."""
    llms = ", ".join(dict.fromkeys(item.llm for item in candidates))
    return f"{llms}: {len(hunks)} hunk{'s' * (len(hunks) != 1)} together"
