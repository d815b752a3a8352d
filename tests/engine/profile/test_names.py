"""Symbols of many tools and languages, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.profile.frames import Frame, frame_of
from engine.profile.names import components, is_inner, matched


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("get_tokens", "get_tokens"),
        ("set", "set"),
        ("new Parser", "Parser"),
        ("outer.<locals>.inner", "outer inner"),
        ("<module>", "<module>"),
        ("void foo<int>(int)", "foo"),
        ("ns::(anonymous namespace)::Table<K>::find[abi:cxx11](K const&) const [clone .isra.0]", "ns Table find"),
        ("_ZN2ns5TableIiE4findEv.cold", "ns Table find"),
        ("_ZNK6shapes5Table4findEi", "shapes Table find"),
        ("parse.constprop.0.isra.1", "parse"),
        ("std::ostream& ns::operator<< <char>(std::ostream&)", "ns operator<<"),
        ("Vec3 operator*(double, Vec3 const&)", "operator*"),
        ("A::operator bool() const", "A|operator bool"),
        ("Foo<A<B>>::~Foo()", "Foo ~Foo"),
        ("sort(int*, int (*)(int))", "sort"),
        ("<foo::Bar<T> as core::fmt::Display>::fmt", "Bar fmt"),
        ("krate::module::run::h0123456789abcdef", "krate module run"),
        ("example.com/pkg.(*Table[...]).Find.func1", "pkg Table Find"),
        ("com/example/Table$Row.find", "com example Table Row find"),
        ("Lcom/example/Table;::find", "com example Table find"),
        ("__libc_start_main@@GLIBC_2.34", "__libc_start_main"),
        ("compute_[j]", "compute"),
    ],
)  # fmt: skip
def test_the_parts_of_a_qualified_name(symbol: str, parts: str) -> None:
    assert components(symbol) == tuple(parts.split("|") if "|" in parts else parts.split())


@pytest.mark.parametrize(
    "symbol", ["<lambda>", "<listcomp>", "main::{lambda(int)#1}::operator()(int) const", "a::{{closure}}"]
)
def test_what_has_no_name_of_its_own(symbol: str) -> None:
    assert is_inner(symbol)


def test_names_match_by_their_ends_unless_they_contradict() -> None:
    assert matched(("pkg", "Table", "find"), ("Table", "find")) == 2
    assert matched(("find",), ("Table", "find")) == 1
    assert matched(("Other", "find"), ("Table", "find")) == 0


@pytest.mark.parametrize(
    ("label", "frame"),
    [
        ("parse (app/parse.py:41)", Frame("parse", "app/parse.py", 41)),
        ("/app/parse.py:parse:41", Frame("parse", "/app/parse.py", 41)),
        ("~parse file:///app/parse.js:41:7", Frame("~parse", "file:///app/parse.js", 41)),
        ("py::parse:/app/parse.py", Frame("parse", "/app/parse.py")),
        ("malloc (libc.so.6)", Frame("malloc", module="libc.so.6")),
        ("read_[k]", Frame("read", module="[kernel]")),
        ("std::f(int, char)", Frame("std::f(int, char)")),
    ],
)  # fmt: skip
def test_the_ways_to_write_a_frame(label: str, frame: Frame) -> None:
    assert frame_of(label) == frame


@given(st.text())
def test_no_symbol_raises(text: str) -> None:
    assert all(components(text)) or components(text) == ()
    frame_of(text)
    is_inner(text)
