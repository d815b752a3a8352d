"""`mpco run` with a priced model on a provider of our own: what it may cost, and the same answers again for nothing."""

import asyncio
import json
from pathlib import Path

from tests.end_to_end.conftest import Person
from tests.engine.conftest import BENCH, SLOW, TESTS
from tests.openai_server import saying, serving

KEY = "sk-not-a-real-key-0123456789abcdef"
ANSWER = "```python\ndef distinct(text: str) -> int:\n    return len(set(text.split()))\n```\n"
CONFIG = """[test]
command = "python3 test_words.py"

[benchmark]
command = "python3 bench.py"
max_pairs = 2
calm_seconds = 0

[[llm]]
model = "openai/gpt-4o-mini"
api_base = "%s"
api_key = "${TEST_PROVIDER_API_KEY}"
"""


def write_project(root: Path, url: str, key: str = "") -> Path:
    root.mkdir()
    files = {
        "words.py": SLOW,
        "bench.py": BENCH,
        "test_words.py": TESTS,
        "mpco.toml": CONFIG % url,
    }
    for name, text in files.items():
        (root / name).write_text(text)
    if key:
        (root / ".env").write_text(f"TEST_PROVIDER_API_KEY={key}\n")
    return root


async def test_a_cap_that_no_call_fits_under_ends_with_5_and_nothing_is_sent(person: Person, tmp_path: Path) -> None:
    async with serving(saying(ANSWER)) as server:
        root = write_project(tmp_path / "words", server.url, KEY)
        done = await asyncio.to_thread(person.types, "run", "--bottlenecks", "1", "--max-usd", "0.000001", cwd=root)
    assert done.returncode == 5, done.stderr
    assert "Asking openai/gpt-4o-mini could cost $" in done.stderr
    assert not server.calls


async def test_a_run_is_recorded_without_the_key_and_played_back_elsewhere(person: Person, tmp_path: Path) -> None:
    options = ("run", "--bottlenecks", "1", "--json")
    async with serving(saying(*(ANSWER[at : at + 7] for at in range(0, len(ANSWER), 7)))) as server:
        root = write_project(tmp_path / "words", server.url, KEY)
        first = await asyncio.to_thread(person.types, *options, "--max-usd", "0.5", cwd=root)
    assert first.returncode in (0, 3), first.stderr
    assert len(server.calls) == 1 and f"Bearer {KEY}" in server.calls[0].head
    exported = person.types("recording", "export", "talk.json", cwd=root)
    assert exported.returncode == 0 and "2 calls" in exported.stdout, exported.stderr
    shown = person.types("preview", "--bottlenecks", "1", "--json", cwd=root)
    kinds = [(row["purpose"], row["model"], row["leaves"]) for row in map(json.loads, shown.stdout.splitlines())]
    assert kinds == [("prompt", "offline/meta", False), ("optimise", "openai/gpt-4o-mini", False)], shown.stderr
    person.types("engine", "stop", cwd=root)
    kept = [path for path in root.rglob("*") if path.is_file() and path.name != ".env"]
    assert root / ".mpco" / "session.db" in kept
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]

    # Elsewhere there is neither a key nor the provider, which has stopped listening.
    copy = write_project(tmp_path / "copy", server.url)
    again = person.types(*options, "--replay", str(root / ".mpco" / "session.db"), "--speed", "0", cwd=copy)
    assert again.returncode in (0, 3), again.stderr
    assert patches(again.stdout) == patches(first.stdout) and "set(text.split())" in again.stdout


def patches(text: str) -> list[str]:
    return [json.loads(line)["patch"] for line in text.splitlines()]
