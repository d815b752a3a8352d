"""The next step: which verb the footer puts first, so that nobody has to know the job to do it."""

from tui.state import State
from tui.verbs import Verb


def next_verb(state: State) -> Verb | None:
    """The verb that moves the session on; None when there is nothing to do but wait."""
    if state.project is None:
        return None
    kinds = {job.kind for job in state.live_jobs}
    if state.profile is None or not state.bottlenecks:
        return None if "profile" in kinds else "profile"
    if not any(item.state == "ready" for item in state.prompts.values()):
        return None if "prompt" in kinds else "meta_prompt"
    candidates = [item for item in state.candidates.values() if item.hunks]
    if not candidates:
        return None if "generate" in kinds else "optimise"
    written = {hunk for item in state.applications.values() if not item.undone for hunk in item.hunks}
    accepted = {hunk.id for item in candidates for hunk in item.accepted} - written
    ruled = [item for item in state.evaluations.values() if item.verdict]
    if accepted and any(item.verdict == "faster" and accepted & set(item.hunks) for item in ruled):
        return "write"
    if kinds & {"generate", "evaluate"}:
        return None
    measured = {hunk for item in ruled for hunk in item.hunks}
    if not measured or accepted - measured:
        return "benchmark"
    return None
