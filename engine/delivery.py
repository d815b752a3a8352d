"""Writing what was accepted: to the working tree, to a new git branch or to a patch file, and taking it back."""

import hashlib
import time
from pathlib import Path

import msgspec

from engine.apply import apply_to_branch, apply_to_tree, commit_message, undo, write_patch
from engine.config import Config
from engine.errors import EditError, EngineError
from engine.generate.patch import to_patch
from engine.jobs import new_id
from engine.model import Application, AppliedFile, Candidate, Evaluation, Hunk
from engine.pipeline import changes_of
from engine.protocol import ApplicationChanged, Apply, UndoApply
from engine.session import Session


def apply(config: Config, session: Session, command: Apply) -> Application:
    """Write the accepted hunks of the candidates, or exactly the named ones.

    Raises:
        EditError: when hunks conflict or a file has changed since; nothing was written then.
        EngineError: when nothing is accepted.
    """
    candidates = [session.candidate(id) for id in command.candidates]
    hunks = _chosen(candidates, command.hunks)
    changes = changes_of(candidates, hunks)
    patch = to_patch(changes)
    proof = _proof(session, hashlib.sha256(patch.encode()).hexdigest())
    title = ", ".join(sorted({f"{item.llm}: {session.bottleneck(item.bottleneck).function}" for item in candidates}))
    root = config.root_path
    files: tuple[AppliedFile, ...] = ()
    match command.target:
        case "tree":
            files, where = apply_to_tree(root, changes), str(root)
        case "branch":
            where = command.where or f"mpco/{changes[0][0].rsplit('/', 1)[-1].split('.')[0]}-{new_id()[:6]}"
            apply_to_branch(root, changes, where, commit_message(title, proof))
        case "patch":
            where = str(root / (command.where or "mpco.patch"))
            write_patch(Path(where), patch, root)
    application = Application(
        id=new_id(),
        target=command.target,
        where=where,
        files=files,
        hunks=tuple(hunk.id for hunk in hunks),
        at=time.time(),
        evaluation=proof.id if proof else "",
    )
    session.publish(ApplicationChanged(application=application))
    return application


def take_back(config: Config, session: Session, command: UndoApply) -> Application:
    """Undo an apply to the working tree, the last one when none is named.

    Raises:
        EngineError: when there is none to undo.
        EditError: when its files have changed since; nothing was written then.
    """
    standing = [item for item in session.applications.values() if item.target == "tree" and not item.undone]
    named = [item for item in standing if command.application in ("", item.id)]
    if not named:
        raise EngineError("There is no apply to the working tree to undo.")
    undo(config.root_path, named[-1])
    undone = msgspec.structs.replace(named[-1], undone=True)
    session.publish(ApplicationChanged(application=undone))
    return undone


def _chosen(candidates: list[Candidate], named: tuple[str, ...]) -> list[Hunk]:
    hunks = [hunk for item in candidates for hunk in (item.hunks if named else item.accepted)]
    chosen = [hunk for hunk in hunks if not named or hunk.id in named]
    if not chosen:
        raise EngineError("No hunk is accepted yet; accept some with a on the diff screen.")
    if len(chosen) < len(named):
        raise EditError("A hunk that was named is not in these candidates; nothing was written.")
    return chosen


def _proof(session: Session, digest: str) -> Evaluation | None:
    proofs = [item for item in session.evaluations.values() if item.patch_digest == digest and item.verdict == "faster"]
    return proofs[-1] if proofs else None
