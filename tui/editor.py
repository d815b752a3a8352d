"""The person's own editor, in this terminal: at a line of a file, or for a text."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

WITH_COLON = ("code", "codium", "cursor", "hx", "subl", "zed")
"""Editors that take `file:line`; all others take `+line file`."""
WAITS_WITH = {"code": "--wait", "codium": "--wait", "cursor": "--wait", "subl": "--wait", "zed": "--wait"}


def command_for(path: Path, line: int) -> list[str]:
    """The command that opens `path` at `line` in $VISUAL, $EDITOR or vi."""
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    name = Path(words[0]).name
    if name in WAITS_WITH and WAITS_WITH[name] not in words:
        words.append(WAITS_WITH[name])
    if name in ("code", "codium", "cursor"):
        words.append("--goto")
    return [*words, f"{path}:{line}"] if name in WITH_COLON else [*words, f"+{line}", str(path)]


def open_editor(app: App[Any], path: Path, line: int = 1) -> str:
    """Hand the terminal to the editor until it ends; returns why it could not, or an empty text."""
    command = command_for(path, line)
    try:
        with app.suspend():
            done = subprocess.run(command, check=False)
    except SuspendNotSupported:
        return "This terminal cannot be handed to an editor."
    except OSError as error:
        return f"{command[0]} cannot be started ({error.strerror}); set EDITOR to an editor you have."
    return "" if done.returncode == 0 else f"{command[0]} ended with exit code {done.returncode}."


def edit_text(app: App[Any], text: str, suffix: str = ".md") -> tuple[str, str]:
    """(the text as the person left it, why it could not be edited or an empty text)."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as folder:
        path = Path(folder, f"prompt{suffix}")
        path.write_text(text, encoding="utf-8")
        problem = open_editor(app, path)
        return (text, problem) if problem else (path.read_text(encoding="utf-8"), "")
