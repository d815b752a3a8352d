"""The cheat lens on candidates and variants, with the benchmark's own files beside them."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from engine import lens
from engine.config import Config
from engine.model import Flag
from engine.protected import matching

BENCHMARKS = ("bench*", "benchmarks/**", "*_bench.*", "*_benchmark.*")
MOST_FILES, MOST_BYTES = 20, 200_000


def flags_of(config: Config, changes: Iterable[tuple[str, str, str | None]]) -> tuple[Flag, ...]:
    """The flags on (path, text before, text after); a file that goes has no text after."""
    texts = [(path, before, after or "") for path, before, after in changes]
    return lens.flags(texts, [text for path in _benchmark_files(config) if (text := _text(path))])


def _benchmark_files(config: Config) -> list[Path]:
    """The files that the benchmark command names, and those that are benchmarks by their name."""
    root = config.root_path
    try:
        words = shlex.split(config.benchmark.command)
    except ValueError:
        words = []
    named = [root / word for word in words if not word.startswith("/") and (root / word).is_file()]
    here = [*root.glob("bench*"), *root.glob("*_bench*"), *root.glob("benchmarks/*")]
    found = [path for path in here if path.is_file() and matching(str(path.relative_to(root)), BENCHMARKS)]
    return list(dict.fromkeys([*named, *sorted(found)]))[:MOST_FILES]


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if len(data) <= MOST_BYTES and b"\0" not in data else ""
