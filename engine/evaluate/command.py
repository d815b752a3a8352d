"""A command line of mpco.toml as arguments, through the shell only when it needs one."""

import re
import shlex
from collections.abc import Sequence

_SHELL = re.compile(r"[|&;<>()$`*?\[\]{}~#!\n\\]|^\s*\w+=")
_BUILT_IN = frozenset({"cd", "export", "source", ".", "exec", "eval", "set", "unset", "ulimit", "if", "for", "while"})


def arguments(command: str | Sequence[str]) -> list[str]:
    """What to execute: no shell lies between the clock and the benchmark unless the command asks for one."""
    if not isinstance(command, str):
        return list(command)
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words or words[0] in _BUILT_IN or _SHELL.search(command):
        return ["sh", "-c", command]
    return words
