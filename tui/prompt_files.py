"""Prompts as plain files that live well in git: Markdown with front matter, one for each bottleneck and LLM."""

import re
import time
from pathlib import Path

import msgspec

from engine.errors import PromptError
from engine.model import Bottleneck, Prompt

_FRONT_MATTER = re.compile(r"---\r?\n(.*?)^---\r?\n", re.DOTALL | re.MULTILINE)
NEEDED = ("file", "function", "llm")


class PromptFile(msgspec.Struct, frozen=True):
    """What a file says: whose prompt it is, and its text."""

    file: str
    function: str
    llm: str
    strategy: str
    text: str


def render(prompt: Prompt, bottleneck: Bottleneck) -> str:
    """The content of a file: the same for the same version, so that git shows real changes only."""
    head = {
        "file": bottleneck.file,
        "function": bottleneck.function,
        "llm": prompt.llm,
        "strategy": prompt.strategy,
        "author": prompt.author,
        "version": str(prompt.version),
        "meta_prompter": prompt.meta_prompter,
        "written": time.strftime("%Y-%m-%d %H:%M", time.localtime(prompt.at)),
    }
    lines = [f"{key}: {value}" for key, value in head.items() if value]
    return "\n".join(["---", *lines, "---", prompt.text.strip(), ""])


def name_of(prompt: Prompt, bottleneck: Bottleneck) -> str:
    """`stats.visitors.algorithms.md`."""
    words = (Path(bottleneck.file).stem, bottleneck.function, prompt.llm)
    return ".".join(re.sub(r"[^\w-]+", "_", word).strip("_") for word in words) + ".md"


def parse(path: Path) -> PromptFile:
    """The prompt in a file.

    Raises:
        PromptError: naming file and line, when it cannot be read or does not say whose prompt it is.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: cannot be read as text in UTF-8 ({error}).") from error
    found = _FRONT_MATTER.match(text)
    if found is None:
        raise PromptError(
            f"{path}:1: expected front matter between two lines of ---, as `mpco prompts export` writes it."
        )
    head = {}
    for number, line in enumerate(found[1].splitlines(), 2):
        key, colon, value = line.partition(":")
        if not colon:
            raise PromptError(f"{path}:{number}: found {line!r}, expected `key: value`.")
        head[key.strip()] = value.strip()
    for key in NEEDED:
        if not head.get(key):
            raise PromptError(f"{path}: its front matter has no {key}; it needs {', '.join(NEEDED)}.")
    body = text[found.end() :].strip()
    return PromptFile(head["file"], head["function"], head["llm"], head.get("strategy", "mpco"), body)
