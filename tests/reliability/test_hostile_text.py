"""Text from a project, an LLM, a test or a file's name must not drive the terminal: not in the app, not beside it."""

import re
from pathlib import Path
from typing import Any

import msgspec

from engine.protocol import Snapshot
from tests.end_to_end.conftest import MPCO, Person
from tests.end_to_end.terminal import Terminal
from tests.tui import samples
from tests.tui.conftest import OpenApp

HOSTILE = "\x1b]0;PWNED\x07\x1b[2J\x9b31m\x1bP1$q\x1b\\\u202eesrever\u2066\x08\x00\x7f\x0c"
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
KEYWORDS = {"id", "kind", "state", "decision", "verdict", "arm", "digest", "objective", "strategy", "hold", "severity"}
"""Keys of the session's JSON whose values MPCO itself gives."""


def names_in(value: Any) -> set[str]:
    """What a session's JSON refers to by name."""
    if isinstance(value, dict):
        own = {value[key] for key in ("id", "label") if isinstance(value.get(key), str)}
        return own.union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def poisoned(value: Any, names: set[str], key: str = "") -> Any:
    """A session's JSON with something hostile in each text that comes from outside."""
    if isinstance(value, dict):
        return {name: item if name == "type" else poisoned(item, names, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, names, key) for item in value]
    if not isinstance(value, str) or key in KEYWORDS or value in names or not value:
        return value
    return HOSTILE + value.replace("\n", f" {HOSTILE}\n")


def hostile_session(root: Path) -> Snapshot:
    """The sample session with every text poisoned."""
    plain = msgspec.to_builtins(samples.full(root))
    return msgspec.convert(poisoned(plain, names_in(plain)), Snapshot)


async def test_no_screen_passes_on_what_acts(open_app: OpenApp, root: Path) -> None:
    looked_at = 0
    async with open_app(hostile_session(root), size=(160, 50)) as person:
        for stage in "12345":
            await person.press(stage)
            for key in ("down", "tab", "tab", "question_mark", "escape"):
                await person.press(key)
                await person.pilot.pause()
                looked_at += 1
                assert not ACTING.findall(person.screen), (stage, key, ACTING.findall(person.screen))
            person.app.notify(HOSTILE, title=HOSTILE, markup=False)
        await person.press("1", "f")
        await person.pilot.pause()
        assert not ACTING.findall(person.screen)
    print(f"{looked_at} pictures of a session with hostile text in every field: nothing acts")


def acts(data: bytes) -> list[str]:
    return ACTING.findall(data.decode("utf-8", "replace").replace("\r\n", "\n"))


def test_no_command_passes_on_what_acts(person: Person, project: Path, tmp_path: Path) -> None:
    (project / "hostile.py").write_text(f"def slow():\n    return {HOSTILE.replace(chr(0), '')!r}  # \u202e\x9b31m\n")
    stacks = tmp_path / "stacks.txt"
    stacks.write_text("main;\x1b]0;PWNED\x07slow 10\nmain;\x9b31mslow 5\n")
    reply = tmp_path / "reply.md"
    reply.write_text(f"```python\ndef distinct(text):\n    return '{HOSTILE.replace(chr(0), '')}'\n```\n")
    (tmp_path / "\x1b]0;PWNED\x07.patch").write_text("--- a/\x1b[31mno\n+++ b/\x1b[31mno\n@@ -1 +1 @@\n-a\n+\x1b[2J\n")
    commands = (
        ("profile", "--import", str(stacks), "--root", str(project), "--unmapped"),
        ("profile", "--import", str(stacks), "--root", str(project), "--unmapped", "--json"),
        ("answer", str(reply), "--root", str(project), "--file", "words.py"),
        ("answer", str(reply), "--root", str(project), "--file", "words.py", "--json"),
        ("evaluate", str(tmp_path / "\x1b]0;PWNED\x07.patch")),
        ("evaluate", str(tmp_path / "\x1b]0;PWNED\x07.patch"), "--json"),
        ("-C", str(project), "report"),
    )
    person.roots.append(project)
    for command in commands:
        with Terminal([str(MPCO), *command], cwd=project, env=person.env) as terminal:
            terminal.wait_exit(60)
            terminal.drain()
            assert terminal.received and not acts(bytes(terminal.received)), (command, bytes(terminal.received))
    print(f"{len(commands)} commands with hostile input on a terminal: nothing acts")
