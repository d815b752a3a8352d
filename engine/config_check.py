"""Checks parsed TOML against the sections of a configuration and reports everything that is wrong with it.

msgspec's own conversion ends at the first error and speaks in types; a person mending a file wants to hear all of
it at once, in sentences. The limits themselves stay where the fields are: in the sections' annotations.
"""

import difflib
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

Path = tuple[str | int, ...]
DROP = object()
"""Stands for a value that was reported: it is left out, so that nobody reports it a second time."""

LARGEST = 2**53
"""Whole numbers beyond this lose digits on their way through JSON."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_KINDS: dict[Any, str] = {str: "a text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


class Expanded(str):
    """A text whose `${VAR}` were put in; `raw` is how it stands in the file, which alone may be shown."""

    raw: str

    def __new__(cls, value: str, raw: str) -> "Expanded":
        """Keep `raw` beside the value."""
        text = super().__new__(cls, value)
        text.raw = raw
        return text


def plain(value: Any) -> Any:
    """`value` with ordinary texts in place of expanded ones: those are not for storing or sending."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Expanded) else value


def accepting(accepts: Callable[[str], bool], expected: str, options: Collection[str] = ()) -> msgspec.Meta:
    """A text must satisfy `accepts`; `expected` completes "expected ..."; the closest of `options` is suggested."""
    return msgspec.Meta(extra={"accepts": accepts, "expected": expected, "options": options})


