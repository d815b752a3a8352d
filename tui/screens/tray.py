"""The tray: what is accepted of all candidates as one variant, with its conflicts, its diff and what is known of it."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from engine.protocol import Decide, Variant
from tui import variants, verbs, writing
from tui.screens.stage import LiveScreen
from tui.state import State
from tui.tray_rows import together, tray_line, tray_rows
from tui.widgets.diff_view import DiffView
from tui.widgets.footer import Footer
from tui.widgets.keyed_list import KeyedList

EMPTY = (
    "The tray is empty.\n\n"
    "On 3 Diffs, a accepts a hunk and A all hunks of a candidate; what is accepted of any of them comes together here."
)


class TrayScreen(LiveScreen):
    """Hunks by file on one side, what they make on the other, what is known of exactly that below."""

    TITLE = "Tray"
    CSS_PATH = "../styles/tray.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "benchmark", "benchmark", id="tray.benchmark", tooltip="Build, test and measure the tray"),
        Binding("w", "write", "write", id="tray.write", tooltip="Write the tray to tree, branch or patch file"),
        Binding("c", "combine", "combine", id="tray.combine", tooltip="Search for the best combination of hunks"),
        Binding("r", "drop", "drop", id="tray.drop", tooltip="Take the hunk out of the tray: undecided again"),
        Binding("y", "copy", "copy patch", id="tray.copy", tooltip="Copy the tray as a patch"),
        Binding("n", "hunk(1)", "next hunk", id="tray.next", tooltip="Next hunk"),
        Binding("N", "hunk(-1)", "previous hunk", show=False, id="tray.previous", tooltip="Previous hunk"),
        Binding("s", "layout", "layout", show=False, id="tray.layout", tooltip="Side by side, unified, or by width"),
        Binding("escape", "dismiss", "back", id="tray.close", tooltip="Back to where you were"),
        Binding("T,q", "dismiss", show=False),
    ]

    def compose(self) -> ComposeResult:
        """List and diff over one line, or a sentence when there is nothing."""
        with Horizontal(id="tray-content"):
            yield KeyedList(id="tray-hunks", classes="pane")
            yield DiffView(id="tray-diff", classes="pane")
        yield Static(EMPTY, id="tray-empty", classes="empty", markup=False)
        yield Static(id="tray-known", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Titles that never change, and what there is."""
        self.query_one("#tray-hunks").border_title = "tray"
        self.query_one("#tray-diff").border_title = "all of it together"
        self.show(self.mpco.state)
        self.query_one(KeyedList).focus()

    def show(self, state: State) -> None:
        """List, diff and sentence in step with the state."""
        choice = self._choice
        self.query_one("#tray-content").display = bool(choice)
        self.query_one("#tray-empty").display = not choice
        found = self.mpco.previews.of(choice)
        clashes = found.conflicts if isinstance(found, Variant) else ()
        rows = tray_rows(state, choice, clashes)
        listed = self.query_one(KeyedList)
        listed.show(rows, listed.current if listed.current in {row.id for row in rows} else rows[1].id if rows else "")
        self.query_one("#tray-known", Static).update(tray_line(state, choice, found))
        self.query_one(DiffView).display = not isinstance(found, str)
        if isinstance(found, Variant):
            self.query_one(DiffView).show("tray", found.files, together(found))
        self.query_one(Footer).show(state, self.mpco.sentence)

    @property
    def _choice(self) -> variants.Choice:
        return variants.tray(self.mpco.state)

    @on(KeyedList.OptionHighlighted)
    def _highlighted(self, event: KeyedList.OptionHighlighted) -> None:
        view = self.query_one(DiffView)
        for index, hunk in enumerate(view.model.hunks):
            if hunk.id == event.option_id:
                view.go_to(index)

    @on(KeyedList.OptionSelected)
    def _chosen(self) -> None:
        self.query_one(DiffView).focus()

    @on(DiffView.HunkFocused)
    def _focused(self, event: DiffView.HunkFocused) -> None:
        if event.hunk is not None:
            self.query_one(KeyedList).go_to(event.hunk.id)

    # -------------------------------------------------------------------------------------------- actions

    def _ready(self) -> Variant | None:
        """The tray as one variant; None, and the reason is said, when it makes none."""
        found = self.mpco.previews.of(self._choice)
        if not self._choice:
            self._say("The tray is empty: on 3 Diffs, a accepts a hunk.")
        elif found is None:
            self._say("The engine is still asked what the tray makes; try again in a moment.")
        elif isinstance(found, str):
            self._say(found)
        elif found.conflicts:
            self._say(writing.conflict_words(found))
        else:
            return found
        return None

    def _say(self, text: str) -> None:
        self.mpco.say(text, "warning")

    def action_benchmark(self) -> None:
        """b: evaluate the tray."""
        if self._ready() is not None:
            writing.evaluate(self.mpco, self._choice)

    def action_combine(self) -> None:
        """c: search for the best combination of all measured candidates."""
        command = verbs.combine(self.mpco.state)
        if isinstance(command, str):
            self._say(command)
        else:
            self.mpco.perform(command, lambda _: self.mpco.say(writing.COMBINING))

    def action_write(self) -> None:
        """w: write the tray."""
        if self._ready() is not None:
            writing.ask_apply(self.mpco, self._choice)

    def action_drop(self) -> None:
        """r: the hunk under the cursor becomes undecided again."""
        current = self.query_one(KeyedList).current
        for candidate, hunk in self._choice:
            if hunk.id == current:
                command = Decide(candidate=candidate.id, hunks=(hunk.id,), decision="pending")
                self.mpco.perform(command, lambda _: self.mpco.say("Dropped; u on 3 Diffs takes that back."))

    def action_copy(self) -> None:
        """y: copy the patch."""
        found = self._ready()
        if found is not None:
            self.mpco.copy_to_clipboard(found.patch)
            self.mpco.say("Copied the tray as a patch.")

    def action_hunk(self, step: int) -> None:
        """n and N: the next and previous hunk."""
        self.query_one(DiffView).go_by(step)

    def action_layout(self) -> None:
        """s: side by side, unified, or by the terminal's width."""
        self.query_one("#tray-diff").border_subtitle = Content(self.query_one(DiffView).cycle_layout())
