"""Spans of functions: exact where the source is sound, harmless where it is not."""

import ast
import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.source import FunctionSpan, functions, innermost, language_of

PYTHON = '''\
import re

@decorated(
    1,
)
async def outer(a,
                b="def not_me(): pass"):
    def inner():
        return [x for x in (lambda: a)()]
    return inner

class Über:
    """A class."""

    class Nested:
        @property
        def naïve(self): return 1

        @naïve.setter
        def naïve(self, value):
            self.value = value
            # the last word

if True:
    def late():
        pass
'''

C = """\
#include <stdio.h>
static const char *name(int a)
{
    return "int fake(void) { }";
}
#ifdef FAST
int (*pick(void))(int) { return 0; }
#endif
struct s { int x; };
int declared(int);
"""

CPP = """\
namespace space {
class Shape {
 public:
  Shape() : x(1) {}
  ~Shape() {}
  int area() const { return [&] { return x; }(); }
  bool operator==(const Shape& o) const {
    return true;
  }
  explicit operator bool() const { return x; }
};
template <typename T>
T& largest(T& a) {
  return a;
}
}  // namespace space
int space::Shape::*other();
void Circle::draw(int n) {}
extern "C" { void plain() {} }
"""


def spans(path: str, text: str) -> list[tuple[str, int, int, int]]:
    return [(span.qualname, span.line, span.end_line, span.def_line) for span in functions(path, text)]


EXPECTED = [
    ("outer", 3, 10, 6),
    ("outer.<locals>.inner", 8, 9, 8),
    ("Über.Nested.naïve", 16, 17, 17),
    ("Über.Nested.naïve", 19, 22, 20),
    ("late", 25, 26, 25),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_python_functions_whatever_ends_the_lines(ending: str) -> None:
    assert spans("a.py", PYTHON.replace("\n", ending)) == EXPECTED


def test_c_functions_and_not_their_declarations() -> None:
    assert spans("a.c", C) == [("name", 2, 5, 2), ("pick", 7, 7, 7)]


def test_cpp_methods_templates_and_qualified_names() -> None:
    assert spans("a.cpp", CPP) == [
        ("space::Shape::Shape", 4, 4, 4),
        ("space::Shape::~Shape", 5, 5, 5),
        ("space::Shape::area", 6, 6, 6),
        ("space::Shape::operator==", 7, 9, 7),
        ("space::Shape::operator bool", 10, 10, 10),
        ("space::largest", 12, 15, 13),
        ("Circle::draw", 18, 18, 18),
        ("plain", 19, 19, 19),
    ]


def test_a_header_is_read_as_cpp_when_it_is_no_c() -> None:
    assert spans("a.h", "class A {\n  int f() { return 1; }\n};\n") == [("A::f", 2, 2, 2)]
    assert spans("b.h", "static inline int f(int class) { return class; }\n") == [("f", 1, 1, 1)]


def test_spans_agree_with_pythons_own_parser_on_real_code() -> None:
    def wanted(node: ast.AST, prefix: str) -> set[tuple[str, int, int]]:
        found: set[tuple[str, int, int]] = set()
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([child.lineno, *(item.lineno for item in child.decorator_list)])
                found.add((prefix + child.name, first, child.lineno))
                inner += child.name + ".<locals>."
            elif isinstance(child, ast.ClassDef):
                inner += child.name + "."
            found |= wanted(child, inner)
        return found

    for module in (asyncio, random, ast):
        path = Path(str(module.__file__)).with_name("base_events.py") if module is asyncio else Path(module.__file__)
        text = path.read_text(encoding="utf-8")
        assert {(name, line, at) for name, line, _, at in spans(path.name, text)} == wanted(ast.parse(text), "")


def test_broken_source_keeps_the_functions_that_can_be_read() -> None:
    text = "def one():\n    return 1\n\ndef broken(:\n    (\n\ndef two():\n    return 2\n"
    assert "one" in [span.qualname for span in functions("a.py", text)]


def test_deep_nesting_and_strange_bytes_are_survived() -> None:
    deep = "".join("    " * depth + f"def f{depth}():\n" for depth in range(300)) + "    " * 300 + "pass\n"
    assert len(functions("a.py", deep)) == 300
    assert functions("a.py", "x = " + "(" * 50_000) == ()
    assert functions("a.py", "\udcff\0def f(): pass\n") is not None


@given(st.text(), st.sampled_from(["a.py", "a.c", "a.cpp", "a.h", "a.rs", "a"]))
def test_no_text_raises_and_spans_lie_inside_of_it(text: str, path: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for span in functions(path, text):
        assert 1 <= span.line <= span.def_line <= span.end_line <= lines


def test_innermost_is_the_smallest_span_around_a_line() -> None:
    found = functions("a.py", PYTHON)
    assert innermost(found, 9) == FunctionSpan("outer.<locals>.inner", 8, 9, 8)
    assert innermost(found, 10) == FunctionSpan("outer", 3, 10, 6)
    assert innermost(found, 1) is None
    assert innermost((), 1) is None


@pytest.mark.parametrize(
    ("path", "language"),
    [("a/b.PY", "Python"), ("a.c", "C"), ("a.C", "C++"), ("a.hpp", "C++"), ("Makefile", ""), (".py", "")],
)
def test_language_by_ending(path: str, language: str) -> None:
    assert language_of(path) == language
