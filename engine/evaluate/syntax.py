"""Whether changed Python files compile: what a build is to projects that need none.

Without it a candidate with a syntax error would count as one that fails tests, when no test has run.
"""

import re
from collections.abc import Iterable

from engine.config import Config

TIMEOUT = 60.0
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")
_COMPILE = """\
import sys
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        try:
            compile(file.read(), name, "exec")
        except SyntaxError as error:
            sys.exit(f"{name}:{error.lineno}: {type(error).__name__}: {error.msg}")
"""


def compile_command(config: Config, changed: Iterable[str]) -> list[str]:
    """The command that compiles the changed Python files in memory; empty when there are none.

    It names the interpreter of the project's own commands, since the project's Python may be newer than MPCO's.
    """
    files = [name for name in changed if name.endswith(".py")]
    sections = (config.benchmark, config.test, config.build)
    words = (word.strip("'\"") for section in sections for word in section.command.split())
    interpreter = next((word for word in words if _PYTHON.fullmatch(word)), "")
    return [interpreter, "-c", _COMPILE, *files] if files and interpreter else []
