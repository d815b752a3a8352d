"""The project context: what the code belongs to."""

from pathlib import Path

from engine.config import FILE_NAME, Config
from engine.model import ContextField
from engine.prompt.dependencies import dependencies
from engine.prompt.files import Survey, survey
from engine.prompt.readme import first_paragraph

_MOST_DEPENDENCIES = 40
_PRIMARY = 0.1
"""A language with less than this share of the lines is not one of the project's primary languages."""


def project_fields(config: Config) -> tuple[ContextField, ...]:
    """Name, description, languages, dependencies, README's first paragraph and size; what is unknown is left out."""
    root = config.root_path
    size = survey(root, config.project)
    fields = (
        ContextField(context="project", name="name", value=config.project.name, source=FILE_NAME),
        ContextField(context="project", name="description", value=config.project.description, source=FILE_NAME),
        _languages(config, size),
        _dependencies(root),
        _readme(root),
        ContextField(context="project", name="size", value=_size(size), source="source files"),
    )
    return tuple(field for field in fields if field.value)


def _languages(config: Config, size: Survey) -> ContextField:
    found = config.project.languages
    source = FILE_NAME if found else "source files"
    if not found:
        total = sum(size.lines.values())
        found = tuple(language for language, lines in size.lines.items() if lines >= total * _PRIMARY)
    return ContextField(context="project", name="languages", value=", ".join(found), source=source)


def _dependencies(root: Path) -> ContextField:
    found = dependencies(root)
    names = list(dict.fromkeys(name for listed in found.values() for name in listed))
    value = ", ".join(names[:_MOST_DEPENDENCIES])
    if len(names) > _MOST_DEPENDENCIES:
        value += f" and {len(names) - _MOST_DEPENDENCIES} more"
    return ContextField(context="project", name="dependencies", value=value, source=", ".join(found))


def _readme(root: Path) -> ContextField:
    text, name = first_paragraph(root)
    return ContextField(context="project", name="README", value=text, source=name)


def _size(size: Survey) -> str:
    if not size.files:
        return ""
    lines = sum(size.lines.values())
    more = "" if size.complete else "more than "
    return f"{more}{size.files:,} source {_plural('file', size.files)}, {lines:,} {_plural('line', lines)} of code"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
