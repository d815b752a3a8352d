"""A value as lines of (where, what) that are equal exactly when the values are.

This file is data to MPCO: it runs in the project's own interpreter (Python 3.8 or later, standard library only).
Floats are told to the last bit, NaN with its payload; types count, and so does the order of a dict, not that of a
set. Attributes are told by name, since one that a variant adds changes nothing for those who do not know it.
"""

from __future__ import annotations

import struct
import types
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_LINES = 200_000
LONGEST = 2_000
DEEPEST = 200
ATOMS = (type(None), bool, int, str, bytes, bytearray, complex, type(Ellipsis), type(NotImplemented), range, slice)
NAMED = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)


class Undescribable(Exception):
    """A part of the value, at `where`, says nothing about itself."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(what)
        self.where = where


class Description:
    """The lines of several values, with what modules name told by its name."""

    def __init__(self, landmarks: dict[int, Any]) -> None:
        self.lines: list[tuple[str, str]] = []
        self._landmarks = landmarks
        self._above: dict[int, str] = {}

    def add(self, where: str, value: Any) -> None:
        """Describe `value`.

        Raises:
            Undescribable: when a part of it cannot be told from another, or there is too much.
        """
        if len(self.lines) >= MOST_LINES:
            raise Undescribable("more than can be compared", where)
        way = self._landmarks.get(id(value))
        if way is not None:
            self._line(where, f"<{'.'.join((way[0], *way[1]))}>")
        elif type(value) in ATOMS or type(value) is float:
            self._line(where, atom(value))
        elif id(value) in self._above:
            self._line(where, f"the same object as {self._above[id(value)]}")
        elif len(self._above) > DEEPEST:
            raise Undescribable("something nested too deeply", where)
        else:
            self._above[id(value)] = where
            self._compound(where, value)
            del self._above[id(value)]

    def _line(self, where: str, what: str) -> None:
        self.lines.append((where, what))

    def _compound(self, where: str, value: Any) -> None:
        kind = type(value)
        if kind in (list, tuple):
            self._line(where, f"{kind.__name__} of {len(value)}")
            self._items(where, value)
        elif kind is dict:
            self._line(where, f"dict of {len(value)}")
            self._mapping(where, value.items())
        elif kind in (set, frozenset):
            self._line(where, f"{kind.__name__} of {len(value)}")
            for number, text in enumerate(sorted(self._alone(each) for each in value)):
                self._line(f"{where}{{{number}}}", text)
        elif isinstance(value, NAMED):
            self._named(where, value)
        elif isinstance(value, types.ModuleType):
            self._line(where, f"module {value.__name__}")
        elif isinstance(value, BaseException):
            self._line(where, _name_of(kind))
            self._items(where, value.args)
            self._attributes(where, vars(value))
        elif hasattr(kind, "__next__"):
            raise Undescribable(f"an iterator ({kind.__name__})", where)
        else:
            self._object(where, value)

    def _alone(self, value: Any) -> str:
        inner = Description(self._landmarks)
        inner.add("", value)
        return "; ".join(f"{place} {what}".strip() for place, what in inner.lines)

    def _items(self, where: str, values: Any) -> None:
        for number, each in enumerate(values):
            self.add(f"{where}[{number}]", each)

    def _mapping(self, where: str, pairs: Any) -> None:
        for number, (key, each) in enumerate(pairs):
            shown = atom(key) if type(key) in ATOMS else f"key {number}"
            self.add(f"{where} key {number}", key)
            self.add(f"{where}[{shown if len(shown) <= 60 else f'key {number}'}]", each)

    def _attributes(self, where: str, state: dict[str, Any]) -> None:
        for name in sorted(state, key=str):
            self.add(f"{where}.{name}", state[name])

    def _named(self, where: str, value: Any) -> None:
        if "<" in value.__qualname__:
            raise Undescribable(f"a function made on the spot ({value.__qualname__})", where)
        self._line(where, _name_of(value))

    def _object(self, where: str, value: Any) -> None:
        """By what copying it would take, which is what it is made of."""
        try:
            made = value.__reduce_ex__(4)
        except Exception as error:  # whatever the project's own classes raise
            raise Undescribable(f"a {type(value).__name__}, which cannot be copied", where) from error
        if isinstance(made, str):
            self._line(where, f"{_name_of(type(value))} {made}")
            return
        function, args, state, items, pairs = (*made, None, None, None)[:5]
        self._line(where, _name_of(type(value)))
        rest = args[1:] if args and args[0] is type(value) else args
        if function.__name__ not in ("__newobj__", "__newobj_ex__", type(value).__name__):
            self._line(f"{where} made by", _name_of(function))
        for number, each in enumerate(rest):
            self.add(f"{where}({number})", each)
        if isinstance(state, tuple) and len(state) == 2 and all(isinstance(s, (dict, type(None))) for s in state):
            state = {**(state[0] or {}), **(state[1] or {})}
        if isinstance(state, dict):
            self._attributes(where, state)
        elif state is not None:
            self.add(f"{where} state", state)
        if items is not None:
            self._line(f"{where} items", str(len(value)))
            self._items(where, islice(items, MOST_LINES))
        if pairs is not None:
            self._line(f"{where} items", str(len(value)))
            self._mapping(where, islice(pairs, MOST_LINES))


def changes(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(where, what it was, what it is now) of each line that differs; an empty text for one that is not there."""
    old, new = dict(before), dict(after)
    gone = [(where, what, "") for where, what in before if where not in new]
    return [(where, old.get(where, ""), what) for where, what in after if old.get(where) != what] + gone


def atom(value: Any) -> str:
    """A plain value in full; of a long one its beginning, its length and its checksum."""
    if type(value) is float and value != value:
        return f"nan ({struct.pack('>d', value).hex()})"
    text = repr(value)
    if len(text) <= LONGEST:
        return text
    import hashlib

    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:200]}… ({len(text)} characters, SHA-256 {digest})"


def _name_of(value: Any) -> str:
    return f"{getattr(value, '__module__', '?')}.{value.__qualname__}"
