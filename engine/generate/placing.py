"""An edit on a text: placed where there is exactly one place for it, or refused with the reason."""

from collections.abc import Sequence

from engine.errors import EditError, PlaceError
from engine.generate import other_code, python_merge
from engine.generate.edits import Block, Broken, Code, Edit
from engine.generate.lines import FileLines, code_lines, uses_crlf
from engine.generate.matching import Place, find, find_at, fitted, nearest, plain, similar
from engine.generate.python_module import PYTHON
from engine.model import Bottleneck

MUCH_SHORTER = 0.5
"""A whole file with less than this share of the lines it had is taken for a piece of it."""


def place(edit: Edit, text: str | None, target: Bottleneck, *, whole: bool = False) -> str:
    """The file's text with the edit made; the same text when it changes nothing or is there already.

    `text` is None when there is no such file; `whole` says that whole files were asked for.

    Raises:
        EditError: when the edit has no place, or more than one.
    """
    match edit:
        case Broken(reason=reason):
            raise EditError(reason)
        case Block():
            return _block(edit, text)
        case Code():
            return _code(edit, text, target, whole=whole)
    raise EditError(f"{edit.file}: the answer holds an edit of an unknown kind.")


def _block(block: Block, text: str | None) -> str:
    if text is None or not text.strip():
        if any(line.strip() for line in block.search):
            missing = "is empty" if text is not None else "is not in the project or is no text file"
            raise EditError(f"{block.file} {missing}, so its lines to find cannot be found.")
        return "\n".join(block.replace) + "\n"
    if block.creates:
        raise EditError(f"{block.file} exists already, and the answer wants to create it.")
    if not any(line.strip() for line in block.search):
        raise EditError(f"{block.file}: a block does not say which lines it replaces.")
    if block.search == block.replace:
        return text
    lines = FileLines(text)
    search, replace = list(block.search), list(block.replace)
    place = (_chosen if block.at else _find)(lines.seen, search, replace, block)
    if place is None:
        return text
    window = lines.seen[place.start : place.end]
    lines.replace(place.start, place.end, replace if place.exact else fitted(window, search, replace, place.key))
    return lines.text


def _find(lines: Sequence[str], search: list[str], replace: list[str], block: Block) -> Place | None:
    """Where the block goes, its blank edge lines dropped when they are in the way; None when it is there already."""
    try:
        found = find(lines, search, block.hint, block.below)
        if found is None and not (search[0].strip() and search[-1].strip()):
            _drop_blank_edges(search, replace)
            found = find(lines, search, block.hint, block.below)
    except PlaceError as error:
        raise PlaceError(f"{block.file}: {error}", error.starts, fits=error.fits) from error
    if found is not None:
        return found
    if any(line.strip() for line in replace) and _is_there(lines, replace, block.hint):
        return None
    hint = nearest(lines, search)
    sought = "line to find is" if len(search) == 1 else f"{len(search)} lines to find are"
    message = f"{block.file}: its {sought} not there{'; ' + hint if hint else ''}."
    raise PlaceError(message, similar(lines, search), fits=False)


def _is_there(lines: Sequence[str], replace: list[str], hint: int) -> bool:
    try:
        return find(lines, replace, hint) is not None
    except PlaceError:
        return False  # such lines are in several places, so nothing says that the edit is made


def _chosen(lines: Sequence[str], search: list[str], replace: list[str], block: Block) -> Place:
    """The place that a person has chosen, also where the lines are only similar: what differs shows in the diff."""
    start = block.at - 1
    found = find_at(lines, search, start)
    if found is None and not (search[0].strip() and search[-1].strip()):
        _drop_blank_edges(search, replace)
        found = find_at(lines, search, start)
    if found is None and start + len(search) > len(lines):
        raise EditError(f"{block.file}: there are no {len(search)} lines from line {block.at} on.")
    return found or Place(start, start + len(search), plain, exact=False)


def _drop_blank_edges(search: list[str], replace: list[str]) -> None:
    for end in (0, -1):
        while search and not search[end].strip():
            search.pop(end)
            if replace and not replace[end].strip():
                replace.pop(end)


def _code(edit: Code, text: str | None, target: Bottleneck, *, whole: bool) -> str:
    if text is None:
        return edit.code
    wanted = target if target.function and edit.file in ("", target.file) else None
    if not edit.whole:
        named = bool(edit.file) or whole
        merge = python_merge.merge if (edit.file or target.file).endswith(PYTHON) else other_code.merge
        merged = merge(text, edit.code, edit.file or target.file, wanted, named=named)
        if merged is not None:
            return merged
    return _whole(edit, text)


def _whole(edit: Code, text: str) -> str:
    """The whole file, with the file's own line endings, byte order mark and final newline."""
    new, old = code_lines(edit.code), FileLines(text)
    if len(new) < MUCH_SHORTER * len(code_lines(text)) and not edit.whole:
        raise EditError(f"{edit.file}: the answer gives {len(new)} lines of a longer file, and not which they replace.")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = FileLines(text)
    lines.replace(0, len(old.seen), [*new, ""] if text.endswith("\n") or not text else new)
    if uses_crlf(text) and text.endswith("\r\n") and not lines.text.endswith("\n"):
        raise EditError(f"{edit.file}: the end of the file was lost.")
    return mark + lines.text
