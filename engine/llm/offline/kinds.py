"""What kind of value an expression has, as far as the file proves it: by construction or by the author's annotations.

The rules need this to know that a value can be hashed, is a string, or is a list of its own. What is not proven is
UNKNOWN, and a rule that meets it leaves the code alone.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.llm.offline.code import Code, words

STRING_METHODS = words(
    "capitalize casefold center expandtabs format format_map join ljust lower lstrip removeprefix removesuffix "
    "replace rjust rstrip strip swapcase title translate upper zfill"
)
STRING_TESTS = words(
    "endswith isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle "
    "isupper startswith"
)
MATCHERS = frozenset({"match", "search", "fullmatch"})


class Kind(NamedTuple):
    """A kind of value; `item` and `value` say what containers hold."""

    name: str
    item: "Kind | None" = None
    value: "Kind | None" = None

    @property
    def element(self) -> "Kind":
        """What iterating over it gives."""
        return self.item or UNKNOWN

    @property
    def hashable(self) -> bool:
        """Whether values can stand in a set and be found there as `==` finds them (floats cannot: nan)."""
        if self.name == "tuple":
            return self.element.hashable
        return self.name in ("str", "bytes", "int", "bool", "None", "scalar")


UNKNOWN = Kind("?")
PENDING = Kind("!")
"""Depends on a name whose kind is being worked out right now."""
STR, INT, FLOAT, BOOL, BYTES, NONE = (Kind(name) for name in ("str", "int", "float", "bool", "bytes", "None"))
SCALAR = Kind("scalar")
"""One of several hashable kinds, as an optional string is."""
MATCH, PATTERN = Kind("match"), Kind("pattern")
CALLS = {
    "str": STR, "repr": STR, "chr": STR, "hex": STR, "format": STR, "input": STR, "int": INT, "len": INT, "ord": INT,
    "hash": INT, "float": FLOAT, "bool": BOOL, "isinstance": BOOL, "any": BOOL, "all": BOOL, "bytes": BYTES,
}  # fmt: skip
CONTAINERS = {"list": "list", "List": "list", "set": "set", "Set": "set", "frozenset": "set", "tuple": "tuple",
              "Tuple": "tuple", "dict": "dict", "Dict": "dict", "Iterable": "iterable", "Iterator": "iterable",
              "Sequence": "iterable", "Collection": "iterable", "deque": "deque"}  # fmt: skip


def join(kinds: Iterable[Kind]) -> Kind:
    """The kind of a value that is one of `kinds`; those still being worked out do not count."""
    known = set(kinds) - {PENDING}
    if len(known) == 1:
        return known.pop()
    return SCALAR if known and all(kind.hashable for kind in known) else UNKNOWN


class Kinds:
    """The kinds of the expressions of one function."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._asked: dict[str, Kind] = {}
        """Names whose kind is being worked out, and what it is taken to be meanwhile."""
        self.classes = {item.name: item for item in code.module.body if isinstance(item, ast.ClassDef)}
        self.functions = {item.name: item for item in code.module.body if isinstance(item, ast.FunctionDef)}
        self.constants = dict(_constants(code))
        """Module-level names that are bound exactly once, to their values."""
        arguments = code.function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.parameters = {argument.arg: argument.annotation for argument in every}
        extra = [argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument]
        self.parameters |= dict.fromkeys(extra)
        self.bindings: dict[str, list[ast.AST]] = {}
        """Each place where a local name is bound."""
        for node in code.own:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self.bindings.setdefault(node.id, []).append(node)

    def of(self, node: ast.AST | None) -> Kind:
        """The kind of an expression."""
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.JoinedStr():
                return STR
            case ast.Name():
                return self._name(node.id)
            case ast.BinOp():
                return self._operation(node)
            case ast.Compare():
                plain = all(isinstance(op, (ast.In, ast.NotIn, ast.Is, ast.IsNot)) for op in node.ops)
                return BOOL if plain or self.of(node.left).hashable else UNKNOWN
            case ast.UnaryOp():
                return BOOL if isinstance(node.op, ast.Not) else self.of(node.operand)
            case ast.BoolOp():
                return join([self.of(value) for value in node.values])
            case ast.IfExp():
                return join([self.of(node.body), self.of(node.orelse)])
            case ast.Call():
                return self._call(node)
            case ast.Subscript():
                return self._item(self.of(node.value), node.slice)
            case ast.Attribute():
                return self._attribute(node)
            case _:
                return self._display(node)

    def annotation(self, node: ast.AST | None) -> Kind:
        """The kind that a type annotation promises."""
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str() as text):
                try:
                    return self.annotation(ast.parse(text, mode="eval").body)
                except SyntaxError:
                    return UNKNOWN
            case ast.Name(id=name):
                plain = {"str": STR, "int": INT, "float": FLOAT, "bool": BOOL, "bytes": BYTES}
                return plain.get(name) or Kind(CONTAINERS.get(name, f"class:{name}" if name in self.classes else "?"))
            case ast.BinOp(op=ast.BitOr()):
                return join([self.annotation(node.left), self.annotation(node.right)])
            case ast.Subscript(value=ast.Name(id="Optional")):
                return join([self.annotation(node.slice), NONE])
            case ast.Subscript(value=ast.Name(id=name)) if name in CONTAINERS:
                inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                kinds = [self.annotation(item) for item in inner if not _ellipsis(item)]
                if CONTAINERS[name] == "dict":
                    return Kind("dict", kinds[0], kinds[-1])
                return Kind(CONTAINERS[name], join([*kinds]))
        return UNKNOWN

    def _name(self, name: str) -> Kind:
        if name in self._asked:
            return self._asked[name]
        if name not in self.bindings:
            if name in self.parameters:
                return self.annotation(self.parameters[name])
            return self.of(self.constants[name]) if name in self.constants else UNKNOWN
        # A name can be bound to something made from itself: what the other bindings suggest must then hold for all.
        first = self._bound(name, PENDING)
        return first if self._bound(name, first) == first else UNKNOWN

    def _bound(self, name: str, taken: Kind) -> Kind:
        self._asked[name] = taken
        kinds = [self._binding(node) for node in self.bindings[name]]
        if name in self.parameters:
            kinds.append(self.annotation(self.parameters[name]))
        del self._asked[name]
        return join(kinds)

    def _binding(self, node: ast.AST) -> Kind:
        parent = self._code.parents[node]
        match parent:
            case ast.AnnAssign():
                return self.annotation(parent.annotation)
            case ast.Assign() | ast.NamedExpr():
                return self.of(parent.value)
            case ast.AugAssign():
                return self._operation(ast.BinOp(left=parent.target, op=parent.op, right=parent.value))
            case ast.For() | ast.comprehension():
                return self._iterated(parent.iter)
            case ast.Tuple():
                return self._unpacked(node, parent)
        return UNKNOWN

    def _unpacked(self, node: ast.AST, target: ast.Tuple) -> Kind:
        above = self._code.parents[target]
        if isinstance(above, ast.Assign) and isinstance(above.value, ast.Tuple):
            values = above.value.elts
            return self.of(values[target.elts.index(node)]) if len(values) == len(target.elts) else UNKNOWN  # type: ignore[arg-type]
        if isinstance(above, ast.Assign):
            return self.of(above.value).element
        if not isinstance(above, (ast.For, ast.comprehension)):
            return UNKNOWN
        place = target.elts.index(node)  # type: ignore[arg-type]
        match above.iter:
            case ast.Call(func=ast.Name(id="enumerate"), args=[walked, *_]):
                return self.of(walked).element if place else INT
            case ast.Call(func=ast.Attribute(value=mapping, attr="items"), args=[]):
                kind = self.of(mapping)
                return (kind.value if place else kind.item) or UNKNOWN
            case ast.Call(func=ast.Name(id="zip"), args=args) if place < len(args):
                return self.of(args[place]).element
        return self.of(above.iter).element.element

    def _iterated(self, node: ast.expr) -> Kind:
        kind = self.of(node)
        return STR if kind is STR else kind.element

    def _operation(self, node: ast.BinOp) -> Kind:
        left, right = self.of(node.left), self.of(node.right)
        if PENDING in (left, right):
            return PENDING
        if isinstance(node.op, ast.Mod) and left == STR:
            return STR
        if isinstance(node.op, ast.Add) and (left == STR or right == STR):
            return STR if {left, right} <= {STR, SCALAR} else UNKNOWN
        if isinstance(node.op, ast.Mult) and {left, right} == {STR, INT}:
            return STR
        if isinstance(node.op, ast.Add) and left.name == "list" and right.name == "list":
            return Kind("list", join([left.element, right.element]))
        numbers = {INT, FLOAT, BOOL}
        if left in numbers and right in numbers and not isinstance(node.op, ast.Pow):
            return FLOAT if FLOAT in (left, right) or isinstance(node.op, ast.Div) else INT
        return UNKNOWN

    def _display(self, node: ast.AST | None) -> Kind:
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return Kind(type(node).__name__.lower(), join([self.of(item) for item in elements]))
            case ast.ListComp():
                return Kind("list", self.of(node.elt))
            case ast.Dict():
                return Kind("dict", join([self.of(key) for key in node.keys]), join([self.of(v) for v in node.values]))
        return UNKNOWN

    def _call(self, node: ast.Call) -> Kind:
        match node.func:
            case ast.Name(id=name) if name in self.functions:
                return self.annotation(self.functions[name].returns)
            case ast.Name(id=name) if name in self.classes:
                return Kind(f"class:{name}")
            case ast.Name(id=name) if name in self.bindings or name in self.parameters:
                return UNKNOWN
            case ast.Name(id=name) if name in CALLS:
                return CALLS[name]
            case ast.Name(id="range"):
                return Kind("range", INT)
            case ast.Name(id=("sorted" | "list" | "set" | "tuple" | "frozenset" | "reversed") as name):
                container = {"sorted": "list", "frozenset": "set", "reversed": "iterable"}.get(name, name)
                return Kind(container, self._iterated(node.args[0]) if node.args else None)
            case ast.Attribute(value=ast.Name(id="re"), attr=name):
                return self._regex(name)
            case ast.Attribute(value=receiver, attr=name):
                return self._method(self.of(receiver), receiver, name, node)
        return UNKNOWN

    def _regex(self, name: str) -> Kind:
        if name in MATCHERS:
            return MATCH
        return {"compile": PATTERN, "split": Kind("list", SCALAR), "sub": STR}.get(name, UNKNOWN)

    def _method(self, kind: Kind, receiver: ast.expr, name: str, node: ast.Call) -> Kind:
        if kind == PENDING:
            return PENDING
        if kind == PATTERN:
            return self._regex(name)
        if kind == MATCH:
            return {"group": SCALAR, "groups": Kind("tuple", SCALAR), "start": INT, "end": INT}.get(name, UNKNOWN)
        if kind.name == "dict":
            parts = {"keys": Kind("iterable", kind.item), "values": Kind("iterable", kind.value)}
            return parts.get(name) or ((kind.value or UNKNOWN) if name in ("get", "setdefault", "pop") else UNKNOWN)
        if kind == STR:
            return self._string_method(name)
        # A text argument shows that it is text which is split, whatever it is called; not so in pandas' `.str`.
        if name in ("split", "rsplit", "partition", "rpartition") and node.args and self.of(node.args[0]) == STR:
            vectorised = isinstance(receiver, ast.Attribute) and receiver.attr == "str"
            return UNKNOWN if vectorised else self._string_method(name)
        return UNKNOWN

    def _string_method(self, name: str) -> Kind:
        if name in STRING_METHODS:
            return STR
        if name in STRING_TESTS:
            return BOOL
        if name in ("split", "rsplit", "splitlines"):
            return Kind("list", STR)
        if name in ("partition", "rpartition"):
            return Kind("tuple", STR)
        return INT if name in ("find", "index", "rfind", "rindex", "count") else UNKNOWN

    def _item(self, kind: Kind, index: ast.expr) -> Kind:
        if kind in (STR, MATCH):
            return STR if kind == STR else SCALAR
        if kind.name == "dict":
            return kind.value or UNKNOWN
        if kind.name not in ("list", "tuple", "deque"):
            return UNKNOWN
        return kind if isinstance(index, ast.Slice) else kind.element

    def _attribute(self, node: ast.Attribute) -> Kind:
        kind = self.of(node.value)
        found = self.classes.get(kind.name.removeprefix("class:"))
        for item in found.body if found else ():
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id == node.attr:
                return self.annotation(item.annotation)
        return UNKNOWN


def _constant(value: object) -> Kind:
    name = "None" if value is None else type(value).__name__
    return {kind.name: kind for kind in (STR, INT, FLOAT, BOOL, BYTES, NONE)}.get(name, UNKNOWN)


def _ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _constants(code: Code) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of module-level names that are bound once and never declared global."""
    bound: dict[str, list[ast.expr | None]] = {}
    for statement in [*code.module.body, *code.added]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Global):
                for name in node.names:
                    bound.setdefault(name, []).extend([None, None])
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                bound.setdefault(name, []).append(statement.value)
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                bound.setdefault(statement.name, []).append(None)
            case _:
                stored = (n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
                for name in stored:
                    bound.setdefault(name, []).extend([None, None])
    for name, values in bound.items():
        if len(values) == 1 and values[0] is not None:
            yield name, values[0]
