"""Symbols as profilers write them -> the parts of a qualified name, so that they can be found in the source.

`std::vector<int> ns::(anonymous namespace)::Table<K>::find[abi:cxx11](K const&) const [clone .isra.0]` and
`_ZN2ns5TableIiE4findEv.cold` are both `("ns", "Table", "find")`; `example.com/pkg.(*Table).Find.func1`,
`com/example/Table$Row.find` and `outer.<locals>.inner` are taken apart in the same way.
"""

import re
from functools import lru_cache

MODULE = "<module>"

_CLONE = re.compile(
    r"(?:\s*\[clone [^\]]*\]|\s*\(inlined\)|@{1,2}\w+(?:[\d.]*)?|\+0x[0-9a-fA-F]+|::h[0-9a-f]{16}|_\[[a-z0-9]\]"
    r"|\.(?:isra|constprop|part|cold|lto_priv|llvm|localalias|resolver|default|warm|hot|split)(?:\.\d+)*)+$"
)
_ABI = re.compile(r"\[abi:\w+\]")
_OPERATOR = re.compile(
    r"operator\s*(?:\(\)|\[\]|->\*?|<=>|<<=?|>>=?|<=?|>=?|&&|\|\||\+\+|--|[-+*/%^&|~!=]=?|,"
    r'|new(?:\[\])?|delete(?:\[\])?|""\s*\w+|[\w:]+[\s*&]*)'
)
_ANONYMOUS = re.compile(r"\(anonymous(?: namespace| class)?\)|_GLOBAL__N_1|\{anonymous\}|`anonymous namespace'")
_LAMBDA = re.compile(r"\{(?:lambda|unnamed type)[^{}]*\}|'lambda\d*'(?:\([^()]*\))?|\$_\d+|<lambda\([^<>]*\)>")
_SPECIAL = re.compile(r"<\w+>(?=$|\.|::)")
_JAVA_LAMBDA = re.compile(r"lambda\$(\w+)\$\d+")
_GO_CLOSURE = re.compile(r"(?:\.func\d+(?:\.\d+)*|-fm|\.gowrap\d+)+$")
_WORDS = re.compile(r"^(?:(?:async|new|get|set|static|bound)\s+|[*~^]+\s*)(?=[\w$#])|\s*\[as [^\]]*\]$")
_CONST_METHOD = re.compile(r"\s(?:const|volatile)(?=\()")
"""The demangler puts it before the arguments."""
_INNER = frozenset(
    "<lambda> <listcomp> <dictcomp> <setcomp> <genexpr> {lambda} {{closure}} <anonymous> (anonymous)".split()  # noqa: SIM905
)
"""What has no name of its own: it lies in a function, or is one without a name."""


@lru_cache(maxsize=65_536)
def components(symbol: str) -> tuple[str, ...]:
    """The parts of a symbol's qualified name, without arguments, template arguments, return type and clone suffix."""
    name = _CLONE.sub("", demangled(symbol.strip()))
    if name in _INNER:
        return (name,)
    name = _CONST_METHOD.sub("", _ABI.sub("", _WORDS.sub("", name)))
    name = _LAMBDA.sub("{lambda}", _ANONYMOUS.sub("", name))
    name = _JAVA_LAMBDA.sub(r"\1", _GO_CLOSURE.sub("", name))
    if "/" in name and "operator" not in name:  # the packages of Go and Java
        name = _packages(name)
    return _split(name)


def is_inner(symbol: str) -> bool:
    """Whether the symbol names no function: a lambda, a comprehension, a closure."""
    parts = components(symbol)
    return bool(parts) and (parts[-1] in _INNER or "{lambda}" in parts)


def matched(wanted: tuple[str, ...], have: tuple[str, ...]) -> int:
    """How many parts two names share at their ends; 0 when what both have beyond that contradicts."""
    shared = 0
    for one, other in zip(reversed(wanted), reversed(have), strict=False):
        if one != other:
            break
        shared += 1
    return shared if shared == min(len(wanted), len(have)) else 0


@lru_cache(maxsize=65_536)
def demangled(symbol: str) -> str:
    """The name that a mangled C++ symbol (Itanium ABI) stands for; any other symbol as it is."""
    bare = symbol.removeprefix("_") if symbol.startswith("__Z") else symbol
    if not bare.startswith("_Z"):
        return symbol
    import itanium_demangler

    mangled = re.match(r"\w+", bare)
    try:
        parsed = itanium_demangler.parse(mangled[0]) if mangled else None
    except Exception:  # noqa: BLE001 - the library fails in many ways on what is cut or newer than it
        parsed = None
    return str(parsed) if parsed is not None else symbol


def _packages(name: str) -> str:
    head, slash, last = name.partition("(")
    path = head.rpartition("/")
    java = re.fullmatch(r"L?((?:[\w$]+/)+[\w$]+);?(?:::|\.)(\S+)", name)
    if java:
        return f"{java[1].replace('/', '.')}.{java[2]}"
    return f"{path[2]}{slash}{last}"


def _split(name: str) -> tuple[str, ...]:
    parts: list[str] = []
    word = ""
    at = 0
    while at < len(name):
        rest = name[at:]
        if not word and (found := _OPERATOR.match(rest)):
            word, at = " ".join(found[0].split()), at + found.end()
        elif not word and (found := _SPECIAL.match(rest)):
            word, at = found[0], at + found.end()
        elif rest[0] == "<":
            end = _closing(name, at)
            if not word:
                word = _implementation(name[at + 1 : end])
            at = end + 1
        elif rest[0] == "(":
            end = _closing(name, at)
            if not word and rest.startswith("(*"):
                word = name[at + 2 : end].partition("[")[0]
            elif (parts or word) and (not word or name[end + 1 : end + 3] != "::"):
                break
            at = end + 1
        elif rest[0] == "[":
            at = _closing(name, at) + 1
        elif rest[0] == "{":
            end = at + 2 if rest.startswith("{{") else at
            end = name.find("}}" if rest.startswith("{{") else "}", end)
            end = len(name) if end < 0 else end + (2 if rest.startswith("{{") else 1)
            word, at = name[at:end], end
        elif rest.startswith("::") or (rest[0] in ".$" and word and re.match(r"[.$][\w<{(~#]", rest)):
            parts, word, at = _with(parts, word), "", at + (2 if rest[0] == ":" else 1)
        elif rest[0].isspace():
            if rest.strip() in ("const", "volatile", "&", "&&"):
                break
            if rest.lstrip().startswith("<") and word.startswith("operator"):
                at += 1
                continue
            parts, word, at = [], "", at + 1  # what stood before was the return type
        else:
            word, at = word + rest[0], at + 1
    return tuple(_with(parts, word))


def _with(parts: list[str], word: str) -> list[str]:
    clean = word if word.startswith("operator") else word.strip("*& ")
    return [*parts, clean] if clean and clean != "<locals>" else parts


def _implementation(inside: str) -> str:
    """The type of Rust's `<Type as Trait>` and `<impl Trait for Type>`."""
    kind = inside.partition(" as ")[0] if " as " in inside else inside.rpartition(" for ")[2]
    found = _split(kind) if kind != inside else ()
    return found[-1] if found else ""


def _closing(text: str, at: int) -> int:
    """Where the bracket that opens at `at` closes; the end of the text when it does not."""
    opening, closing = text[at], {"<": ">", "(": ")", "[": "]"}[text[at]]
    depth = 0
    for index in range(at, len(text)):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing and text[index - 1 : index + 1] != "->":
            depth -= 1
            if depth == 0:
                return index
    return len(text) - 1
