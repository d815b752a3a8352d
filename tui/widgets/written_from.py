"""What a prompt is written from: the three contexts as checkboxes, then every field with its source."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual.binding import Binding, BindingType

from engine.model import CONTEXT_NAMES, ContextField, ContextName, Llm, Prompt
from tui.plain_line import plain_line
from tui.widgets.cursor_list import CursorList, Row

_TITLES: dict[ContextName, str] = {"project": "project", "task": "task", "llm": "LLM"}


class Line(NamedTuple):
    """One row: its kind decides the looks."""

    kind: str
    name: str
    text: str
    source: str = ""


class WrittenFrom(CursorList):
    """space switches a context on or off, for the prompts that are written next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "screen.toggle_context", "context on/off", id="prompts.context",
                tooltip="Leave a context out of the next prompts, or put it in again"),
    ]  # fmt: skip

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    @property
    def current(self) -> ContextName | None:
        """The context under the cursor: its own row or one of its fields."""
        if self.cursor < len(CONTEXT_NAMES):
            return CONTEXT_NAMES[self.cursor]
        name = self._lines[self.cursor].kind if self.cursor < len(self._lines) else ""
        return next((item for item in CONTEXT_NAMES if item == name), None)

    def show(self, prompt: Prompt | None, llm: Llm | None, without: Sequence[ContextName], meta: str) -> None:
        """Render what `prompt` was written from; `without` is what the next ones leave out."""
        fields = prompt.fields if prompt else ()
        lines = [_context(name, fields, prompt, without) for name in CONTEXT_NAMES]
        lines.append(Line("fact", "strategy", prompt.strategy if prompt else "mpco"))
        lines.append(Line("fact", "by", (prompt.meta_prompter if prompt else "") or meta))
        if llm is not None:
            lines.append(Line("fact", "for", f"{llm.model}{f': {llm.about}' if llm.about else ''}"))
        lines.append(Line("fact", "messages", "enter shows all that is sent"))
        for name in CONTEXT_NAMES:
            lines += [Line(name, item.name, item.value, item.source) for item in fields if item.context == name]
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.show_rows(len(lines))

    def row(self, index: int, width: int) -> Row:
        """A checkbox, a fact or a field."""
        line = self._lines[index]
        muted = self.colour("text-muted")
        if line.kind in ("on", "off"):
            yield (f" {'▣' if line.kind == 'on' else '☐'} ", self.colour("success" if line.kind == "on" else "warning"))
            yield (f"{line.name:<8}", Style(bold=True))
            yield (line.text, muted)
        elif line.kind == "fact":
            yield (f" {line.name:<10}", muted)
            yield (line.text, Style())
        else:
            yield (f"   {line.name}: ", self.colour("syntax-function"))
            yield (plain_line(" ".join(line.text.split())).text, Style())
            yield (f"  ({line.source})" if line.source else "", muted)


def _context(
    name: ContextName, fields: Sequence[ContextField], prompt: Prompt | None, without: Sequence[ContextName]
) -> Line:
    off = name in without
    was_off = prompt is not None and name in prompt.without
    count = sum(field.context == name for field in fields)
    text = "left out" if was_off else f"{count} field{'s' * (count != 1)}" if prompt else ""
    if prompt is None:
        text = "left out of the next prompts" if off else ""
    elif off != was_off:
        text += "; the next m leaves it out" if off else "; the next m has it"
    return Line("off" if off else "on", _TITLES[name], text)
