"""Which file an edit without a file's name is about: the only one of the project where it fits."""

import re
from collections.abc import Callable, Collection, Sequence

from engine.errors import EditError
from engine.generate.edits import Block, Code, Edit
from engine.generate.lines import FileLines
from engine.generate.matching import find, plain
from engine.model import BaselineFile
from engine.source import functions, language_of

DEFINED = re.compile(r"^[ \t]*(?:async[ ]+)?(?:def|class)[ ]+(\w+)", re.MULTILINE)


def locate(edit: Edit, names: Collection[str], read: Callable[[str], BaselineFile | None]) -> str:
    """The file where the edit fits, empty when it fits nowhere.

    Raises:
        EditError: when it fits in several files.
    """
    match edit:
        case Block():
            found = _with_lines(edit.search, edit, names, read)
            if not found and any(line.strip() for line in edit.search):
                found = _with_lines(edit.replace, edit, names, read)  # applied already
        case Code():
            found = _with_functions(edit.code, names, read)
        case _:
            found = []
    if len(found) > 1:
        raise EditError(f"An edit names no file and fits in {len(found)}: {', '.join(found[:4])}; say which is meant.")
    return found[0] if found else ""


def _with_lines(
    search: Sequence[str], block: Block, names: Collection[str], read: Callable[[str], BaselineFile | None]
) -> list[str]:
    longest = max((plain(line) for line in search), key=len, default="")
    fitting: list[str] = []
    for name in sorted(names) if longest else ():
        file = read(name)
        if file is None or (longest not in file.text and longest not in plain(file.text)):
            continue
        try:
            if find(FileLines(file.text).seen, search, block.hint, block.below) is not None:
                fitting.append(name)
        except EditError:
            fitting.append(name)  # several places there: the refusal will name them
    return fitting


def _with_functions(code: str, names: Collection[str], read: Callable[[str], BaselineFile | None]) -> list[str]:
    """The files that have most of the functions and classes which the code defines."""
    counts: dict[str, int] = {}
    for name in sorted(names):
        if language_of(name) not in ("Python", "C", "C++"):
            continue
        python = language_of(name) == "Python"
        given = set(DEFINED.findall(code)) if python else {item.qualname for item in functions(name, code)}
        file = read(name) if given else None
        if file is not None and any(item in file.text for item in given):
            there = (
                set(DEFINED.findall(file.text)) if python else {item.qualname for item in functions(name, file.text)}
            )
            counts[name] = len(given & there)
    most = max(counts.values(), default=0)
    return [name for name, count in counts.items() if count == most > 0]
