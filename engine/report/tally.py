"""What LLMs, approaches and prompts have brought, with failures in every denominator.

An approach is a strategy with the contexts that were left out, the meta-prompter, and the LLM that a lent prompt was
written for, as stored with each prompt.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, stdev

import msgspec

from engine.model import Bottleneck, Candidate, Evaluation, Prompt, Usage

PASSED = ("faster", "slower", "equivalent", "inconclusive")
FATES = (
    "no answer", "no change", "unappliable", "build failed", "tests failed", "crashed", "timed out", "not measured",
    "slower", "equivalent", "inconclusive", "faster",
)  # fmt: skip
"""Where a candidate can end, in the order of the stages; each ends in exactly one."""
BY_STATE = {
    "failed": "no answer",
    "interrupted": "no answer",
    "empty": "no change",
    "unappliable": "unappliable",
}
REACHED_BUILD = ("tests failed", "crashed", "timed out", *PASSED)


class Nouns(msgspec.Struct, frozen=True):
    """What a report is computed from; mappings by id, in order of creation."""

    prompts: Mapping[str, Prompt]
    candidates: Mapping[str, Candidate]
    evaluations: Mapping[str, Evaluation]
    bottlenecks: Sequence[Bottleneck] = ()
    combined: Evaluation | None = None
    """The best combination of hunks, measured afresh; None where none was searched for."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What one LLM achieved with one approach or prompt; gains, in percent, are of what passed and was measured."""

    llm: str
    strategy: str
    """The approach: `mpco`, `mpco without task`, `base`, ...; of a prompt also its bottleneck and version."""
    fates: tuple[int, ...]
    """How many candidates ended in each of `FATES`."""
    gains: tuple[float, ...]
    guaranteed: tuple[float, ...]
    usd: float | None
    """None when a price is not known."""

    def ended(self, *fates: str) -> int:
        """How many candidates ended so."""
        return sum(self.fates[FATES.index(fate)] for fate in fates)

    @property
    def tried(self) -> int:
        """All that were asked for."""
        return sum(self.fates)

    @property
    def generated(self) -> int:
        """Answers that came to their end."""
        return self.tried - self.ended("no answer")

    @property
    def applied(self) -> int:
        """Answers whose edits found their places."""
        return self.generated - self.ended("no change", "unappliable")

    @property
    def built(self) -> int:
        """Those that were built."""
        return self.ended(*REACHED_BUILD)

    @property
    def passed(self) -> int:
        """The tests passed, and the benchmark ran to its end."""
        return self.ended(*PASSED)

    @property
    def faster(self) -> int:
        """Those that are proven faster."""
        return self.ended("faster")

    @property
    def mean(self) -> float | None:
        """The mean gain in percent; None when nothing was measured."""
        return fmean(self.gains) if self.gains else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the gains; None below two."""
        return stdev(self.gains) if len(self.gains) > 1 else None

    @property
    def at_least(self) -> float | None:
        """The mean of what is safe to claim for each that was measured."""
        return fmean(self.guaranteed) if self.guaranteed else None

    @property
    def per_try(self) -> float:
        """What is safe to expect of one more request: the guaranteed gains over all that was tried, failures as 0."""
        return sum(self.guaranteed) / self.tried

    @property
    def correct(self) -> float:
        """The share of all that was tried that passed the tests."""
        return self.passed / self.tried

    @property
    def per_point(self) -> float | None:
        """Dollars for each point of gain; None when it is free, the price is not known or nothing was gained."""
        gain = sum(value for value in self.gains if value > 0)
        return self.usd / gain if self.usd and gain else None


def ended(nouns: Nouns) -> list[tuple[Candidate, Evaluation | None]]:
    """Every candidate that does not stream any more, with its newest evaluation that has come to a verdict."""
    newest = evaluated(nouns.evaluations.values())
    return [(item, newest.get(item.id)) for item in nouns.candidates.values() if item.state != "streaming"]


def evaluated(evaluations: Iterable[Evaluation]) -> dict[str, Evaluation]:
    """The newest evaluation of each candidate that has come to a verdict."""
    return {item.candidate: item for item in evaluations if item.candidate and item.verdict}


def fate(candidate: Candidate, evaluation: Evaluation | None) -> str:
    """Where a candidate ended, one of `FATES`."""
    if candidate.state in BY_STATE:
        return BY_STATE[candidate.state]
    if evaluation is None or evaluation.verdict is None:
        return "not measured" if candidate.hunks else "no change"
    return evaluation.verdict


def by_approach(nouns: Nouns) -> list[Tally]:
    """One row for each (LLM, approach) that was asked, the best mean gain first."""
    return _tallies(nouns, lambda item: (item.llm, named_approach(nouns, item)))


def by_llm(nouns: Nouns) -> list[Tally]:
    """One row for each LLM, whatever it was asked with."""
    return _tallies(nouns, lambda item: (item.llm, ""))


def by_prompt(nouns: Nouns) -> list[Tally]:
    """One row for each prompt that was sent."""
    names = {item.id: item.function for item in nouns.bottlenecks}

    def key(item: Candidate) -> tuple[str, str]:
        prompt = nouns.prompts.get(item.prompt)
        version = f" v{prompt.version} {prompt.author}" if prompt else ""
        return item.llm, f"{names.get(item.bottleneck, '?')}{version}: {named_approach(nouns, item)}"

    return _tallies(nouns, key)


def _tallies(nouns: Nouns, key: Callable[[Candidate], tuple[str, str]]) -> list[Tally]:
    groups: dict[tuple[str, str], list[tuple[Candidate, Evaluation | None]]] = {}
    for candidate, evaluation in ended(nouns):
        groups.setdefault(key(candidate), []).append((candidate, evaluation))
    rows = [_tally(nouns, llm, name, items) for (llm, name), items in groups.items()]
    return sorted(rows, key=lambda row: (row.mean is None, -(row.mean or 0.0)))


def _tally(nouns: Nouns, llm: str, name: str, items: Sequence[tuple[Candidate, Evaluation | None]]) -> Tally:
    ends = [fate(candidate, evaluation) for candidate, evaluation in items]
    passed = [evaluation for _, evaluation in items if evaluation is not None and evaluation.verdict in PASSED]
    estimates = [item.estimate for item in passed if item.estimate is not None]
    return Tally(
        llm=llm,
        strategy=name,
        fates=tuple(ends.count(name) for name in FATES),
        gains=tuple(estimate.percent_improvement for estimate in estimates),
        guaranteed=tuple(estimate.guaranteed for estimate in estimates),
        usd=cost(nouns, [candidate for candidate, _ in items]),
    )


def named_approach(nouns: Nouns, candidate: Candidate) -> str:
    """How a candidate's prompt came to be; the meta-prompter is named where there are several."""
    prompt = nouns.prompts.get(candidate.prompt)
    if prompt is None:
        return candidate.strategy
    without = f" without {', '.join(prompt.without)}" if prompt.without else ""
    several = len({item.meta_prompter for item in nouns.prompts.values() if item.meta_prompter}) > 1
    writer = f" by {prompt.meta_prompter}" if several and prompt.meta_prompter else ""
    lent = f" for {prompt.written_for}" if prompt.written_for else ""
    return candidate.strategy + without + writer + lent


def cost(nouns: Nouns, candidates: Sequence[Candidate]) -> float | None:
    """What candidates and the prompts they were asked with took, in dollars; None when a price is not known."""
    used = {candidate.prompt for candidate in candidates}
    usages: list[Usage | None] = [item.usage for item in candidates]
    usages += [nouns.prompts[id].usage for id in used if id in nouns.prompts]
    known = [usage for usage in usages if usage is not None]
    if any(usage.usd is None for usage in known):
        return None
    return sum(usage.usd or 0.0 for usage in known)
