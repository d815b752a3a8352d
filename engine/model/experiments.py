"""Experiments: the same bottlenecks given to several LLMs by several approaches, several times."""

from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

from engine.model.noun import Noun


class Approach(Noun, frozen=True):
    """A way for prompts to come to be."""

    strategy: str
    meta_prompter: str = ""
    """The LLM that writes them; empty where the strategy's template is the prompt."""


class Cell(NamedTuple):
    """One request of an experiment."""

    bottleneck: str
    llm: str
    approach: Approach
    repetition: int
    """From 1."""
    written_for: str = ""
    """The LLM whose prompt it is given; empty for its own."""


class Experiment(Noun, frozen=True, kw_only=True):
    """A grid of cells; what became of each is told by the candidate that names the experiment."""

    id: str
    at: float
    bottlenecks: tuple[str, ...]
    llms: tuple[str, ...]
    approaches: tuple[Approach, ...]
    repetitions: int = 1
    cross: bool = False
    """Whether each LLM is given also the prompts that were written for the others."""

    def cells(self) -> Iterator[Cell]:
        """Every cell, one repetition of the whole grid after the other."""
        for repetition in range(1, self.repetitions + 1):
            for approach in self.approaches:
                for bottleneck in self.bottlenecks:
                    for llm in self.llms:
                        yield Cell(bottleneck, llm, approach, repetition)
                    for llm, other in permutations(self.llms, 2) if self.cross and approach.meta_prompter else ():
                        yield Cell(bottleneck, llm, approach, repetition, other)
