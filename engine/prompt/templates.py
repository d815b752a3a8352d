"""Templates: Markdown files with front matter, `{{name}}` placeholders and `{{#name}}...{{/name}}` blocks.

A block stays when its field has a value. Values are put in once and never read as templates themselves: they hold
source code, which is full of braces.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.config_check import suggestion
from engine.errors import PromptError

FOLDER = Path(__file__).with_name("templates")
_FRONT_MATTER = re.compile(r"---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
# A tag that is alone on its line takes the line with it.
_BLOCK = re.compile(r"(?:^|(?<=\n))\{\{([#/])(\w+)\}\}\n|\{\{([#/])(\w+)\}\}|\{\{(.*?)\}\}")


class Template(msgspec.Struct, frozen=True):
    """One template file."""

    file: str
    """Its name, for messages."""
    meta: dict[str, str]
    """Front matter: `kind` is meta or baseline, `about` says what it is for."""
    body: str
    first_line: int
    """The line of the file in which the body begins."""


def load(name: str, folder: Path = FOLDER) -> Template:
    """The template of that name.

    Raises:
        PromptError: when there is none, naming those there are, or when its front matter cannot be read.
    """
    path = folder / f"{name}.md"
    known = sorted(file.stem for file in folder.glob("*.md"))
    if name not in known:
        raise PromptError(f"There is no template {name!r}; there are: {', '.join(known)}{suggestion(name, known)}.")
    return parse(path.name, path.read_text(encoding="utf-8"))


def parse(file: str, text: str) -> Template:
    """The template in `text`.

    Raises:
        PromptError: naming file and line, when its front matter cannot be read.
    """
    found = _FRONT_MATTER.match(text)
    if found is None:
        raise PromptError(f"{file}:1: expected front matter between two lines of ---.")
    meta = {}
    for number, line in enumerate(found[1].splitlines(), 2):
        key, colon, value = line.partition(":")
        if not colon:
            raise PromptError(f"{file}:{number}: found {line!r}, expected `key: value`.")
        meta[key.strip()] = value.strip()
    return Template(file=file, meta=meta, body=text[found.end() :], first_line=found[0].count("\n") + 1)


def render(template: Template, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled from `values`, without blank lines around it.

    Raises:
        PromptError: naming file, line and field, for a placeholder without a value or a block that is not closed.
    """
    text = ""
    at = 0
    blocks: list[tuple[str, int]] = []
    for tag in _BLOCK.finditer(template.body):
        line = template.first_line + template.body.count("\n", 0, tag.start())
        name = (tag[2] or tag[4] or tag[5] or "").strip()
        kept = all(values[block] for block, _ in blocks)
        text += template.body[at : tag.start()] if kept else ""
        at = tag.end()
        if name not in values:
            expected = f"expected one of {', '.join(sorted(values))}{suggestion(name, values)}"
            raise PromptError(f"{template.file}:{line}: {{{{{name}}}}} is no known field, {expected}.")
        match tag[1] or tag[3]:
            case "#":
                blocks.append((name, line))
            case "/":
                _close(template, blocks, name, line)
            case _:
                text += values[name] if kept else ""
    if blocks:
        name, line = blocks[-1]
        raise PromptError(f"{template.file}:{line}: the block {{{{#{name}}}}} is never closed.")
    return (text + template.body[at:]).strip()


def _close(template: Template, blocks: list[tuple[str, int]], name: str, line: int) -> None:
    if not blocks or blocks[-1][0] != name:
        raise PromptError(f"{template.file}:{line}: {{{{/{name}}}}} closes a block that is not open.")
    blocks.pop()
