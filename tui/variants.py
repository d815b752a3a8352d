"""What hunks of any candidates make together: asked of the engine, kept until something changes, and put in words."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from engine.model import Candidate, Evaluation, Hunk
from engine.protocol import PreviewVariant, Variant
from tui.outcomes import outcome, percent
from tui.state import State

if TYPE_CHECKING:
    from tui.app import MpcoApp

KEPT = 32
"""How many answers are kept; a person looks at a few selections at a time."""

Choice = tuple[tuple[Candidate, Hunk], ...]
"""Hunks with the candidates they are of."""


class Words(NamedTuple):
    """A sentence and its colour."""

    text: str
    style: str


class Previews:
    """The engine's word on selections of hunks; each is asked for once until a hunk or an evaluation changes."""

    def __init__(self, app: "MpcoApp") -> None:
        self._app = app
        self._known: dict[object, Variant | str | None] = {}

    def of(self, choice: Choice) -> Variant | str | None:
        """What `choice` makes, or why it makes nothing, in one sentence; None while the engine is asked.

        The app is painted again when the answer is there.
        """
        if not choice or self._app.engine != "ready":
            return None
        key = _key(self._app.state, choice)
        if key not in self._known:
            while len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[key] = None
            ask(self._app, choice, lambda found: self._take(key, found))
        return self._known[key]

    def _take(self, key: object, found: Variant | str) -> None:
        if self._app.engine == "ready":
            self._known[key] = found
        else:  # the engine went away before it could answer: it is asked again when it is back
            self._known.pop(key, None)
        self._app.repaint()


def ask(app: "MpcoApp", choice: Choice, then: Callable[[Variant | str], None]) -> None:
    """Ask the engine what `choice` makes; `then` gets it, or the sentence that says why it makes nothing."""

    def answered(result: Any) -> None:
        then(msgspec.convert(result, Variant))

    app.perform(PreviewVariant(hunks=ids_of(choice)), answered, then)


def ids_of(choice: Choice) -> tuple[str, ...]:
    """The ids of the hunks."""
    return tuple(hunk.id for _, hunk in choice)


def tray(state: State) -> Choice:
    """All accepted hunks of the session, in the order of the candidates."""
    return tuple((item, hunk) for item in state.candidates.values() for hunk in item.accepted)


def beside_tray(state: State, candidate: Candidate) -> Choice:
    """The tray with all hunks of one candidate: what of it conflicts with what is accepted of others."""
    others = tuple((item, hunk) for item, hunk in tray(state) if item.id != candidate.id)
    return (*others, *((candidate, hunk) for hunk in candidate.hunks)) if others else ()


def named(state: State, hunks: Iterable[str]) -> Choice:
    """The hunks of these ids that are still there."""
    wanted = set(hunks)
    return tuple((item, hunk) for item in state.candidates.values() for hunk in item.hunks if hunk.id in wanted)


def proof(state: State, variant: Variant) -> Evaluation | None:
    """The evaluation that found exactly this faster."""
    found = state.evaluations.get(variant.evaluation)
    return found if found is not None and found.verdict == "faster" else None


def known_of(state: State, choice: Choice, variant: Variant) -> Words:
    """What is known of exactly this: proven, measured, changed since, or never run."""
    exact = state.evaluations.get(variant.evaluation)
    if exact is not None:
        found = outcome(exact)
        if exact.verdict == "faster" and exact.estimate is not None:
            return Words(f"proven ≥ {percent(exact.estimate.guaranteed)}", found.style)
        return Words(f"{found.sign} {found.words}", found.style)
    before = _before(state, ids_of(choice))
    if before is not None:
        return Words(f"changed since {outcome(before).sign} {outcome(before).words} (b again)", "$text-warning")
    return Words("never run (b)", "$text-warning")


def _before(state: State, ids: Sequence[str]) -> Evaluation | None:
    """The last evaluation of a variant of several candidates that shares hunks with these."""
    wanted = set(ids)
    shared = [e for e in state.evaluations.values() if _whole(e) and wanted.intersection(e.hunks)]
    return max(shared, key=lambda item: item.at, default=None)


def _whole(evaluation: Evaluation) -> bool:
    return not evaluation.candidate and not evaluation.search and evaluation.verdict is not None


def _key(state: State, choice: Choice) -> object:
    hunks = tuple((hunk.id, hunk.old_start) for _, hunk in choice)
    baselines = tuple(sorted({(file.path, file.digest) for candidate, _ in choice for file in candidate.files}))
    return hunks, baselines, tuple((item.id, item.verdict) for item in state.evaluations.values())
