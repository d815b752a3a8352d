"""Records calls of chosen functions of the project from inside of its benchmark.

This file is data to MPCO: it is put into the folder $MPCO_IO as mpco_recorder.py and runs in the project's own
interpreter (Python 3.8 or later, standard library only), started by a sitecustomize.py beside it. mpco_targets.json
names the functions; their modules are compiled with one more decorator on each. At its end the process appends one
line of JSON to mpco_calls.jsonl, with the arguments of the kept calls as pickles, which are only ever loaded in the
sandbox again.
"""

from __future__ import annotations

import ast
import atexit
import base64
import builtins
import functools
import inspect
import io
import json
import os
import pickle
import random
import sys
import time
from importlib.machinery import SourceFileLoader

from mpco_landmarks import landmarks  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ.get("MPCO_ROOT", "")
FIRST_CALLS, MOST_CALLS = 16, 64
"""Kept of one function: the first ones, and those in all."""
MOST_BYTES = 4 * 1024 * 1024
"""Of the arguments of one call."""
MOST_BYTES_OF_ALL = 32 * 1024 * 1024
"""Of all calls of one function."""
MOST_SECONDS = 4.0
"""Spent on copying the arguments of one function."""
DECORATOR = "__mpco_record__"
OTHER_HALVES = ("setter", "deleter", "getter", "overload", "register")


class TooLarge(Exception):
    """The arguments of a call are larger than what is kept."""


class Limited(io.BytesIO):
    """A buffer that refuses what is too much."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > MOST_BYTES:
            raise TooLarge
        return super().write(data)


class Copier(pickle.Pickler):
    """Copies arguments, but names what the project's modules name."""

    def __init__(self, buffer: Limited) -> None:
        super().__init__(buffer, protocol=4)
        self._landmarks = landmarks(ROOT)

    def persistent_id(self, obj: Any) -> Any:
        return self._landmarks.get(id(obj))


class Tape:
    """The kept calls of one function: the first ones, and others spread over all however many there are.

    The steps from one kept call to the next are of random length, since calls often come in a rhythm.
    """

    busy = False

    def __init__(self, file: str, name: str) -> None:
        self.file, self.name = file, name
        self.module = ""
        self.count = 0
        self.reason = ""
        self.next = 0
        self._stride = 1
        self._taken = 0
        self._chance = random.Random(name)
        self._seconds = 0.0
        self._bytes = 0
        self._calls: dict[bytes, None] = {}

    def take(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Keep this call; every other one is dropped, from now on and of those kept, when there are too many."""
        number = self.count
        self.next = number + 1 + self._chance.randrange(2 * self._stride - 1)
        if Tape.busy:
            return
        Tape.busy = True
        begun = time.perf_counter()
        try:
            buffer = Limited()
            Copier(buffer).dump((args, kwargs))
            self._calls[buffer.getvalue()] = None
            self._bytes += buffer.tell()
        except TooLarge:
            self.reason = f"its arguments are larger than {MOST_BYTES // 1024} kB"
        except Exception as error:  # noqa: BLE001  whatever the project's own classes raise when they are copied
            self.reason = f"its arguments cannot be copied ({type(error).__name__}: {error})"[:200]
        finally:
            Tape.busy = False
        self._seconds += time.perf_counter() - begun
        self._taken += 1
        if self._taken >= MOST_CALLS:
            self._stride *= 2
            kept = list(self._calls)
            self._calls = dict.fromkeys(kept[:FIRST_CALLS] + kept[FIRST_CALLS::2])
            self._taken = FIRST_CALLS + (MOST_CALLS - FIRST_CALLS) // 2
        if self._seconds > MOST_SECONDS or self._bytes > MOST_BYTES_OF_ALL:
            self.next = sys.maxsize

    def result(self) -> dict[str, Any]:
        calls = [base64.b64encode(data).decode("ascii") for data in self._calls]
        about = {"file": self.file, "name": self.name, "module": self.module, "reason": self.reason}
        return {**about, "count": self.count, "calls": calls}


_tapes: dict[tuple[str, str], Tape] = {}


def start() -> None:
    """Record this process until its end."""
    with open(os.path.join(HERE, "mpco_targets.json"), encoding="utf-8") as file:
        targets: dict[str, list[str]] = json.load(file)
    setattr(builtins, DECORATOR, _decorator)
    sys.setrecursionlimit(2 * sys.getrecursionlimit())  # each recorded call is two
    plain = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> Any:
        place = os.path.relpath(os.path.realpath(self.path), os.path.realpath(ROOT))
        names = targets.get(place)
        if not names or fullname == "__main__":
            return plain(self, fullname)
        source = self.get_data(self.path)
        return compile(instrumented(source, place, names), self.path, "exec", dont_inherit=True)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    atexit.register(_finish, os.getpid())


def instrumented(source: bytes, file: str, names: list[str]) -> ast.Module:
    """The module with the recording decorator outermost on the named functions; no line moves."""
    tree = ast.parse(source)

    def visit(body: list[Any], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.If, ast.Try)):
                visit([*node.body, *node.orelse], prefix)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and prefix + node.name in names:
                if any(_last_name(each) in OTHER_HALVES for each in node.decorator_list):
                    continue
                arguments: list[ast.expr] = [ast.Constant(file), ast.Constant(prefix + node.name)]
                call = ast.Call(ast.Name(DECORATOR, ast.Load()), arguments, [])
                node.decorator_list.insert(0, ast.copy_location(call, node))

    visit(tree.body, "")
    return ast.fix_missing_locations(tree)


def _last_name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _decorator(file: str, name: str) -> Callable[[Any], Any]:
    tape = _tapes.setdefault((file, name), Tape(file, name))

    def decorate(thing: Any) -> Any:
        if isinstance(thing, (staticmethod, classmethod)):
            return type(thing)(decorate(thing.__func__))
        if isinstance(thing, property) and thing.fget is not None:
            return property(decorate(thing.fget), thing.fset, thing.fdel, thing.__doc__)
        if not inspect.isfunction(thing):
            tape.reason = f"it is wrapped into a {type(thing).__name__}"
        elif inspect.isgeneratorfunction(thing):
            tape.reason = "it is a generator"
        elif inspect.iscoroutinefunction(thing) or inspect.isasyncgenfunction(thing):
            tape.reason = "it is a coroutine"
        else:
            return _recorded(thing, tape)
        return thing

    return decorate


def _recorded(function: Any, tape: Tape) -> Any:
    tape.module = function.__module__

    @functools.wraps(function)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        if tape.count >= tape.next:
            tape.take(args, kwargs)
        tape.count += 1
        return function(*args, **kwargs)

    return recorded


def _finish(pid: int) -> None:
    if pid != os.getpid() or not _tapes:
        return
    import fcntl

    path = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
    tapes = [tape.result() for tape in _tapes.values()]
    about = {"executable": sys.executable, "path": path, "root": ROOT, "functions": tapes}
    with open(os.path.join(HERE, "mpco_calls.jsonl"), "ab") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        out.write(json.dumps(about).encode() + b"\n")
