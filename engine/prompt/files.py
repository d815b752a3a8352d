"""The project's source files: which there are, in which languages, and how many lines they have."""

import os
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from engine.config import ProjectSection
from engine.protected import matching
from engine.source import language_of

_TAGS = {"C++": "cpp", "C#": "csharp"}

_SKIPPED = ("node_modules", "venv", "env", "__pycache__", "site-packages", "build", "dist", "target")
_MOST_FILES = 5_000
"""Counting stops here: the size is told as a rough figure, and a prompt should not wait for it."""


class Survey(msgspec.Struct, frozen=True):
    """The project's size in source files, and in lines for each language, most first."""

    files: int
    lines: dict[str, int]
    complete: bool
    """False when there are more files than were counted."""


def fence_tag(file: str) -> str:
    """What a Markdown fence calls the language of `file`; empty when unknown."""
    language = language_of(file)
    return _TAGS.get(language, language.lower())


def survey(root: Path, project: ProjectSection) -> Survey:
    """Count the project's source files and their lines."""
    return _survey(root, project.include, project.exclude)


# Prompts are written in batches, one for each bottleneck and LLM: the same project need not be read for each.
@lru_cache(maxsize=4)
def _survey(root: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> Survey:
    files = 0
    lines: Counter[str] = Counter()
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        if not matching(name, include) or matching(name, exclude):
            continue
        if files == _MOST_FILES:
            return Survey(files, dict(lines.most_common()), complete=False)
        try:
            lines[language_of(name)] += len(path.read_bytes().splitlines())
        except OSError:
            # A broken link or a file that belongs to somebody else is no source that an LLM could change.
            continue
        files += 1
    return Survey(files, dict(lines.most_common()), complete=True)


def _sources(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if language_of(name))
