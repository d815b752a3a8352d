"""A person's own settings (config.toml and themes/ in their configuration folder), and what the app remembers for them.

Settings are written by the person and only read here; memory is written by the app, and losing it costs nothing.
"""

import contextlib
import hashlib
import os
import tomllib
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import platformdirs

from engine.errors import UNREADABLE

T = TypeVar("T")


class AppSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[app]."""

    theme: str = ""
    """Empty: the one chosen last."""
    notify: Literal["desktop", "bell", "off"] = "desktop"
    """How the end of a long job is told while the terminal may be out of sight."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """config.toml: [app], and [keymap] with the name of a command and its keys, as in `"verb.write" = "W,f5"`."""

    app: AppSection = AppSection()
    keymap: dict[str, str] = {}


class Memory(msgspec.Struct, frozen=True):
    """What holds for all projects."""

    theme: str = ""
    toured: bool = False


class View(msgspec.Struct, frozen=True):
    """Where a project was left."""

    stage: int = 1
    bottleneck: str = ""
    llm: str = ""
    candidate: str = ""


def settings_file() -> Path:
    """Where a person's settings are, if there are any."""
    return Path(platformdirs.user_config_path("mpco")) / "config.toml"


def themes_folder() -> Path:
    """Where a person's own themes are, if there are any."""
    return settings_file().with_name("themes")


def load_settings() -> tuple[Settings, list[str]]:
    """The settings, and one sentence for a file that cannot be used."""
    path = settings_file()
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings), []
    except FileNotFoundError:
        return Settings(), []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        return Settings(), [f"{path} is not used: {error}."]


def recall() -> Memory:
    """What was remembered last; nothing when that is lost."""
    return _read(_memory_file(), Memory)


def remember(memory: Memory) -> None:
    """Keep `memory` for the next start."""
    _write(_memory_file(), memory)


def recall_view(root: Path) -> View:
    """Where the project in `root` was left."""
    return _read(_view_file(root), View)


def remember_view(root: Path, view: View) -> None:
    """Keep where the project in `root` is left."""
    _write(_view_file(root), view)


def _state_folder() -> Path:
    return Path(platformdirs.user_state_path("mpco"))


def _memory_file() -> Path:
    return _state_folder() / "memory.json"


def _view_file(root: Path) -> Path:
    key = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return _state_folder() / "views" / f"{key}.json"


def _read(path: Path, type: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=type)
    except (OSError, *UNREADABLE):
        return type()


def _write(path: Path, value: msgspec.Struct) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):  # a full disk or a home that is read-only must not disturb anybody's work
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(msgspec.json.encode(value))
        draft.replace(path)
