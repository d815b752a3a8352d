"""The themes: one .toml each, with colours for the app, the diff and the syntax; and their loader."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from textual.theme import Theme

FOLDER = Path(__file__).parent
APP_KEYS = frozenset("primary secondary warning error success accent foreground background surface panel boost".split())


class Themed(Protocol):
    """What themes are registered with: an App."""

    def register_theme(self, theme: Theme) -> None:
        """Make a theme known."""


def register(app: Themed, folder: Path = FOLDER) -> list[str]:
    """Make every theme of `folder` known to the app; one sentence for each file that cannot be used."""
    problems = []
    for path in sorted(folder.glob("*.toml")):
        try:
            app.register_theme(load(path))
        except (OSError, ValueError, TypeError) as error:
            problems.append(f"{path.name}: is no theme ({error}); it is left out.")
    return problems


def load(path: Path) -> Theme:
    """The theme in a file: [app] base colours, [variables] for everything finer.

    Raises:
        ValueError: when the file is not TOML or a table is missing or of a wrong kind.
    """
    data = tomllib.loads(path.read_text())
    app = _table(data, "app")
    unknown = set(app) - APP_KEYS - {"dark", "ansi"}
    if unknown:
        raise ValueError(f"[app] has unknown keys: {', '.join(sorted(unknown))}")
    colours = {key: str(value) for key, value in app.items() if key in APP_KEYS}
    variables = {key: str(value) for key, value in _table(data, "variables").items()}
    return Theme(
        name=path.stem,
        dark=bool(app.get("dark", True)),
        ansi=bool(app.get("ansi", False)),
        variables=variables,
        **colours,
    )


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name)
    if not isinstance(table, dict):
        raise ValueError(f"table [{name}] is missing")
    return table
