"""The editor for a prompt: a plain text area that says when the text is to be kept."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tui.widgets.markdown import markdown_spans
from tui.widgets.syntax import variable_style


class PromptEditor(TextArea):
    """esc and ctrl+s keep the text; ctrl+z and ctrl+y undo and redo inside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "keep", "keep as a new version", id="editor.keep", tooltip="Keep as a new version"),
        Binding("ctrl+s", "keep", "keep", id="editor.save", tooltip="Keep as a new version"),
        Binding("ctrl+z", "undo", "undo", id="editor.undo", tooltip="Undo typing"),
        Binding("ctrl+g", "discard", "discard", id="editor.discard", tooltip="Leave the version as it was"),
    ]

    class Kept(Message):
        """The person has finished; `text` is what they want to keep."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Discarded(Message):
        """The person does not want the text."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """enter types a line end here, whatever it does elsewhere."""
        return key == "enter" or super().check_consume_key(key, character)

    def get_line(self, line_index: int) -> Text:
        """A line with its Markdown in colour; line by line, so that long prompts are edited without lag."""
        line = super().get_line(line_index)
        for start, end, variable in markdown_spans(line.plain):
            line.stylize(variable_style(self.app, variable, bold=variable == "syntax-keyword"), start, end)
        return line

    def action_keep(self) -> None:
        """Tell that the text is to be kept."""
        self.post_message(self.Kept(self.text))

    def action_discard(self) -> None:
        """Tell that it is not."""
        self.post_message(self.Discarded())
