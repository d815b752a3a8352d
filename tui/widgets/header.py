"""The line at the top: project and stage on the left; engine, running jobs and spend on the right."""

from typing import Literal

from textual.content import Content
from textual.widget import Widget

from tui.state import State

EngineLink = Literal["starting", "ready", "stopped", "failed"]
_LINKS: dict[EngineLink, tuple[str, str]] = {
    "starting": ("engine ◌", "$text-warning"),
    "ready": ("engine ●", "$text-success"),
    "stopped": ("engine ○ stopped", "$text-error"),
    "failed": ("engine ✘", "$text-error"),
}


class AppHeader(Widget):
    """Shows what is always worth knowing."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._left = Content()
        self._right = Content()

    def show(self, state: State, title: str, link: EngineLink) -> None:
        """Render the figures of `state`."""
        name = state.project.name if state.project else ""
        parts = [(" MPCO  ", "bold $primary"), (name, "bold"), (f" ▸ {title}" if name else title, "")]
        left = Content.assemble(*parts)
        seen = f"   {sight(state)}" if sight(state) else ""
        right = Content.assemble(_LINKS[link], (_jobs(state), "$text-warning"), "   ", spend(state), seen, " ")
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        """Left and right part; the left one gives way."""
        room = self.size.width - self._right.cell_length
        left = self._left.truncate(max(0, room - 1), ellipsis=True)
        return Content.assemble(left, " " * max(0, room - left.cell_length), self._right)


def _jobs(state: State) -> str:
    live = len(state.live_jobs)
    return f"  {live} job{'s' if live > 1 else ''}" if live else ""


def sight(state: State) -> str:
    """How small a gain this machine can see with the project's benchmark; empty when that is not known."""
    noise = state.noise
    if noise is None or (state.project and noise.command != state.project.benchmark_command):
        return ""
    if noise.measuring:
        return "measuring noise"
    return f"sees gains ≥ {noise.limit:.1f}%" if noise.limit is not None else ""


def spend(state: State) -> str:
    """What the session has cost, of what it may cost; a `?` stands for calls whose price is unknown."""
    cap = state.project.max_usd if state.project else None
    spent = _dollars(state.spent_usd) + (" + ?" if any(usage.usd is None for usage in state.usages) else "")
    return f"{spent} of {_dollars(cap)}" if cap is not None else spent


def _dollars(amount: float) -> str:
    return f"${amount:.4f}" if 0 < amount < 0.01 else f"${amount:.2f}"
