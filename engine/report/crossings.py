"""Prompts that were written for one LLM and given to another: the premise that a prompt should know its reader.

Only prompts that a meta-prompter wrote count; a template is written for nobody.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

import msgspec

from engine.model import Candidate, Evaluation, Prompt
from engine.report.tally import PASSED, Nouns


class Crossing(msgspec.Struct, frozen=True):
    """Prompts that were written for one LLM, given to another or the same."""

    written_for: str
    given_to: str
    tried: int
    passed: int
    mean: float | None
    """Of %PI, over what was measured; None when nothing was."""


class Premise(msgspec.Struct, frozen=True):
    """LLMs with their own prompts against the same LLMs with lent ones, bottleneck by bottleneck."""

    better: int
    """How often the own prompt brought the larger mean gain; what failed or is not proven faster counts as 0."""
    worse: int
    same: int
    difference: float
    """Mean guaranteed gain with the own prompt less that with a lent one, in points."""


Proven = Sequence[tuple[Candidate, Evaluation | None]]


def crossings(nouns: Nouns, proven: Proven) -> tuple[Crossing, ...]:
    """A cell for each pair of LLMs that occurs."""
    found = []
    for (source, target), items in sorted(_grouped(nouns, proven).items()):
        passed = [item for _, item in items if item is not None and item.verdict in PASSED]
        gains = [item.estimate.percent_improvement for item in passed if item.estimate]
        found.append(Crossing(source, target, len(items), len(passed), fmean(gains) if gains else None))
    return tuple(found)


def premise(nouns: Nouns, proven: Proven) -> Premise | None:
    """What a prompt of its own is worth to an LLM; None where no LLM was given another's prompt as well."""
    groups: dict[tuple[str, str], dict[bool, list[float]]] = {}
    for (source, target), items in _grouped(nouns, proven).items():
        for candidate, evaluation in items:
            both = groups.setdefault((target, candidate.bottleneck), {True: [], False: []})
            both[source == target].append(guaranteed(evaluation))
    differences = [fmean(both[True]) - fmean(both[False]) for both in groups.values() if both[True] and both[False]]
    if not differences:
        return None
    better, worse = (sum(sign * item > 0 for item in differences) for sign in (1, -1))
    return Premise(better, worse, len(differences) - better - worse, fmean(differences))


def guaranteed(evaluation: Evaluation | None) -> float:
    """The gain that is safe to claim, in percent; 0 for what failed or is not proven faster."""
    if evaluation is None or evaluation.verdict != "faster" or evaluation.estimate is None:
        return 0.0
    return evaluation.estimate.guaranteed


def _grouped(nouns: Nouns, proven: Proven) -> dict[tuple[str, str], list[tuple[Candidate, Evaluation | None]]]:
    groups: dict[tuple[str, str], list[tuple[Candidate, Evaluation | None]]] = {}
    for candidate, evaluation in proven:
        prompt = nouns.prompts.get(candidate.prompt)
        if prompt is not None and prompt.meta_prompter:
            groups.setdefault((_written_for(nouns, prompt), candidate.llm), []).append((candidate, evaluation))
    return groups


def _written_for(nouns: Nouns, prompt: Prompt) -> str:
    """The LLM that the text was written for: a copy's parent is another LLM's prompt."""
    if prompt.written_for:
        return prompt.written_for
    line = [prompt]
    while line[-1].author == "person" and line[-1].parent in nouns.prompts:
        line.append(nouns.prompts[line[-1].parent])
    return next((old.llm for new, old in reversed(list(pairwise(line))) if new.llm != old.llm), prompt.llm)
