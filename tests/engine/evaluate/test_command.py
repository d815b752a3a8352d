"""Command lines and failure sentences."""

import pytest

from engine.evaluate.arm import Run
from engine.evaluate.command import arguments
from engine.evaluate.failures import explain
from engine.model import Step


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python bench.py 'two words'", ["python", "bench.py", "two words"]),
        (["a b", "c"], ["a b", "c"]),
        ("make && ./run", ["sh", "-c", "make && ./run"]),
        ("N=3 ./run", ["sh", "-c", "N=3 ./run"]),
        ("cd src", ["sh", "-c", "cd src"]),
        ("echo *.py", ["sh", "-c", "echo *.py"]),
        ("unclosed 'quote", ["sh", "-c", "unclosed 'quote"]),
        ("./run --flag=value", ["./run", "--flag=value"]),
    ],
)
def test_the_shell_is_used_when_it_is_needed(command: str | list[str], expected: list[str]) -> None:
    assert arguments(command) == expected


@pytest.mark.parametrize(
    ("output", "clue"),
    [
        (
            "..F\nFAILED tests/test_a.py::test_b - assert 1 == 2\nFAILED tests/test_a.py::test_c\n",
            "tests/test_a.py::test_b",
        ),
        ("=====\nFAIL: test_b (test_a.Case.test_b)\n-----\nAssertionError: x\nFAILED (failures=1)\n", "test_b (test_a"),
        ("--- FAIL: TestThing (0.00s)\nFAIL\n", "TestThing"),
        ("[ RUN      ] A.b\n[  FAILED  ] A.b (0 ms)\n", "A.b"),
        ("test parse::works ... FAILED\n", "parse::works"),
        ("something\nerror: no such thing\nbye\n", "error: no such thing"),
        (
            "1/1 Test #1: tok ....***Failed\ngot 3\n\nThe following tests FAILED:\n\t  1 - tok (Failed)\n"
            "Errors while running CTest\n",
            "tok",
        ),
        (
            "t: src/t.c:9: main: Assertion `n == 1' failed.\nmake: *** [Makefile:12: check] Aborted\n",
            "t: src/t.c:9: main",
        ),
        ("got 3 tokens, expected 4\nmake: *** [Makefile:12: check] Error 1\n", "got 3 tokens, expected 4"),
        ("make: *** No rule to make target 'check'.  Stop.\n", "make: *** No rule to make target"),
        ("one\nlast words\n\n", "last words"),
        ("", "it printed nothing"),
    ],
)
def test_the_first_failing_test_is_named(output: str, clue: str) -> None:
    step = Step(name="test", arm="variant", passed=False, seconds=1.0, exit_code=1, output=output)
    run = Run(exit_code=1, limit="", wall=1.0, cpu=1.0, max_rss=1, output=output)
    verdict, reason = explain(step, run, 10.0)
    assert verdict == "tests failed"
    assert reason.startswith(f"The tests failed (exit code 1): {clue}")


@pytest.mark.parametrize(
    ("output", "clue"),
    [
        (
            "cc -c a.c\na.c:3:5: error: expected ';' before '}' token\na.c:4:1: error: more\nmake: *** [Makefile:5: a.o] Error 1\n",
            "a.c:3:5: error: expected ';'",
        ),
        (
            "/usr/bin/ld: a.o: in function `main':\n/home/p/a.c:3: undefined reference to `hash'\n"
            "collect2: error: ld returned 1 exit status\n",
            "/home/p/a.c:3: undefined reference to `hash'",
        ),
        ("error[E0308]: mismatched types\n --> src/a.rs:1\nerror: could not compile `a`\n", "error[E0308]"),
        ("CMake Error at CMakeLists.txt:3 (bad):\n  Unknown command\n", "CMake Error at CMakeLists.txt:3"),
    ],
)
def test_the_compilers_first_error_is_told_and_not_makes_echo(output: str, clue: str) -> None:
    step = Step(name="build", arm="variant", passed=False, seconds=1.0, exit_code=2, output=output)
    run = Run(exit_code=2, limit="", wall=1.0, cpu=1.0, max_rss=1, output=output)
    assert explain(step, run, 10.0) == ("build failed", f"The build failed (exit code 2): {_line_of(output, clue)}")


def _line_of(output: str, clue: str) -> str:
    return next(line for line in output.splitlines() if line.startswith(clue))


def test_limits_are_named() -> None:
    step = Step(name="benchmark", arm="variant", passed=False, seconds=1.0)
    run = Run(exit_code=None, limit="memory", wall=1.0, cpu=1.0, max_rss=1, output="")
    assert explain(step, run, 10.0) == ("crashed", "The benchmark used more memory than [sandbox] memory_mb allows.")
