"""What each of the five verbs would do in a state: the command to send, or one sentence that says why it can't.

Pure functions, so that the footer, the palette and every screen give the same answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from engine.model import Bottleneck, Candidate, ContextName, Evaluation, Prompt, prompt_to_send
from engine.protocol import Combine, Evaluate, MeasureWorth, Optimise, RunProfile, WritePrompts
from tui.state import State

Verb = Literal["profile", "meta_prompt", "optimise", "benchmark", "write"]
VERBS: tuple[Verb, ...] = ("profile", "meta_prompt", "optimise", "benchmark", "write")
NO_CANDIDATE = "There is no candidate yet: press o to ask the LLMs."
Scope = Literal["", "bottleneck", "project"]
NO_PROFILE = "There is no profile yet: press p to run one first."


@dataclass(frozen=True)
class WriteChoice:
    """What m does until something else is chosen."""

    strategy: str = "mpco"
    scope: Scope = ""
    meta_prompters: tuple[str, ...] = ()
    """Models, or labels of LLMs; empty means the one of mpco.toml."""

    def commands(self, command: WritePrompts) -> Iterator[WritePrompts]:
        """`command` once for each meta-prompter."""
        for meta in self.meta_prompters or ("",):
            yield msgspec.structs.replace(command, strategy=self.strategy, scope=self.scope, meta_prompter=meta)


def targets(state: State, current: str) -> tuple[Bottleneck, ...]:
    """The bottlenecks that the verbs act on: the marked ones, else the one under the cursor."""
    marked = tuple(item for item in state.bottlenecks if item.marked)
    return marked or tuple(item for item in state.bottlenecks if item.id == current)


def profile(state: State) -> RunProfile | str:
    """Stage 1, unless it runs already or there is nothing to run."""
    if state.project is None:
        return "The engine is not ready yet."
    if any(job.kind == "profile" for job in state.live_jobs):
        return "A profile run is under way; x cancels it."
    if not state.project.profile_command:
        return "There is nothing to profile: give [benchmark] command in mpco.toml."
    return RunProfile()


def write_prompts(state: State, current: str, without: tuple[ContextName, ...] = ()) -> WritePrompts | str:
    """Stage 2 for all LLMs."""
    found = targets(state, current)
    if not found:
        return NO_PROFILE
    return WritePrompts(bottlenecks=tuple(item.id for item in found), without=without)


def prompts_to_send(
    state: State, current: str, chosen: Mapping[tuple[str, str], str] | None = None
) -> tuple[Prompt, ...]:
    """For each target bottleneck and LLM the version chosen by the person, else the pinned, else the newest."""
    found = []
    for bottleneck in targets(state, current):
        for llm in state.project.llms if state.project else ():
            picked = (chosen or {}).get((bottleneck.id, llm.label), "")
            sent = prompt_to_send(state.prompt_versions(bottleneck.id, llm.label), (picked,))
            found += [sent] if sent else []
    return tuple(found)


def optimise(state: State, current: str, chosen: Mapping[tuple[str, str], str] | None = None) -> Optimise | str:
    """Stage 3 with the prompts that are there."""
    if not targets(state, current):
        return NO_PROFILE
    ready = prompts_to_send(state, current, chosen)
    if ready:
        return Optimise(prompts=tuple(item.id for item in ready))
    if any(job.kind == "prompt" for job in state.live_jobs):
        return "The prompts are still being written; press o when one is ready."
    return "There is no prompt for this bottleneck yet: press m to have them written."


def newest_candidates(state: State, current: str) -> tuple[Candidate, ...]:
    """The newest candidate of each LLM for each target bottleneck."""
    newest: dict[tuple[str, str], Candidate] = {}
    wanted = {item.id for item in targets(state, current)}
    for candidate in state.candidates.values():
        if candidate.bottleneck in wanted:
            newest[candidate.bottleneck, candidate.llm] = candidate
    return tuple(newest.values())


def evaluate(state: State, candidates: Sequence[Candidate]) -> Evaluate | str:
    """Stage 4 for those of the candidates that have hunks left and no evaluation under way."""
    if not candidates:
        return NO_CANDIDATE
    busy = {job.subject for job in state.live_jobs if job.kind == "evaluate"}
    running = {item.candidate for item in state.evaluations.values() if item.id in busy}
    ready = [item for item in candidates if item.state == "ready" and item.kept and item.id not in running]
    if ready:
        return Evaluate(candidates=tuple(item.id for item in ready))
    if running & {item.id for item in candidates}:
        return "This is being evaluated already; 4 shows how far it is."
    if any(item.state == "streaming" for item in candidates):
        return "The answers still stream; press b when one is complete."
    return "No candidate here has a hunk that is kept; there is nothing to measure."


def worth(state: State, evaluation: Evaluation | None) -> MeasureWorth | str:
    """Measure what each hunk of a proven variant adds."""
    if evaluation is None or evaluation.verdict != "faster" or evaluation.search:
        return "Only a variant that was proven faster can be taken apart; b measures one."
    if any(job.kind == "worth" and job.subject == evaluation.id for job in state.live_jobs):
        return "It is being taken apart already; x cancels that."
    if len(evaluation.hunks) < 2:
        return "There is only one hunk in it: the whole gain is that hunk's."
    return MeasureWorth(evaluation=evaluation.id)


def combine(state: State) -> Combine | str:
    """Search for the best combination of what was measured."""
    if any(job.kind == "combine" for job in state.live_jobs):
        return "The best combination is being searched for already; x cancels that."
    proven = {frozenset(e.hunks) for e in state.evaluations.values() if e.hunks and e.estimate and not e.search}
    if len(proven) < 2:
        return "Combining takes two measured candidates or more: b measures them."
    return Combine()


def writable(candidates: Sequence[Candidate]) -> tuple[str, ...] | str:
    """Ids of the candidates that have accepted hunks, or why nothing can be written."""
    ready = tuple(item.id for item in candidates if item.accepted)
    if ready:
        return ready
    if not candidates:
        return NO_CANDIDATE
    return "No hunk is accepted yet: on 3 Diffs, a accepts one."
