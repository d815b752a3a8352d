"""Stage 2: what each LLM is asked. One prompt for each LLM, beside the contexts that made it; editable."""

from typing import Any, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from engine.model import CONTEXT_NAMES, Bottleneck, Llm, Prompt, PromptMark
from engine.protocol import (
    EditPrompt,
    ListStrategies,
    Outgoing,
    Preview,
    PreviewPrompt,
    PreviewSending,
    Strategy,
)
from tui import editor, prompt_words, verbs
from tui.screens import prompt_actions
from tui.screens.messages import MessagesScreen, SendingScreen
from tui.screens.prompt_contexts import PromptContexts
from tui.screens.prompt_keys import KEYS
from tui.screens.prompt_writing import WriteDialog
from tui.screens.stage import StageScreen
from tui.state import State
from tui.widgets.answer_view import HEADING, AnswerView
from tui.widgets.cursor_list import CursorList
from tui.widgets.llm_tabs import LlmTabs
from tui.widgets.prompt_editor import PromptEditor
from tui.widgets.version_list import VersionList
from tui.widgets.written_from import WrittenFrom


class PromptsScreen(StageScreen):
    """The prompt of the current bottleneck for the current LLM, in the chosen version."""

    STAGE = 2
    TITLE = "Prompts"
    CSS_PATH = "../styles/prompts.tcss"
    AUTO_FOCUS = "#prompt-text"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self) -> None:
        super().__init__()
        self._editing: Prompt | None = None
        self._contexts = PromptContexts(self)

    def compose_stage(self) -> ComposeResult:
        """Text on the left, where it comes from on the right."""
        with Horizontal(id="prompts-panes"):
            with Vertical(classes="pane", id="prompt-pane"):
                yield LlmTabs(id="llms")
                yield Static(id="prompt-facts")
                yield Static(id="prompt-reason", markup=False)
                yield AnswerView(id="prompt-text")
            with Vertical(id="prompt-side"):
                with Vertical(classes="pane", id="written-pane") as pane:
                    pane.border_title = "written from"
                    yield WrittenFrom(id="written")
                with Vertical(classes="pane", id="versions-pane") as pane:
                    pane.border_title = "versions"
                    yield VersionList(id="versions")

    # --------------------------------------------------------------------------------------- rendering

    @property
    def bottleneck(self) -> Bottleneck | None:
        """The bottleneck whose prompts are shown."""
        return self.mpco.state.bottleneck(self.mpco.current_bottleneck)

    @property
    def llm(self) -> Llm | None:
        """The LLM whose prompt is shown."""
        project = self.mpco.state.project
        return next((item for item in project.llms if item.label == self.mpco.current_llm), None) if project else None

    @property
    def versions(self) -> tuple[Prompt, ...]:
        """All versions of what is shown, oldest first."""
        return self.mpco.state.prompt_versions(self.mpco.current_bottleneck, self.mpco.current_llm)

    @property
    def shown(self) -> Prompt | None:
        """The version that is shown: the chosen one, else the newest."""
        chosen = self.mpco.chosen_prompts.get(self._place)
        versions = self.versions
        return next((item for item in versions if item.id == chosen), versions[-1] if versions else None)

    @property
    def _place(self) -> tuple[str, str]:
        return (self.mpco.current_bottleneck, self.mpco.current_llm)

    def render_state(self, state: State) -> None:
        """The prompt, its versions, its contexts; or which key fills the screen."""
        bottleneck, prompt, llm = self.bottleneck, self.shown, self.llm
        labels = [item.label for item in state.project.llms] if state.project else []
        newest = [(label, (state.prompt_versions(self._place[0], label) or (None,))[-1]) for label in labels]
        self.query_one(LlmTabs).show(newest, self._place[1])
        pane = self.query_one("#prompt-pane")
        pane.border_title = Content(prompt_words.heading(state, bottleneck))
        self.query_one(VersionList).show(state, self.versions, prompt)
        choice = self.mpco.write_choice
        meta = ", ".join(choice.meta_prompters) or (state.project.meta_prompter if state.project else "")
        edits = self._contexts.edits(self._place)
        fields = self._contexts.collected(self._place) if prompt is None and bottleneck and llm else ()
        self.query_one(WrittenFrom).show(prompt, fields, edits, llm, self.mpco.without, choice.strategy, meta)
        if self._editing is None:
            self._render_prompt(state, prompt)

    def _render_prompt(self, state: State, prompt: Prompt | None) -> None:
        facts, reason = self.query_one("#prompt-facts", Static), self.query_one("#prompt-reason", Static)
        facts.display = prompt is not None
        facts.update(prompt_words.facts(state, prompt) if prompt else "")
        words = prompt_words.reason(prompt) if prompt else ""
        reason.update(words)
        reason.display = bool(words)
        lines = prompt.text.replace(HEADING, " ").split("\n") if prompt else self._empty(state)
        streaming = prompt is not None and prompt.state == "streaming"
        if streaming and prompt is not None and not prompt.text:
            lines = ["Waiting for the first word …"]
        subject = prompt.id if prompt else f"empty {self._place}"
        self.query_one(AnswerView).show(subject, lines, tail=streaming)

    def _empty(self, state: State) -> list[str]:
        if state.project is None:
            return [self.mpco.engine_problem or "Starting the engine …"]
        bottleneck, llm = self.bottleneck, self.llm
        if bottleneck is None:
            return ["No bottleneck to write prompts for yet: press p to profile first."]
        name = llm.label if llm else "any LLM"
        about = ["", llm.about] if llm and llm.about else []
        return [f"No prompt for {name} yet: press m to have one written for each LLM.", *about]

    # ------------------------------------------------------------------------------------------- moving

    def action_llm(self, step: int) -> None:
        """, and . go to the previous and next LLM."""
        project = self.mpco.state.project
        labels = [item.label for item in project.llms] if project else []
        if labels:
            place = labels.index(self._place[1]) if self._place[1] in labels else 0
            self._show_llm(labels[(place + step) % len(labels)])

    @on(LlmTabs.Picked)
    def _picked(self, event: LlmTabs.Picked) -> None:
        self._show_llm(event.label)

    def _show_llm(self, label: str) -> None:
        if self._editing is not None:
            self.mpco.say("Keep the edit first: esc keeps it as a new version.", "warning")
            return
        self.mpco.current_llm = label
        self.render_state(self.mpco.state)

    def action_version(self, step: int) -> None:
        """[ and ] go to the previous and next version."""
        versions, shown = self.versions, self.shown
        if shown is None:
            self.mpco.say("There is no version yet: press m to have a prompt written.", "warning")
            return
        place = [item.id for item in versions].index(shown.id) + step
        if 0 <= place < len(versions):
            self._choose(versions[place])
        else:
            self.mpco.say(f"v{shown.version} is the {'newest' if step > 0 else 'oldest'} version.")

    def _choose(self, prompt: Prompt) -> None:
        """Show this version, and send it with the next o; the newest is no choice, so that newer ones follow it."""
        if prompt.id == self.versions[-1].id:
            self.mpco.chosen_prompts.pop(self._place, None)
        else:
            self.mpco.chosen_prompts[self._place] = prompt.id
        self.render_state(self.mpco.state)

    @on(CursorList.Moved, "#versions")
    def _version_moved(self) -> None:
        versions = self.query_one(VersionList)
        current = versions.current
        if versions.has_focus and current is not None and current != self.shown and self._editing is None:
            self._choose(current)

    def action_bottleneck(self, step: int) -> None:
        """J and K go to the next and previous bottleneck."""
        ids = [item.id for item in self.mpco.state.bottlenecks]
        if self._place[0] in ids and self._editing is None:
            place = ids.index(self._place[0]) + step
            self.mpco.current_bottleneck = ids[max(0, min(place, len(ids) - 1))]
            self.render_state(self.mpco.state)

    def action_next_pane(self) -> None:
        """tab: the next pane; where there is room for one only, it changes places with the text."""
        if self.query_one(AnswerView).has_focus:
            self.add_class("-aside")
        self.call_after_refresh(self.focus_next)

    def action_step_out(self) -> None:
        """esc: from a side pane back to the text."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.remove_class("-aside")
            self.query_one(AnswerView).focus()

    # -------------------------------------------------------------------------------------------- doing

    def action_meta_prompt(self) -> None:
        """m: the new versions are shown while they are written."""
        self.mpco.chosen_prompts.clear()
        super().action_meta_prompt()

    def action_write_with(self) -> None:
        """M: choose how prompts are written, and have them written so."""
        project = self.mpco.state.project
        if project is None or self.bottleneck is None:
            self.mpco.say(verbs.NO_PROFILE, "warning")
            return

        def write(choice: verbs.WriteChoice | None) -> None:
            if choice is not None:
                self.mpco.write_choice = choice
                self.action_meta_prompt()

        def show(result: Any) -> None:
            strategies = msgspec.convert(result, list[Strategy])
            self.app.push_screen(WriteDialog(self.mpco.write_choice, strategies, project), write)

        self.mpco.perform(ListStrategies(), show)

    def action_toggle_context(self) -> None:
        """space: switch the context under the cursor on or off for the next prompts."""
        name = self.query_one(WrittenFrom).current
        if name is None:
            self.mpco.say("Only contexts can be switched off; they are the first three rows.", "warning")
            return
        off = set(self.mpco.without) ^ {name}
        self.mpco.without = tuple(item for item in CONTEXT_NAMES if item in off)
        self.render_state(self.mpco.state)

    def action_edit_context(self) -> None:
        """e in "written from": read a field in full, and edit it for the prompts that are written next."""
        self._contexts.edit(self._place, self.query_one(WrittenFrom).field)

    def action_restore_context(self) -> None:
        """u in "written from": what is collected counts again."""
        self._contexts.restore(self._place, self.query_one(WrittenFrom).field)

    def action_messages(self) -> None:
        """enter: what was sent for this version, or would be sent by m with the contexts as they are now."""
        prompt = self.shown
        if prompt is not None and prompt.sent and prompt.without == self.mpco.without:
            self.app.push_screen(MessagesScreen(f"Sent to {prompt.meta_prompter} for v{prompt.version}", prompt.sent))
            return
        if self.bottleneck is None or self.llm is None:
            self.mpco.say("No bottleneck to write prompts for yet: press p to profile first.", "warning")
            return

        def preview(result: Any) -> None:
            found = msgspec.convert(result, Preview)
            told = f"The next m would send this to {found.model}" if found.model else "The next m asks no LLM"
            self.app.push_screen(MessagesScreen(told, found.messages))

        command = PreviewPrompt(bottleneck=self._place[0], llm=self._place[1], **self._writing())
        self.mpco.perform(command, preview)

    def action_sending(self) -> None:
        """s: exactly what m and o would send for this bottleneck, to whom, how long and how dear; nothing is sent."""
        if self.bottleneck is None:
            self.mpco.say("No bottleneck to write prompts for yet: press p to profile first.", "warning")
            return

        def show(result: Any) -> None:
            self.app.push_screen(SendingScreen(msgspec.convert(result, list[Outgoing])))

        chosen = tuple(self.mpco.chosen_prompts.values())
        self.mpco.perform(PreviewSending(bottlenecks=(self._place[0],), chosen=chosen, **self._writing()), show)

    def _writing(self) -> dict[str, Any]:
        """How the next m writes prompts, by the first of its meta-prompters."""
        choice = self.mpco.write_choice
        meta = next(iter(choice.meta_prompters), "")
        told = {"strategy": choice.strategy, "scope": choice.scope, "meta_prompter": meta}
        return {"without": self.mpco.without, **told}

    def action_copy(self) -> None:
        """y: copy the prompt."""
        if self.shown is not None:
            self.app.copy_to_clipboard(self.shown.text)
            self.mpco.say(f"Copied v{self.shown.version}.")

    def action_improve(self) -> None:
        """i: have the shown version written again."""
        if prompt := self._editable():
            prompt_actions.improve(self.mpco, prompt)

    def action_compare(self) -> None:
        """d: the shown version against another one; a proposal against what it would replace, to be decided on."""
        if prompt := self._editable():
            prompt_actions.compare(self.mpco, prompt)

    def action_reject(self) -> None:
        """r: leave the prompt as it was."""
        if prompt := self._editable():
            prompt_actions.reject(self.mpco, prompt)

    def action_mark(self, mark: PromptMark) -> None:
        """a, P and S: approve, pin or star the shown version, or take the mark away; a takes a proposal."""
        if prompt := self._editable():
            prompt_actions.mark(self.mpco, prompt, mark)

    def action_copy_to(self) -> None:
        """c: give the shown text to other LLMs."""
        if prompt := self._editable():
            prompt_actions.copy_to(self.mpco, prompt)

    # ------------------------------------------------------------------------------------------ editing

    def action_edit(self) -> None:
        """e: edit the shown version here."""
        prompt = self._editable()
        if prompt is None or self._editing is not None:
            return
        self._editing = prompt
        field = PromptEditor(id="prompt-editor")
        field.load_text(prompt.text)
        self.query_one(AnswerView).display = False
        self.query_one("#prompt-pane").mount(field)
        field.focus()

    def action_editor(self) -> None:
        """E: edit the shown version in $EDITOR."""
        prompt = self._editable()
        if prompt is None:
            return
        text, problem = editor.edit_text(self.app, prompt.text)
        if problem:
            self.mpco.say(problem, "error")
        else:
            self._keep(prompt, text)

    def _editable(self) -> Prompt | None:
        prompt = self.shown
        if prompt is None:
            self.mpco.say("There is no prompt to edit yet: press m to have one written.", "warning")
        elif prompt.state == "streaming":
            self.mpco.say("It is still being written; edit it when it is complete.", "warning")
            return None
        return prompt

    @on(PromptEditor.Kept)
    def _kept(self, event: PromptEditor.Kept) -> None:
        if self._editing is not None:
            self._keep(self._editing, event.text)

    @on(PromptEditor.Discarded)
    def _discarded(self) -> None:
        self._close_editor()
        self.mpco.say("The edit was discarded; the version is as it was.")

    def _keep(self, prompt: Prompt, text: str) -> None:
        """Keep `text` as a new version; a refused text stays in the editor."""
        if text.strip() == prompt.text.strip():
            self._close_editor()
            self.mpco.say(f"Nothing was changed; v{prompt.version} stays.")
            return

        def kept(_: Any) -> None:
            self.mpco.chosen_prompts.pop((prompt.bottleneck, prompt.llm), None)
            self._close_editor()
            self.mpco.say("Kept as a new version; o sends it.")

        self.mpco.perform(EditPrompt(prompt=prompt.id, text=text), kept)

    def _close_editor(self) -> None:
        self._editing = None
        self.query(PromptEditor).remove()
        text = self.query_one(AnswerView)
        text.display = True
        text.focus()
        self.render_state(self.mpco.state)
