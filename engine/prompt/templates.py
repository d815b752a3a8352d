"""Templates: Markdown files with front matter, `{{name}}` placeholders and `{{#name}}...{{/name}}` blocks.

A block stays when its field has a value. Values are put in once and never read as templates themselves: they hold
source code, which is full of braces.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs

from engine.config_check import suggestion
from engine.errors import PromptError
from engine.paths import STATE_DIR

FOLDER = Path(__file__).with_name("templates")
KINDS = ("meta", "baseline")
FIELDS = {"meta": ("target", "aim", "project", "task", "llm"), "baseline": ("aim", "examples", "project", "task")}
"""The fields that a template of each kind may use; contexts that are switched off are empty."""
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_FRONT_MATTER = re.compile(r"---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
# A tag that is alone on its line takes the line with it.
_BLOCK = re.compile(r"(?:^|(?<=\n))\{\{([#/])(\w+)\}\}\n|\{\{([#/])(\w+)\}\}|\{\{(.*?)\}\}")


class Template(msgspec.Struct, frozen=True):
    """One template file."""

    file: str
    """Its path, for messages."""
    meta: dict[str, str]
    """Front matter: `kind` is meta or baseline, `about` says what it is for."""
    body: str
    first_line: int
    """The line of the file in which the body begins."""


class Library(msgspec.Struct, frozen=True):
    """The templates of a project, a person and MPCO itself: a name in an earlier folder hides later ones."""

    folders: tuple[Path, ...]

    def paths(self) -> dict[str, Path]:
        """The file of each template, by name."""
        return {file.stem: file for folder in reversed(self.folders) for file in sorted(folder.glob("*.md"))}

    def load(self, name: str) -> Template:
        """The template of that name, known to be renderable.

        Raises:
            PromptError: when there is none, naming those there are; or naming file, line and what is wrong there.
        """
        known = self.paths()
        if name not in known:
            there = ", ".join(sorted(known))
            raise PromptError(f"There is no strategy {name!r}; there are: {there}{suggestion(name, known)}.")
        found = read(known[name])
        render(found, dict.fromkeys(FIELDS[found.meta["kind"]], ""))
        return found

    def copy(self, source: str, name: str, folder: Path) -> Path:
        """Write a copy of a template into `folder`, for a person to edit.

        Raises:
            PromptError: when the name is no file name, is taken there, or the folder cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise PromptError(f"{name!r} cannot be a strategy's name; use letters, digits, - and _, as in my_strategy.")
        text = self.paths()[self._known(source)].read_text(encoding="utf-8")
        path = folder / f"{name}.md"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise PromptError(f"{path} is there already; edit it, or choose another name.") from None
        except OSError as error:
            raise PromptError(f"{path}: cannot be written ({error.strerror}).") from error
        return path

    def _known(self, name: str) -> str:
        self.load(name)
        return name


def project_folder(root: Path) -> Path:
    """Where a project keeps its own templates."""
    return root / STATE_DIR / "prompts"


def person_folder() -> Path:
    """Where a person keeps templates for all projects."""
    return Path(platformdirs.user_config_path("mpco")) / "prompts"


def library(root: Path) -> Library:
    """The templates that a project in `root` can use."""
    return Library((project_folder(root), person_folder(), FOLDER))


def read(path: Path) -> Template:
    """The template in a file.

    Raises:
        PromptError: when it cannot be read, or naming file and line where its front matter is wrong.
    """
    try:
        found = parse(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: cannot be read as text in UTF-8 ({error}).") from error
    if found.meta.get("kind") not in KINDS:
        raise PromptError(
            f"{path}: found kind {found.meta.get('kind', '')!r} in the front matter, expected {' or '.join(KINDS)}."
        )
    return found


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
