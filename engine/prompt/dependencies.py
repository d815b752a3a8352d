"""What the project builds on, by its package files: an LLM may use what is there and nothing else."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import UNREADABLE

_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([<>=!~][^;#@]*)?")
_LARGEST = 1_000_000
"""Bytes; a package file that is larger was not written by people."""


class _PyprojectTable(msgspec.Struct):
    dependencies: list[str] = []


class _Poetry(msgspec.Struct):
    dependencies: dict[str, Any] = {}


class _Tool(msgspec.Struct):
    poetry: _Poetry = msgspec.field(default_factory=_Poetry)


class _Pyproject(msgspec.Struct):
    project: _PyprojectTable = msgspec.field(default_factory=_PyprojectTable)
    tool: _Tool = msgspec.field(default_factory=_Tool)


class _Tables(msgspec.Struct):
    """package.json and Cargo.toml agree in this."""

    dependencies: dict[str, Any] = {}


def _requirement(text: str) -> str:
    """Name and version of one requirement; never its URL, which may hold a token."""
    if "://" in re.split("[@#]", text)[0]:
        return ""
    found = _REQUIREMENT.match(text.strip())
    return f"{found[1]}{(found[2] or '').strip()}" if found else ""


def _pyproject(text: str) -> Iterable[str]:
    read = msgspec.toml.decode(text, type=_Pyproject)
    yield from map(_requirement, read.project.dependencies)
    yield from (name for name in read.tool.poetry.dependencies if name != "python")


def _requirements(text: str) -> Iterable[str]:
    return map(_requirement, text.splitlines())


def _package_json(text: str) -> Iterable[str]:
    return msgspec.json.decode(text, type=_Tables).dependencies


def _cargo(text: str) -> Iterable[str]:
    return msgspec.toml.decode(text, type=_Tables).dependencies


def _go_mod(text: str) -> Iterable[str]:
    return re.findall(r"^(?:require\s+|\t)([\w.-]+\.[\w./-]+ v[\w.+-]+)", text, re.MULTILINE)


def _cmake(text: str) -> Iterable[str]:
    return re.findall(r"^\s*(?:find_package|FetchContent_Declare)\s*\(\s*([\w.+-]+)", text, re.MULTILINE)


_READERS: dict[str, Callable[[str], Iterable[str]]] = {
    "pyproject.toml": _pyproject,
    "requirements.txt": _requirements,
    "package.json": _package_json,
    "Cargo.toml": _cargo,
    "go.mod": _go_mod,
    "CMakeLists.txt": _cmake,
}


def dependencies(root: Path) -> dict[str, list[str]]:
    """The dependencies that each package file at the top of the project names, in its order."""
    read = {name: _read(root / name, reader) for name, reader in _READERS.items()}
    return {name: found for name, found in read.items() if found}


def _read(path: Path, reader: Callable[[str], Iterable[str]]) -> list[str]:
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return []
    try:
        return list(dict.fromkeys(filter(None, reader(path.read_text(encoding="utf-8")))))
    except (*UNREADABLE, ValueError, OSError):
        # A package file that its own tools could not read either says nothing about the project; it is not our job
        # to check it, and the prompt is still worth writing.
        return []
