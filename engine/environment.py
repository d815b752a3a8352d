"""`${VAR}` in a configuration: where variables come from and how they are put in.

The environment wins over the `.env` file beside mpco.toml, as people expect from other tools.
"""

import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

DOTENV = ".env"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?""")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class Variables:
    """The variables a configuration in `folder` may refer to."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DOTENV

    def get(self, name: str) -> str | None:
        """The variable's value, or None when neither the environment nor `.env` has it.

        Raises:
            OSError: when there is a `.env` that cannot be read.
        """
        return os.environ.get(name, self._dotenv.get(name))

    @cached_property
    def _dotenv(self) -> dict[str, str]:
        if not self._path.is_file():
            return {}
        return parse_dotenv(self._path.read_text(encoding="utf-8", errors="replace"))


def parse_dotenv(text: str) -> dict[str, str]:
    """The KEY=VALUE lines of a `.env` file.

    `export`, quotes and comments are understood; other lines are passed over, since the file also serves tools
    with richer dialects.
    """
    assignments = (_ASSIGNMENT.fullmatch(line) for line in text.splitlines())
    return {found[1]: _unquoted(found[2]) for found in assignments if found}


def _unquoted(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].rstrip()
    if quoted[2] is not None:
        return quoted[2]
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), quoted[1])


def references(text: str) -> Iterator[str]:
    """What stands between `${` and `}` in `text`; a reference that is never closed gives its rest."""
    return (found[1] for found in _REFERENCE.finditer(text) if found[1] is not None)


def expand(text: str, values: dict[str, str]) -> str:
    """`text` with each `${NAME}` replaced by its value, and `$${` by a literal `${`.

    Raises:
        KeyError: for a name that is not in `values`.
    """
    return _REFERENCE.sub(lambda found: "${" if found[1] is None else values[found[1]], text)
