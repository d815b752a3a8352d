"""What a prompt is written from: the three contexts as checkboxes, then every field with its source."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual.binding import Binding, BindingType

from engine.model import CONTEXT_NAMES, ContextEdit, ContextField, ContextName, Llm, Prompt
from tui.plain_line import plain_line
from tui.widgets.cursor_list import CursorList, Row

NOTE = "note"
"""The field that a person can add to a context."""
_TITLES: dict[ContextName, str] = {"project": "project", "task": "task", "llm": "LLM"}


class Line(NamedTuple):
    """One row: its kind decides the looks."""

    kind: str
    name: str
    text: str
    source: str = ""
    full: str = ""
    """What the next prompts are told, with its line ends."""


class WrittenFrom(CursorList):
    """space switches a context on or off, for the prompts that are written next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "screen.edit_context", "edit field", id="prompts.edit_context",
                tooltip="Read a field in full and edit it for the next prompts; on a context, add a note to it"),
        Binding("u", "screen.restore_context", "as collected", id="prompts.restore_context",
                tooltip="Take your edit of the field back"),
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

    @property
    def field(self) -> ContextField | None:
        """The field under the cursor as the next prompts are told it; on a context's own row, its note."""
        name = self.current
        if name is None:
            return None
        line = self._lines[self.cursor]
        field = NOTE if line.kind in ("on", "off") else line.name
        value = next((item.full for item in self._lines if item.kind == name and item.name == field), "")
        return ContextField(context=name, name=field, value=value)

    def show(
        self,
        prompt: Prompt | None,
        next_fields: Sequence[ContextField],
        edits: Sequence[ContextEdit],
        llm: Llm | None,
        without: Sequence[ContextName],
        strategy: str,
        meta: str,
    ) -> None:
        """Render what `prompt` was written from, or what the first one would be, by `strategy` and `meta`.

        `without` is what the next ones leave out, `edits` what a person wants them to be told."""
        fields = prompt.fields if prompt else next_fields
        lines = [_context(name, fields, prompt, without) for name in CONTEXT_NAMES]
        lines.append(Line("fact", "strategy", prompt.strategy if prompt else strategy))
        lines.append(Line("fact", "by", _writer(prompt) if prompt else meta))
        if llm is not None:
            lines.append(Line("fact", "for", f"{llm.model}{f': {llm.about}' if llm.about else ''}"))
        lines.append(Line("fact", "messages", "enter shows all that is sent"))
        for name in CONTEXT_NAMES:
            lines += _fields(name, fields, {edit.name: edit.value or "" for edit in edits if edit.context == name})
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


def _writer(prompt: Prompt) -> str:
    return prompt.meta_prompter or ("a person" if prompt.author == "person" else "its template, no LLM")


def _fields(context: ContextName, fields: Sequence[ContextField], edits: Mapping[str, str]) -> Iterator[Line]:
    """The fields of a context, with what a person has changed since."""
    names = dict.fromkeys([*(item.name for item in fields if item.context == context), *edits])
    known = {item.name: item for item in fields if item.context == context}
    for name in names:
        field, edit = known.get(name), edits.get(name)
        if field is not None and edit in (None, field.value):
            yield Line(context, name, field.value, field.source, field.value)
        elif edit or field is not None:
            yield Line(context, name, edit or "left out", "you, from the next m on", edit or "")
        else:
            yield Line(context, name, "left out", "you")


def _context(
    name: ContextName, fields: Sequence[ContextField], prompt: Prompt | None, without: Sequence[ContextName]
) -> Line:
    off = name in without
    was_off = prompt is not None and name in prompt.without
    count = sum(field.context == name for field in fields)
    text = "left out" if was_off else f"{count} field{'s' * (count != 1)}" if prompt or count else ""
    if prompt is None:
        text = "left out of the next prompts" if off else text
    elif off != was_off:
        text += "; the next m leaves it out" if off else "; the next m has it"
    return Line("off" if off else "on", _TITLES[name], text)
