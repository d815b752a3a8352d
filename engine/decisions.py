"""What a person does to hunks: each step is stored at once, undone and redone without end."""

from collections.abc import Sequence

import msgspec

from engine.errors import EngineError
from engine.generate.hunks import renumbered
from engine.model import AnswerReading, Candidate, Hunk
from engine.protocol import CandidateChanged, Decide, NoteHunk
from engine.session import Session
from engine.store import HunkStep


def decide(session: Session, command: Decide) -> None:
    """Accept, reject or reset hunks of one candidate.

    Raises:
        EngineError: when the candidate still streams or has no such hunk.
    """
    candidate, hunks = hunks_of(session, command.candidate, command.hunks)
    hunks = with_other_halves(candidate, hunks)
    decided = tuple(msgspec.structs.replace(hunk, decision=command.decision) for hunk in hunks)
    take_step(session, candidate, hunks, decided)


def with_other_halves(candidate: Candidate, hunks: tuple[Hunk, ...]) -> tuple[Hunk, ...]:
    """`hunks` with what belongs to them: of a moved file, that it goes and that it comes is one decision.

    A new file whose lines were split or edited stands for itself.
    """
    ids = {hunk.id for hunk in hunks}
    goes = {(hunk.file, hunk.target) for hunk in candidate.hunks if hunk.removes and hunk.id in ids}
    comes = {(hunk.origin, hunk.file) for hunk in hunks if hunk.origin and not hunk.part_of}
    return tuple(
        hunk
        for hunk in candidate.hunks
        if hunk.id in ids
        or (hunk.removes and (hunk.file, hunk.target) in comes)
        or (hunk.origin and not hunk.part_of and (hunk.origin, hunk.file) in goes)
    )


def note(session: Session, command: NoteHunk) -> None:
    """Keep a person's comment on a hunk.

    Raises:
        EngineError: when the candidate still streams or has no such hunk.
    """
    candidate, hunks = hunks_of(session, command.candidate, (command.hunk,))
    take_step(session, candidate, hunks, (msgspec.structs.replace(hunks[0], note=command.note),))


def undo(session: Session) -> None:
    """Take back the last step that stands.

    Raises:
        EngineError: when there is none, or its hunks are no longer what it left.
    """
    step = session.store.step_to_undo()
    if step is None:
        raise EngineError("There is no decision to undo.")
    _turn(session, step, step.after, step.before, step.read_before, undone=True)


def redo(session: Session) -> None:
    """Repeat the step that was undone last.

    Raises:
        EngineError: when there is none, or its hunks are no longer what it began with.
    """
    step = session.store.step_to_redo()
    if step is None:
        raise EngineError("There is no decision to redo.")
    _turn(session, step, step.before, step.after, step.read_after, undone=False)


def hunks_of(session: Session, candidate: str, ids: Sequence[str]) -> tuple[Candidate, tuple[Hunk, ...]]:
    """A candidate whose answer is complete, and those of its hunks.

    Raises:
        EngineError: when the candidate still streams or has no such hunk.
    """
    found = session.candidate(candidate)
    if found.state == "streaming":
        raise EngineError(f"The answer of {found.llm} still streams; decide when it is complete.")
    hunks = tuple(hunk for hunk in found.hunks if hunk.id in ids)
    if not ids or len(hunks) < len(set(ids)):
        raise EngineError("That hunk is not in the candidate; there is nothing to decide.")
    return found, hunks


def take_step(session: Session, candidate: Candidate, before: tuple[Hunk, ...], after: tuple[Hunk, ...]) -> None:
    """Put hunks in the place of others, as one step that can be undone; the same hunks again are no step."""
    if before != after:
        changed = CandidateChanged(candidate=_exchanged(candidate, before, after))
        session.take(session.store.record_step(HunkStep(candidate.id, before, after), changed))


def take_reading(session: Session, candidate: Candidate, read: Candidate) -> None:
    """Put another reading of a candidate's answer in the place of the present one, as one step that can be undone."""
    step = HunkStep(
        candidate.id, candidate.hunks, read.hunks, read_before=_reading(candidate), read_after=_reading(read)
    )
    session.take(session.store.record_step(step, CandidateChanged(candidate=read)))


def _reading(candidate: Candidate) -> AnswerReading:
    return AnswerReading(**{name: getattr(candidate, name) for name in AnswerReading.__struct_fields__})


def _turn(
    session: Session,
    step: HunkStep,
    present: tuple[Hunk, ...],
    wanted: tuple[Hunk, ...],
    reading: AnswerReading | None,
    *,
    undone: bool,
) -> None:
    candidate = session.candidate(step.candidate)
    there = {hunk.id for hunk in candidate.hunks}
    expected = {hunk.id for hunk in present}
    if not there.issuperset(expected) or (reading is not None and there != expected):
        raise EngineError(f"The hunks of {candidate.llm} have changed since; that step cannot be repeated or undone.")
    if reading is not None:
        turned = msgspec.structs.replace(candidate, hunks=wanted, **msgspec.structs.asdict(reading))
    else:
        turned = _exchanged(candidate, present, wanted)
    session.take(session.store.turn_step(step, undone, CandidateChanged(candidate=turned)))


def _exchanged(candidate: Candidate, gone: tuple[Hunk, ...], come: tuple[Hunk, ...]) -> Candidate:
    """A hunk that stays keeps its place in the file, which may have changed since; what comes takes that place."""
    left = {hunk.id for hunk in gone}
    there = {hunk.id: hunk for hunk in candidate.hunks}
    stale = any(there[hunk.id].stale for hunk in gone if hunk.id in there)
    shift = {hunk.file: there[hunk.id].old_start - hunk.old_start for hunk in gone if hunk.id in there}
    new = [
        msgspec.structs.replace(there[hunk.id], decision=hunk.decision, note=hunk.note)
        if hunk.id in there
        else msgspec.structs.replace(hunk, old_start=hunk.old_start + shift.get(hunk.file, 0), stale=stale)
        for hunk in come
    ]
    first = next((at for at, hunk in enumerate(candidate.hunks) if hunk.id in left), 0)
    kept = [hunk for hunk in candidate.hunks if hunk.id not in left]
    return msgspec.structs.replace(candidate, hunks=renumbered([*kept[:first], *new, *kept[first:]]))
