"""Two candidates beside each other: what one has that the other has not, or each against the baseline."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content

from engine.model import BaselineFile, Candidate, Hunk
from tui.screens.modal import Modal
from tui.widgets.diff_view import DiffView

KEYS = "t each against the baseline, or against each other · n N hunk · esc"


class CompareScreen(Modal[None]):
    """First the difference between the two; t shows each one's own diff, both at the same place of the baseline."""

    CSS_PATH = "../styles/compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close", id="compare.close"),
        Binding("t", "three_way", "three-way", id="compare.three_way", tooltip="Against the baseline, or each other"),
        Binding("n", "hunk(1)", "next hunk", id="compare.next"),
        Binding("N", "hunk(-1)", "previous hunk", id="compare.previous"),
    ]

    def __init__(
        self, pair: tuple[Candidate, Candidate], names: tuple[str, str], files: Sequence[BaselineFile],
        hunks: Sequence[Hunk],
    ) -> None:  # fmt: skip
        super().__init__()
        self._pair, self._names = pair, names
        self._files, self._hunks = files, hunks

    def compose(self) -> ComposeResult:
        """Three views, of which one or two are shown."""
        with Horizontal(id="comparison"):
            yield DiffView(id="between", classes="pane")
            yield DiffView(id="one", classes="pane")
            yield DiffView(id="other", classes="pane")

    def on_mount(self) -> None:
        """The difference between the two comes first."""
        one, other = self._names
        between, *sides = (self.query_one(f"#{id}", DiffView) for id in ("between", "one", "other"))
        same = "" if self._hunks else " · they make the same text"
        between.border_title = Content(f"{one} │ {other}{same}")
        between.border_subtitle = KEYS
        between.show("between", self._files, self._hunks)
        for view, candidate, name in zip(sides, self._pair, self._names, strict=True):
            view.layout_choice = "unified"
            view.border_title = Content(f"baseline → {name}")
            view.display = False
            view.show(candidate.id, candidate.files, candidate.kept)
        sides[0].border_subtitle = KEYS
        self.watch(sides[0], "scroll_y", lambda: _follow(sides[0], sides[1]), init=False)
        self.watch(sides[1], "scroll_y", lambda: _follow(sides[1], sides[0]), init=False)
        between.focus()

    def action_three_way(self) -> None:
        """t: each against the baseline, or the one against the other."""
        for view in self.query(DiffView):
            view.display = not view.display
        self.query_one("#one" if self.query_one("#one").display else "#between").focus()

    def action_hunk(self, step: int) -> None:
        """n and N: the next and previous hunk of the pane in front."""
        view = self.focused
        if isinstance(view, DiffView):
            view.go_by(step)


def _follow(leader: DiffView, follower: DiffView) -> None:
    """Bring the follower to the leader's place of the baseline; only the pane that is read leads."""
    if leader.has_focus:
        anchor = leader.model.anchor(round(leader.scroll_y))
        if anchor is not None:
            follower.scroll_to(y=follower.model.row_of(anchor), animate=False)
