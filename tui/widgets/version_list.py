"""The versions of one prompt, newest first, with what came of each."""

import time
from collections.abc import Sequence

from rich.style import Style

from engine.model import Evaluation, Prompt
from tui.prompt_words import SIGNS
from tui.state import State
from tui.widgets.cursor_list import CursorList, Row


class VersionList(CursorList):
    """The cursor is the version that is shown."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._versions: tuple[Prompt, ...] = ()
        self._outcomes: tuple[str, ...] = ()

    @property
    def current(self) -> Prompt | None:
        """The version under the cursor."""
        return self._versions[self.cursor] if self.cursor < len(self._versions) else None

    def show(self, state: State, versions: Sequence[Prompt], shown: Prompt | None) -> None:
        """Render `versions` (oldest first) with the cursor on the one that is shown."""
        newest_first = tuple(reversed(versions))
        outcomes = tuple(outcome(state, item) for item in newest_first)
        if (newest_first, outcomes) != (self._versions, self._outcomes):
            self._versions, self._outcomes = newest_first, outcomes
            self.show_rows(len(newest_first))
        place = next((index for index, item in enumerate(newest_first) if shown and item.id == shown.id), self.cursor)
        if place != self.cursor:
            self.cursor = place

    def row(self, index: int, width: int) -> Row:
        """`v2 meta    10:42  ≥ 8.9% · 2 candidates  meta-prompter`: who wrote it comes last, to be cut first."""
        prompt = self._versions[index]
        yield (f" v{prompt.version} ".ljust(5), Style(bold=True))
        yield (f"{prompt.author:<7}", Style())
        yield (f"{time.strftime('%H:%M', time.localtime(prompt.at))}  ", self.colour("text-muted"))
        yield ("".join(f"{SIGNS[mark]} " for mark in prompt.marks), self.colour("accent"))
        yield (self._outcomes[index], self.colour("success" if "≥" in self._outcomes[index] else "text-muted"))
        if prompt.meta_prompter:
            yield (f"  {prompt.meta_prompter.rpartition('/')[2]}", self.colour("text-muted"))


def outcome(state: State, prompt: Prompt) -> str:
    """What came of a prompt version, in a few words."""
    if prompt.state != "ready":
        return prompt.state
    if prompt.proposal in ("open", "rejected"):
        return "proposal" if prompt.proposal == "open" else "rejected"
    candidates = [item for item in state.candidates.values() if item.prompt == prompt.id]
    if not candidates:
        return "not sent yet"
    count = f"{len(candidates)} candidate{'s' if len(candidates) > 1 else ''}"
    found = [item for candidate in candidates if (item := state.latest_evaluation(candidate.id)) and item.verdict]
    return f"{_best(found)} · {count}" if found else count


def _best(evaluations: Sequence[Evaluation]) -> str:
    gains = [item.estimate.guaranteed for item in evaluations if item.verdict == "faster" and item.estimate]
    return f"≥ {max(gains):.1f}%" if gains else str(evaluations[-1].verdict)
