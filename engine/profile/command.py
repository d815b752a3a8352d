"""The profile command as a person wrote it -> the same command, recorded.

The command stays a shell line, so that its quoting, variables and redirections keep their meaning: the driver is put
in as one more word, `python -O bench.py` becoming `python -O "$MPCO_IO"/mpco_driver.py bench.py`. Python processes
that cannot be seen in the line (make, pytest, shell scripts) are taken in by a sitecustomize on PYTHONPATH instead;
both together, since a command that sets PYTHONPATH itself hides the second way but not the first.
"""

import os
import re
from collections.abc import Sequence
from importlib import resources
from typing import Literal, NamedTuple

from engine.execute import IO_VARIABLE

Recorded = Literal["calls", "lines"]

_PREPARE = (
    f'PYTHONPATH="${IO_VARIABLE}${{PYTHONPATH:+:$PYTHONPATH}}" MPCO_PROFILE_ROOT="$PWD"\n'
    "export PYTHONPATH MPCO_PROFILE_ROOT\n"
)
_DRIVER = f'"${IO_VARIABLE}"/mpco_driver.py'

_WORD = re.compile(r"""(?:[^\s'"\\;&|<>()`$\n]|\\.|'[^']*'|"(?:[^"\\`$]|\\.|\$(?!\())*"|\$(?![(']))+""", re.DOTALL)
_OPERATOR = re.compile(r"&&|\|\||[;&|\n]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)*t?)?")
_FLAGS = re.compile(r"-[bBdEiIOPqRsSuvx]+")
_SHEBANG = re.compile(rb"#!\s*(\S*/(?:python|pypy)[\d.]*t?|\S*/env\s+(?:python|pypy)[\d.]*t?)\s*(?:\n|\r)")
_ELF = b"\x7fELF"


class _Word(NamedTuple):
    text: str
    start: int
    end: int


def driver_files() -> dict[str, bytes]:
    """The files that a recorded command finds in $MPCO_IO."""
    folder = resources.files("engine.profile")
    return {
        "mpco_driver.py": (folder / "driver.py").read_bytes(),
        "sitecustomize.py": (folder / "sitecustomize.py").read_bytes(),
    }


def recorded(command: str, root: str) -> str:
    """The shell line that runs `command` with each of its Python processes recorded.

    `root` is the folder it runs in, where scripts that it names by a path are looked up.
    """
    insertions = [where for words in _simple_commands(command) if (where := _insertion(words, root))]
    for position, text in reversed(insertions):
        command = command[:position] + text + command[position:]
    return _PREPARE + command


def names_python(command: str, root: str) -> bool:
    """Whether the line itself runs Python."""
    return any(_insertion(words, root) for words in _simple_commands(command))


def names_machine_code(command: str, root: str) -> bool:
    """Whether the line itself runs, by its path, a program of the project that a compiler has made."""
    programs = [_plain(words[at].text) for words in _simple_commands(command) if (at := _program(words)) < len(words)]
    return any(_head(os.path.join(root, program)).startswith(_ELF) for program in programs if "/" in program)


def _simple_commands(line: str) -> list[list[_Word]]:
    """The words of each simple command; a construct that is more than words and operators ends the reading."""
    commands: list[list[_Word]] = [[]]
    position = 0
    while position < len(line):
        if word := _WORD.match(line, position):
            commands[-1].append(_Word(word[0], word.start(), word.end()))
            position = word.end()
        elif operator := _OPERATOR.match(line, position):
            commands.append([])
            position = operator.end()
        elif line[position].isspace():
            position += 1
        else:
            break
    return commands


def _insertion(words: Sequence[_Word], root: str) -> tuple[int, str] | None:
    """Where to put what, when the simple command runs Python by name or a script whose first line does."""
    start = _program(words)
    if start == len(words):
        return None
    program = _plain(words[start].text)
    if _PYTHON.fullmatch(program.rsplit("/", 1)[-1]):
        return _after_flags(words[start + 1 :])
    interpreter = _interpreter(os.path.join(root, program)) if "/" in program else ""
    return (words[start].start, f"{interpreter} {_DRIVER} ") if interpreter else None


def _program(words: Sequence[_Word]) -> int:
    """Where the program stands behind assignments and `env`; behind the last word when there is none."""
    start = next((at for at, word in enumerate(words) if not _ASSIGNMENT.match(word.text)), len(words))
    if start < len(words) and words[start].text in ("env", "exec", "/usr/bin/env"):
        start = next((at for at in range(start + 1, len(words)) if not _ASSIGNMENT.match(words[at].text)), len(words))
    return start


def _after_flags(words: Sequence[_Word]) -> tuple[int, str] | None:
    at = 0
    while at < len(words) and words[at].text.startswith("-") and words[at].text not in ("-m", "-c"):
        if words[at].text in ("-W", "-X"):
            at += 2
        elif _FLAGS.fullmatch(words[at].text) or words[at].text.startswith(("-W", "-X")):
            at += 1
        else:
            return None
    return (words[at].start, _DRIVER + " ") if at < len(words) else None


def _plain(word: str) -> str:
    return re.sub(r"""['"\\]""", "", word)


def _interpreter(script: str) -> str:
    """The Python named by the script's first line; empty when it is no Python script."""
    found = _SHEBANG.match(_head(script))
    return os.fsdecode(found[1]) if found else ""


def _head(file: str) -> bytes:
    try:
        with open(file, "rb") as content:
            return content.read(256)
    except (OSError, ValueError):
        return b""
