"""What an experiment is likely to cost and to take, from the messages themselves and the models' known prices.

Nothing has to be asked first: the meta-prompts and the code are known, and only the lengths of answers are guessed,
by those that were seen in this session, else by the assumptions below.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from statistics import fmean
from typing import NamedTuple

import msgspec

from engine.conversation import Section
from engine.llm import prices
from engine.llm.budget import output_limit
from engine.model import Cell, Experiment, Message, Prompt, Usage
from engine.pipeline import Pipeline
from engine.protocol import ExperimentPlan, PreviewPrompt
from engine.session import Session

PROMPT_TOKENS = 260
"""Of a prompt that is still to be written: the longest that the paper tells of has 1,040 characters."""
LINE_TOKENS = 12
"""Of a line of code in an answer that repeats the function."""
REMARK_TOKENS = 200
"""Of an answer, beside its code."""
THINKING = 4
"""An LLM that reasons takes so many times the tokens of its answer, reasoning included."""


class Cost(NamedTuple):
    """Of one call in US dollars: as is likely, and at most; None when the price is not known."""

    usd: float | None
    max_usd: float | None


class Estimating:
    """One estimate of one session."""

    def __init__(self, session: Session, pipeline: Pipeline) -> None:
        self._session = session
        self._pipeline = pipeline
        self._unpriced: dict[str, None] = {}
        self._guessed = False
        self._asking = lru_cache(maxsize=None)(self._asking_once)

    def plan(self, experiment: Experiment, left: Sequence[Cell], unwritten: Iterable[Cell]) -> ExperimentPlan:
        """The plan of an experiment whose cells `left` are to be asked for, with the prompts of `unwritten` before."""
        writing = dict.fromkeys(cell._replace(repetition=1) for cell in unwritten if cell.approach.meta_prompter)
        asking = [cell._replace(repetition=1, written_for="") for cell in left]
        costs = [*(self._writing(cell) for cell in writing), *(self._asking(cell) for cell in asking)]
        return ExperimentPlan(
            experiment=experiment,
            cells=len(list(experiment.cells())),
            left=len(left),
            prompts=len(writing),
            usd=_sum([cost.usd for cost in costs]),
            max_usd=_sum([cost.max_usd for cost in costs]),
            unpriced=tuple(self._unpriced),
            guessed=self._guessed,
            max_seconds=self._seconds(len(left)),
        )

    def _writing(self, cell: Cell) -> Cost:
        section = self._pipeline.conversations.meta_prompter(cell.approach.meta_prompter)
        seen = [item.usage for item in self._session.prompts.values() if item.meta_prompter == section.model]
        return self._call(section, self._draft(cell).sent, seen, PROMPT_TOKENS)

    def _asking_once(self, cell: Cell) -> Cost:
        draft = self._draft(cell)
        to_come = Message(role="user", content="word " * (0 if draft.text else PROMPT_TOKENS))
        messages = (*self._pipeline.request(msgspec.structs.replace(draft, state="ready")), to_come)
        target = self._session.bottleneck(cell.bottleneck)
        length = REMARK_TOKENS + LINE_TOKENS * (target.end_line - target.line + 1)
        seen = [item.usage for item in self._session.candidates.values() if item.llm == cell.llm]
        return self._call(self._pipeline.conversations.llm(cell.llm), messages, seen, length)

    def _draft(self, cell: Cell) -> Prompt:
        return self._pipeline.prompting.draft(
            PreviewPrompt(
                bottleneck=cell.bottleneck,
                llm=cell.llm,
                strategy=cell.approach.strategy,
                meta_prompter=cell.approach.meta_prompter,
            )
        )

    def _call(self, section: Section, messages: tuple[Message, ...], seen: Iterable[Usage | None], length: int) -> Cost:
        """The cost of one call; `length` in tokens is what its answer is taken to have when none was `seen`."""
        price = prices.prices(section.model, section.params)
        if price is None:
            self._unpriced[section.model] = None
            return Cost(None, None)
        if price == (0.0, 0.0):
            return Cost(0.0, 0.0)
        lengths = [usage.output_tokens for usage in seen if usage is not None and usage.output_tokens]
        self._guessed |= not lengths
        thinking = THINKING if prices.facts(section.model).reasoning else 1
        likely = fmean(lengths) if lengths else float(length * thinking)
        sent = prices.count_tokens(section.model, messages) * price[0]
        most = output_limit(section.model, section.params)
        return Cost(sent + min(likely, most) * price[1], sent + most * price[1])

    def _seconds(self, cells: int) -> float | None:
        """The most that measuring takes, by how long runs took so far; builds and tests come on top."""
        noise = self._session.noise
        evaluations = self._session.evaluations.values()
        runs = [run.wall for item in evaluations for run in item.measurements] or [
            run.wall for run in (noise.measurements if noise else ())
        ]
        if not runs:
            return None
        section = self._pipeline.config.benchmark
        return cells * min(section.max_seconds, 2 * section.max_pairs * fmean(runs))


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
