"""Which paths a candidate may change: inside the project, and nothing that decides whether it wins."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

NEVER = (".git", ".mpco", "mpco.toml")
"""First parts of paths that no configuration opens to candidates."""


def refusal(path: str, protected: Sequence[str]) -> str:
    """Why a candidate may not change `path`, in one sentence; empty when it may."""
    pieces = path.split("/")
    if path.startswith(("/", "~")) or "\\" in path or ":" in pieces[0] or ".." in pieces or not path:
        return f"{path or 'The edit'} is outside the project; only files of the project can be changed."
    if any(piece in ("", ".") for piece in pieces):
        return f"{path} is no plain path; only files of the project can be changed."
    if pieces[0] in NEVER or any(_matches(path, glob) for glob in protected):
        return f"{path} is protected by mpco.toml, so no candidate may change it."
    return ""


def _matches(path: str, glob: str) -> bool:
    """As in .gitignore: a glob without a slash is about any part of the path, one with a slash about the whole."""
    plain = glob.rstrip("/")
    if "/" not in plain:
        return any(fnmatchcase(piece, plain) for piece in path.split("/"))
    return _pattern(plain.removeprefix("/")).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    made = ""
    for token in re.split(r"(\*\*/|/\*\*$|\*|\?)", glob):
        match token:
            case "**/":
                made += "(?:.*/)?"
            case "/**":
                made += "/.*"
            case "*":
                made += "[^/]*"
            case "?":
                made += "[^/]"
            case _:
                made += re.escape(token)
    return re.compile(made + "(?:/.*)?")
