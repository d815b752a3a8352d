"""Writing what was accepted: to the working tree, to a new git branch or to a patch file, and taking it back."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from engine.apply import apply_to_branch, apply_to_tree, commit_message, go_on, undo, write_patch
from engine.composing import Change, chosen, evaluation_of, to_do
from engine.config import Config
from engine.errors import EditError, EngineError
from engine.generate.patch import to_patch
from engine.jobs import new_id
from engine.journal import Journal
from engine.model import Application, Candidate
from engine.protocol import ApplicationChanged, Apply, UndoApply
from engine.session import Session


def apply(config: Config, session: Session, journal: Journal, command: Apply) -> Application:
    """Write the accepted hunks of the candidates, or exactly the named ones.

    Raises:
        EditError: when hunks conflict, a file has changed since, or proof is asked for and missing; nothing was
            written then.
        EngineError: when nothing is accepted.
    """
    candidates, hunks = chosen(session, _named(session, command))
    changes = to_do(session, candidates, hunks)
    known = evaluation_of(session, changes)
    proof = known if known is not None and known.verdict == "faster" else None
    if command.proven and proof is None:
        raise EditError("Exactly these changes were never proven faster; nothing was written. Evaluate them first.")
    root = config.root_path
    application = Application(
        id=new_id(),
        target=command.target,
        where=str(root),
        files=(),
        hunks=tuple(hunk.id for hunk in hunks),
        at=time.time(),
        evaluation=proof.id if proof else "",
    )
    origins = {hunk.file: hunk.origin for hunk in hunks if hunk.origin}
    match command.target:
        case "tree":
            return _write(config, session, journal, application, changes, origins)
        case "branch":
            where = command.where or f"mpco/{changes[0][0].rsplit('/', 1)[-1].split('.')[0]}-{new_id()[:6]}"
            apply_to_branch(root, changes, where, commit_message(_title(session, candidates), proof), origins)
        case "patch":
            where = str(root / (command.where or "mpco.patch"))
            write_patch(Path(where), to_patch(changes), root)
    application = msgspec.structs.replace(application, where=where)
    session.publish(ApplicationChanged(application=application))
    return application


def take_back(config: Config, session: Session, journal: Journal, command: UndoApply) -> Application:
    """Undo an apply to the working tree, the last one when none is named.

    Raises:
        EngineError: when there is none to undo.
        EditError: when its files have changed since; nothing was written then.
    """
    standing = [item for item in session.applications.values() if item.target == "tree" and not item.undone]
    named = [item for item in standing if command.application in ("", item.id)]
    if not named:
        raise EngineError("There is no apply to the working tree to undo.")
    finish_interrupted(session, journal)
    undone = msgspec.structs.replace(named[-1], undone=True)
    undo(config.root_path, undone, journal)
    _record(session, journal, undone)
    return undone


def finish_interrupted(session: Session, journal: Journal) -> None:
    """Bring an apply or undo that a crash cut off to its end, or back to its beginning when it wrote nothing yet.

    Raises:
        EditError: when a person has changed its files meanwhile, or they cannot be written.
    """
    entry = journal.read()
    if entry is None:
        return
    known = session.applications.get(entry.application.id)
    recorded = known is not None and known.undone == entry.application.undone
    if not recorded and go_on(entry):
        session.publish(ApplicationChanged(application=entry.application))
    journal.close()


def _write(
    config: Config,
    session: Session,
    journal: Journal,
    application: Application,
    changes: Sequence[Change],
    origins: Mapping[str, str],
) -> Application:
    finish_interrupted(session, journal)
    files = apply_to_tree(config.root_path, changes, journal, application, origins)
    written = msgspec.structs.replace(application, files=files)
    _record(session, journal, written)
    return written


def _record(session: Session, journal: Journal, application: Application) -> None:
    """The journal is closed only when the database knows, so that a crash between the two records it once."""
    session.publish(ApplicationChanged(application=application))
    journal.close()
    session.files_changed({file.path for file in application.files})


def _named(session: Session, command: Apply) -> tuple[str, ...]:
    """Ids of the hunks to write; none stands for the tray."""
    candidates = [session.candidate(id) for id in command.candidates]
    there = {hunk.id for item in candidates for hunk in item.hunks}
    if candidates and not there.issuperset(command.hunks):
        raise EditError("A hunk that was named is not in these candidates; nothing was written.")
    if command.hunks or not candidates:
        return command.hunks
    accepted = tuple(hunk.id for item in candidates for hunk in item.accepted)
    if not accepted:
        raise EngineError("No hunk is accepted yet; accept some with a on the diff screen.")
    return accepted


def _title(session: Session, candidates: Sequence[Candidate]) -> str:
    names = {item.id: item.function for item in session.profile.bottlenecks} if session.profile else {}
    return ", ".join(sorted({f"{item.llm}: {names.get(item.bottleneck, item.files[0].path)}" for item in candidates}))
