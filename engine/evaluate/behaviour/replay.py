"""Replays recorded calls and tells what each of them did.

This file is data to MPCO: it is put into the folder $MPCO_IO as mpco_replay.py and runs in the project's own
interpreter (Python 3.8 or later, standard library only), on the baseline and on the variant alike. It reads
mpco_recorded.json and appends one line of JSON for each call to mpco_outcomes.jsonl, before the next call begins: a
call that ends the process is known by its missing line.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import inspect
import io
import json
import os
import pickle
import re
import reprlib
import sys
import time
from collections import deque

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
sys.path.insert(0, HERE)
from mpco_describing import Description, Undescribable, changes  # type: ignore[import-not-found]  # noqa: E402
from mpco_landmarks import landmarks  # type: ignore[import-not-found]  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROOT = os.getcwd()
OUTSIDE = (
    "open",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
)
OUTSIDE_OF = ("subprocess", "socket", "shutil", "sqlite3", "tempfile", "urllib")
CODE = (".py", ".pyc", ".so", ".pyd", ".pth")
KEPT = (type(None), bool, int, float, str, bytes, bytearray, tuple, list, dict, set, frozenset, deque)
MOST_KEPT = 200
"""Members of a module's collection that are looked at to see whether a call changed it; beyond, its size is."""

_touched: list[str] = []
_watching = False


class Loader(pickle.Unpickler):
    """Finds what the project's modules name where it is now."""

    def persistent_load(self, way: Any) -> Any:
        found: Any = importlib.import_module(way[0])
        for attribute in way[1]:
            found = getattr(found, attribute)
        return found


def main() -> None:
    """Replay everything."""
    with open(os.path.join(HERE, "mpco_recorded.json"), encoding="utf-8") as file:
        recorded = json.load(file)
    # The variant may lie elsewhere than the baseline did.
    moved = [
        entry.replace(recorded["root"], ROOT, 1) if entry.startswith(recorded["root"]) else entry
        for entry in recorded["path"]
    ]
    sys.path[:] = moved
    sys.argv[:] = ["replay"]
    sys.addaudithook(_audit)
    with open(os.path.join(HERE, "mpco_outcomes.jsonl"), "w", encoding="utf-8") as out:
        for number, about in enumerate(recorded["functions"]):
            begun = time.monotonic()
            for call, data in enumerate(about["calls"]):
                if not data:
                    continue
                if time.monotonic() - begun > float(os.environ["MPCO_SECONDS"]):
                    break
                told = {"function": number, "call": call, **_outcome(about, base64.b64decode(data))}
                out.write(json.dumps(told) + "\n")
                out.flush()
    # Whatever the project has registered for the end does not matter here.
    os._exit(0)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event == "open" and str(args[0]).endswith(CODE):
        return
    if event in OUTSIDE or event.partition(".")[0] in OUTSIDE_OF:
        _touched.append(event)


def _outcome(about: dict[str, Any], data: bytes) -> dict[str, Any]:
    global _watching
    try:
        module = importlib.import_module(about["module"])
        function = _found(module, about["name"])
    except Exception as error:  # noqa: BLE001  the variant's own
        return {"gone": f"it cannot be found any more ({type(error).__name__}: {error})"[:200]}
    try:
        text = _text(about["name"], *_loaded(data))
        args, kwargs = _loaded(data)
    except Exception as error:  # noqa: BLE001  the project's own classes
        return {"lost": f"its arguments cannot be restored ({type(error).__name__}: {error})"[:200]}
    if not _fits(function, args, kwargs):
        return {"gone": "it takes other arguments"}
    known = landmarks(ROOT)
    try:
        before = _arguments(known, args, kwargs)
    except (Undescribable, RecursionError) as error:
        return {"lost": f"its arguments hold {error}"}
    kept = _kept(function)
    printed = io.StringIO()
    returned: Any = None
    raised: BaseException | None = None
    _touched.clear()
    _watching = True
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            returned = function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001  what it raises is what is compared
        raised = error
    finally:
        _watching = False
    told: dict[str, Any] = {"text": text, "outside": _touched[0] if _touched else ""}
    now = _kept(function)
    told["keeps"] = next((name for name in sorted(now) if kept.get(name) != now[name]), "")
    description = Description(known)
    try:
        description.add("raised" if raised is not None else "returned", raised if raised is not None else returned)
        description.add("printed", printed.getvalue())
        told["changes"] = changes(before, _arguments(known, args, kwargs))
    except Undescribable as error:
        return {**told, "opaque": str(error), "place": error.where}
    except RecursionError:
        return {**told, "opaque": "something nested too deeply", "place": "?"}
    return {**told, "lines": description.lines}


def _kept(function: Any) -> dict[str, str]:
    """What the module keeps from call to call, of the names that the function's own code uses: each value shortened."""
    plain = inspect.unwrap(function)
    names: set[str] = set()
    codes = [plain.__code__] if hasattr(plain, "__code__") else []
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes += [each for each in code.co_consts if hasattr(each, "co_names")]
    short = reprlib.Repr()
    short.maxlist = short.maxdict = short.maxset = short.maxfrozenset = short.maxdeque = short.maxtuple = MOST_KEPT
    found = {}
    for name in names & plain.__globals__.keys() if names else ():
        value = plain.__globals__[name]
        if isinstance(value, KEPT):
            size = getattr(value, "__len__", None)
            found[name] = f"{size() if size else ''} {short.repr(value)}"
    return found


def _arguments(known: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, str]]:
    description = Description(known)
    for number, argument in enumerate(args):
        description.add(f"argument {number + 1}", argument)
    for name in sorted(kwargs):
        description.add(f"argument {name}", kwargs[name])
    lines: list[tuple[str, str]] = description.lines
    return lines


def _found(module: Any, name: str) -> Any:
    """The function as its callers reach it, decorators and all."""
    holder: Any = module
    *outer, last = name.split(".")
    for part in outer:
        holder = getattr(holder, part)
    found = vars(holder)[last]
    if isinstance(found, (staticmethod, classmethod)):
        found = found.__func__
    elif isinstance(found, property):
        found = found.fget
    if not callable(found):
        raise TypeError(f"{name} is a {type(found).__name__}")
    return found


def _fits(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:  # a function that does not tell
        return True
    return True


def _loaded(data: bytes) -> Any:
    return Loader(io.BytesIO(data)).load()


def _text(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    short.maxlong = 30

    def shown(value: Any) -> str:
        try:
            return short.repr(value)
        except Exception:  # noqa: BLE001  of an object that is half made
            return f"<{type(value).__name__}>"

    text = f"{name}({', '.join([*map(shown, args), *(f'{key}={shown(each)}' for key, each in kwargs.items())])})"
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", text)


if __name__ == "__main__":
    main()
