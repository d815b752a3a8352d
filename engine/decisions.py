"""Decisions about hunks: taken one by one, stored at once, undone and redone without end."""

from collections.abc import Mapping
from typing import cast

import msgspec

from engine.errors import EngineError
from engine.model import Candidate, Decision
from engine.protocol import CandidateChanged, Decide
from engine.session import Session


def decide(session: Session, command: Decide) -> None:
    """Accept, reject or reset hunks of one candidate.

    Raises:
        EngineError: when the candidate still streams or has no such hunk.
    """
    candidate = session.candidate(command.candidate)
    if candidate.state == "streaming":
        raise EngineError(f"The answer of {candidate.llm} still streams; decide when it is complete.")
    known = {hunk.id for hunk in candidate.hunks}
    if not command.hunks or not known.issuperset(command.hunks):
        raise EngineError("That hunk is not in the candidate; there is nothing to decide.")
    decided = _with(candidate, dict.fromkeys(command.hunks, command.decision))
    if decided != candidate:
        session.take(session.store.record_decision(candidate, CandidateChanged(candidate=decided)))


def undo(session: Session) -> None:
    """Take back the last decision that stands.

    Raises:
        EngineError: when there is none.
    """
    last = session.store.decision_to_undo()
    if last is None:
        raise EngineError("There is no decision to undo.")
    _turn(session, *last, undone=True)


def redo(session: Session) -> None:
    """Repeat the decision that was undone last.

    Raises:
        EngineError: when there is none.
    """
    last = session.store.decision_to_redo()
    if last is None:
        raise EngineError("There is no decision to redo.")
    _turn(session, *last, undone=False)


def _turn(session: Session, seq: int, candidate: str, decisions: Mapping[str, str], *, undone: bool) -> None:
    turned = _with(session.candidate(candidate), decisions)
    session.take(session.store.turn_decision(seq, undone, CandidateChanged(candidate=turned)))


def _with(candidate: Candidate, decisions: Mapping[str, str]) -> Candidate:
    hunks = tuple(
        msgspec.structs.replace(hunk, decision=cast(Decision, decisions.get(hunk.id, hunk.decision)))
        for hunk in candidate.hunks
    )
    return msgspec.structs.replace(candidate, hunks=hunks)
