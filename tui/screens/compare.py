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
from tui.widgets.row_scroll import RowScroll
from tui.widgets.three_way_view import LEGEND, ThreeWayView

KEYS = "t each against the baseline, or against each other · n N hunk · esc"
COLUMNS_FROM = 160
"""Columns of the terminal from which on the baseline and both candidates stand beside each other."""


class CompareScreen(Modal[None]):
    """First the difference between the two; t shows the baseline with both beside it, in step line by line.

    On a narrow terminal, and where the two were made from different versions of a file, each has a diff of its own,
    both at the same place of the baseline.
    """

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
        self._against_baseline = False

    def compose(self) -> ComposeResult:
        """Four views, of which one or two are shown."""
        with Horizontal(id="comparison"):
            yield DiffView(id="between", classes="pane")
            yield DiffView(id="one", classes="pane")
            yield DiffView(id="other", classes="pane")
            yield ThreeWayView(id="three", classes="pane")

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
            view.show(candidate.id, candidate.files, candidate.kept)
        sides[0].border_subtitle = KEYS
        self.watch(sides[0], "scroll_y", lambda: _follow(sides[0], sides[1]), init=False)
        self.watch(sides[1], "scroll_y", lambda: _follow(sides[1], sides[0]), init=False)
        three = self.query_one(ThreeWayView)
        three.border_title = Content(f"baseline │ {one} │ {other}")
        three.border_subtitle = f"{LEGEND} · {KEYS}"
        first, second = self._pair
        three.show([*first.files, *second.files], first.kept, second.kept)
        self._arrange()

    @property
    def _one_baseline(self) -> bool:
        """Whether both were made from the same text of each file that both have."""
        texts = {file.path: file.text for file in self._pair[0].files}
        return all(texts.get(file.path, file.text) == file.text for file in self._pair[1].files)

    def _arrange(self) -> None:
        """Show what was asked for, in the way that this width has room for."""
        columns = self.app.size.width >= COLUMNS_FROM and self._one_baseline
        shown = {"three"} if self._against_baseline and columns else {"one", "other"}
        shown = shown if self._against_baseline else {"between"}
        for view in self.query(RowScroll):
            view.display = view.id in shown
        if self.focused is None or self.focused.id not in shown:
            self.query_one(f"#{next(iter(sorted(shown)))}").focus()

    def on_resize(self) -> None:
        """Another width, and perhaps another arrangement."""
        self._arrange()

    def action_three_way(self) -> None:
        """t: both beside the baseline, or the one against the other."""
        self._against_baseline = not self._against_baseline
        self._arrange()

    def action_hunk(self, step: int) -> None:
        """n and N: the next and previous hunk of the pane in front."""
        view = self.focused
        if isinstance(view, DiffView | ThreeWayView):
            view.go_by(step)


def _follow(leader: DiffView, follower: DiffView) -> None:
    """Bring the follower to the leader's place of the baseline; only the pane that is read leads."""
    if leader.has_focus:
        anchor = leader.model.anchor(round(leader.scroll_y))
        if anchor is not None:
            follower.scroll_to(y=follower.model.row_of(anchor), animate=False)