class Problems:
    """The sentences about one file, in the order they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.sentences: list[str] = []

    def add(self, path: Path, sentence: str) -> None:
        """Report `sentence` about the key at `path`."""
        end = "" if sentence.endswith(("?", ".")) else "."
        self.sentences.append(f"{self.file}: {_joined(path)}: {sentence}{end}")

    def found(self, path: Path, value: object, expected: str) -> None:
        """Report that `value` stands where `expected` should."""
        self.add(path, f"found {_shown(path, value)}, expected {expected}")


def suggestion(found: str, options: Iterable[str]) -> str:
    """`; did you mean "..."?` when one of the options is close to what was found, else nothing."""
    by_lower = {option.lower(): option for option in options}
    close = difflib.get_close_matches(found.lower(), by_lower, n=1, cutoff=0.6)
    return f'; did you mean "{by_lower[close[0]]}"?' if close else ""


def clean(value: Any, hint: Any, path: Path, problems: Problems, hidden: Collection[str] = ()) -> Any:
    """`value` without the parts that do not fit `hint`, each of which is reported; DROP when nothing is left.

    `hidden` names fields of the outermost section that are not keys of the file.
    """
    hint, limits = _parts(hint)
    if value is DROP:
        return DROP
    if get_origin(hint) in (Union, UnionType):
        # The only unions are those with None, which TOML cannot express.
        return clean(value, get_args(hint)[0], path, problems)
    if get_origin(hint) is Literal:
        return _choice(value, get_args(hint), path, problems)
    if get_origin(hint) is tuple:
        return _list(value, get_args(hint)[0], path, problems)
    if get_origin(hint) is dict:
        return _free_table(value, path, problems)
    if hint in _KINDS:
        return _scalar(value, hint, limits, path, problems)
    return _table(value, hint, path, problems, hidden)


def _parts(hint: Any) -> tuple[Any, msgspec.Meta | None]:
    return get_args(hint) if get_origin(hint) is Annotated else (hint, None)


def _table(value: Any, section: Any, path: Path, problems: Problems, hidden: Collection[str]) -> Any:
    if not isinstance(value, dict):
        problems.found(path, value, f"a table, as in [{_joined(path)}]")
        return {}
    hints = {name: hint for name, hint in get_type_hints(section, include_extras=True).items() if name not in hidden}
    result = {}
    for key, item in value.items():
        if key in hints:
            result[key] = clean(item, hints[key], (*path, key), problems)
        else:
            expected = f"unknown key, expected one of {', '.join(hints)}{suggestion(key, hints)}"
            problems.add((*path, key), expected)
    for field in msgspec.structs.fields(section):
        if field.required and field.name not in value:
            problems.add((*path, field.name), f"missing, expected {_described(*_parts(hints[field.name]))}")
    return {key: item for key, item in result.items() if item is not DROP}


def _list(value: Any, item: Any, path: Path, problems: Problems) -> Any:
    tables = isinstance(item, type) and issubclass(item, msgspec.Struct)
    if not isinstance(value, list):
        expected = f"one or more [[{_joined(path)}]] tables" if tables else 'a list of texts, as in ["one", "two"]'
        problems.found(path, value, expected)
        return DROP
    cleaned = [clean(entry, item, (*path, index), problems) for index, entry in enumerate(value)]
    return [entry for entry in cleaned if entry is not DROP]


def _choice(value: Any, options: tuple[str, ...], path: Path, problems: Problems) -> Any:
    if isinstance(value, str) and value in options:
        return value
    near = suggestion(value, options) if isinstance(value, str) else ""
    problems.found(path, value, f"one of {', '.join(options)}{near}")
    return DROP


def _free_table(value: Any, path: Path, problems: Problems) -> Any:
    if not isinstance(value, dict):
        problems.found(path, value, "a table, as in { temperature = 0.2 }")
        return DROP
    bad = list(_not_json(value, path))
    for where, what in bad:
        problems.found(where, what, "a text, a number, true, false, a list or a table")
    return DROP if bad else value


def _not_json(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _not_json(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_json(item, (*path, index))
    elif value is not DROP and not any(_fits(value, kind) for kind in _KINDS):
        yield path, value


def _scalar(value: Any, kind: Any, limits: msgspec.Meta | None, path: Path, problems: Problems) -> Any:
    if _fits(value, kind) and (limits is None or _within(value, limits)):
        return value
    options = limits.extra["options"] if limits is not None and limits.extra is not None else ()
    near = suggestion(value, options) if isinstance(value, str) else ""
    problems.found(path, value, _described(kind, limits) + near)
    return DROP


def _fits(value: Any, kind: Any) -> bool:
    if kind is str:
        # No operating system takes a NUL in a path or a command.
        return isinstance(value, str) and "\0" not in value
    if isinstance(value, bool) or kind is bool:
        return kind is bool and isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float) and abs(value) <= LARGEST
    return isinstance(value, int) and abs(value) <= LARGEST


def _within(value: Any, limits: msgspec.Meta) -> bool:
    return (
        (limits.extra is None or limits.extra["accepts"](value))
        and (limits.gt is None or value > limits.gt)
        and (limits.ge is None or value >= limits.ge)
        and (limits.le is None or value <= limits.le)
        and (limits.lt is None or value < limits.lt)
    )


def _described(kind: Any, limits: msgspec.Meta | None) -> str:
    if limits is None:
        return _KINDS[kind]
    if limits.extra is not None:
        return str(limits.extra["expected"])
    words = {"greater than": limits.gt, "of at least": limits.ge, "at most": limits.le, "less than": limits.lt}
    bounds = [f"{word} {bound:,}" for word, bound in words.items() if bound is not None]
    return f"{_KINDS[kind]} {' and '.join(bounds)}"


def _joined(path: Path) -> str:
    """`llm[1].edit_format`; tables of a list are counted from 0."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += "." + (part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)[:60])
    return text.removeprefix(".")


def _shown(path: Path, value: object) -> str:
    if path[-1] == "api_key":
        return "a value (not shown)"
    if isinstance(value, str):
        text = json.dumps(value.raw if isinstance(value, Expanded) else str(value), ensure_ascii=False)
        return text if len(text) <= 60 else f'{text[:56]}..."'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number too large to use" if LARGEST < abs(value) < math.inf else str(value)
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "a date or time"
