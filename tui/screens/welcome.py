"""The first minute in a project without mpco.toml: what was found, what will run and be sent, and one key to begin."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.errors import MpcoError
from tui.first_steps import CONFIG, FirstSteps, Found, Survey
from tui.screens.modal import AnswersOnce
from tui.state import State
from tui.widgets.footer import Footer, Sentence


class WelcomeScreen(AnswersOnce[Path]):
    """Answers with the folder to open, once that has an mpco.toml. Nothing is run; nothing is written before enter."""

    TITLE = "Welcome"
    CSS_PATH = "../styles/welcome.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "write mpco.toml and begin", id="welcome.begin", tooltip="Write it and open the app"),
        Binding("d", "demo", "open the demo", id="welcome.demo", tooltip="Copy the demo project here and open it"),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, root: Path, steps: FirstSteps) -> None:
        super().__init__()
        self._root = root
        self._steps = steps
        self._survey: Survey | None = None

    def compose(self) -> ComposeResult:
        """One page to read, over the keys."""
        with VerticalScroll(classes="pane", id="welcome") as box:
            box.border_title = Content(f"MPCO in {self._root.name}")
            yield Static(Content("Looking at the project …"), id="welcome-text")
        yield Footer()

    def on_mount(self) -> None:
        """Look at the files after the first frame."""
        self.query_one("#welcome").focus()
        self.run_worker(self._look, thread=True, exit_on_error=False)

    def _look(self) -> None:
        try:
            survey = self._steps.survey(self._root)
        except MpcoError as error:
            self.app.call_from_thread(self._tell, str(error))
            return
        self.app.call_from_thread(self._show, survey)

    def _show(self, survey: Survey) -> None:
        self._survey = survey
        self.query_one("#welcome-text", Static).update(page(self._root, survey))

    def _tell(self, problem: str) -> None:
        self.query_one(Footer).show(State(), Sentence(problem, "error"))

    def action_begin(self) -> None:
        """enter: write what is on the page."""
        if self._survey is None:
            return
        try:
            self._steps.write(self._root, self._survey.config)
        except MpcoError as error:
            self._tell(str(error))
            return
        self.dismiss(self._root)

    def action_demo(self) -> None:
        """d: the bundled project instead; this one stays as it is."""
        try:
            self.dismiss(self._steps.demo())
        except MpcoError as error:
            self._tell(str(error))

    def action_scroll(self, direction: str) -> None:
        """j and k move like the arrows."""
        box = self.query_one("#welcome", VerticalScroll)
        box.scroll_down() if direction == "down" else box.scroll_up()


def page(root: Path, survey: Survey) -> Content:
    """What was found, what will run, what will be sent, and what enter writes."""
    found = {item.name: item for item in survey.found}
    test, benchmark = found["test"].value, found["benchmark"].value
    lines = [Content(f"{root} has no {CONFIG} yet. This is what its files say:"), Content("")]
    lines += [_row(item) for item in survey.found]
    lines += [Content(""), _head("What will run"), Content(_runs(test, benchmark))]
    lines += [
        Content(""),
        _head("What will be sent"),
        Content(
            "Nothing leaves this machine: without [[llm]] in mpco.toml the offline models answer, which are rule-based "
            "rewriters and no language models. `mpco preview` shows every message before you name a real LLM."
        ),
        Content(""),
        _head(f"What enter writes: {CONFIG}"),
        Content.styled(survey.config.rstrip(), "$text-muted"),
    ]
    return Content("\n").join(lines)


def _head(text: str) -> Content:
    return Content.styled(text, "bold $primary")


def _row(item: Found) -> Content:
    sign = ("✔ ", "$text-success") if item.value else ("! ", "$text-warning")
    return Content.assemble(
        sign, f"{item.name:<12}", (item.value or "none", "bold"), (f"  {item.evidence}", "$text-muted")
    )


def _runs(test: str, benchmark: str) -> str:
    if test and benchmark:
        return (
            "Nothing yet. p profiles the benchmark, b tests and measures candidates: each in a private copy of the "
            "project, in a sandbox without network. Your files change only when you press w."
        )
    missing = " and ".join(name for name, value in (("test", test), ("benchmark", benchmark)) if not value)
    return (
        f"Nothing yet. No {missing} command was found: give it in {CONFIG}, which is read again when it changes. "
        "Without a benchmark there is nothing to measure; without tests, only its run shows that a candidate works."
    )
