"""Themes as data: one .toml for each, and their loader; nothing else in MPCO names a colour.

A file has the base colours at the top level (`primary`, `background`, ..., `dark`, `ansi`) and [variables] for the
diff, the syntax and the heat of lines. What [variables] leaves out is taken from mpco-dark or mpco-light.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

FOLDER = Path(__file__).parent
COLOURS = (
    "primary", "secondary", "accent", "warning", "error", "success", "foreground", "background", "surface", "panel",
    "boost",
)  # fmt: skip
_TYPES: dict[str, type] = {**dict.fromkeys(COLOURS, str), "dark": bool, "ansi": bool, "variables": dict}


def load(folder: Path = FOLDER) -> tuple[list[Theme], list[str]]:
    """The themes in `folder`, and one sentence for each file that cannot be used and is skipped."""
    found: list[Theme] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(_theme(path))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
            problems.append(f"Theme {path.name} is skipped: {error}.")
    return found, problems


@lru_cache(maxsize=2)
def defaults(*, dark: bool) -> dict[str, str]:
    """The variables of our own dark or light theme, for themes that do not have them."""
    return dict(_theme(FOLDER / ("mpco-dark.toml" if dark else "mpco-light.toml")).variables)


def _theme(path: Path) -> Theme:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    for key, value in raw.items():
        if key not in _TYPES:
            raise ValueError(f"unknown key {key!r}, expected one of {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[key]):
            raise ValueError(
                f"{key} is {value!r}, expected {'a table' if _TYPES[key] is dict else _TYPES[key].__name__}"
            )
    if "primary" not in raw:
        raise ValueError("primary is missing")
    variables = raw.get("variables", {})
    for name, value in {**{key: raw[key] for key in COLOURS if key in raw}, **variables}.items():
        _check_colour(name, value)
    return Theme(name=path.stem, **raw)


def _check_colour(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, expected a colour")
    if name.endswith("-style"):
        return
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise ValueError(f'{name} is {value!r}, expected a colour as in "#3a7" or "ansi_green"') from error
