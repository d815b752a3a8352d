"""Objects that the project's modules name: they are the surroundings of a call, not its input.

This file is data to MPCO: it runs in the project's own interpreter (Python 3.8 or later, standard library only).
A singleton such as a token type must stay the very same object on replay, so it travels as the way to it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Way = tuple[str, tuple[str, ...]]  # (module, attributes)

DEEPEST = 6
LIBRARIES = ("site-packages", "dist-packages")


def landmarks(root: str) -> dict[int, Way]:
    """The way to each instance of a class of the project that a module below `root` names, by its id."""
    found: dict[int, Way] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__" or not isinstance(file, str) or not _is_own(file, root):
            continue
        for attribute, value in list(vars(module).items()):
            _add(found, value, (name, (attribute,)))
    return found


_own: dict[str, bool] = {}
"""Whether a file is the project's own: asked for every call that is kept."""


def _is_own(file: str, root: str) -> bool:
    if file not in _own:
        path = os.path.realpath(file)
        below = path.startswith(os.path.realpath(root) + os.sep)
        _own[file] = below and not any(part in path for part in LIBRARIES)
    return _own[file]


def _add(found: dict[int, Way], value: Any, way: Way) -> None:
    kind = type(value)
    if (
        (kind.__module__ in ("builtins", "typing") and kind is not object)
        or id(value) in found
        or len(way[1]) > DEEPEST
    ):
        return
    home = sys.modules.get(kind.__module__)
    if kind is not object and not hasattr(home, "__file__"):
        return
    found[id(value)] = way
    inner = getattr(value, "__dict__", None)
    for attribute, each in list(inner.items()) if type(inner) is dict else ():
        if type(each) is kind:
            _add(found, each, (way[0], (*way[1], attribute)))
