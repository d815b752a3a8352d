"""Checks a prompt before it is used: an unfilled placeholder or leaked code spoils every answer to it."""

import re

_PLACEHOLDERS = (
    re.compile(r"\{\{\s*[\w .#/-]+\s*\}\}"),
    re.compile(r"\{(?:your_|the_|original_|source_)?code(?:_snippet|_here|_block)?\}", re.IGNORECASE),
    re.compile(r"\[(?:insert|paste|your)\s[^\]\n]*\](?!\()", re.IGNORECASE),
    re.compile(r"\[(?:INSERT|PASTE|YOUR)(?:_[A-Z_]+)?\]"),
    re.compile(r"\[[\w ]*code (?:goes )?here\]", re.IGNORECASE),
    re.compile(r"<(?:insert|paste|your)[ _-][\w _-]*>", re.IGNORECASE),
    re.compile(r"<[\w _-]*code[ _-](?:goes[ _-])?here>", re.IGNORECASE),
)
LEAK = 3
"""So many lines of the source in a row are no quotation any more."""


def lint(text: str, source: str) -> str:
    """What is wrong with a prompt, in one sentence; empty when nothing is.

    `source` is the bottleneck's code, which the prompt must not hold; "" leaves that unchecked.
    """
    if not text.strip():
        return "The prompt is empty; write it again."
    for pattern in _PLACEHOLDERS:
        for found in pattern.finditer(text):
            # Code that is itself a template may well be talked about.
            if found[0] not in source:
                line = text.count("\n", 0, found.start()) + 1
                return f"Line {line} of the prompt has the unfilled placeholder {found[0]}; edit it or write it again."
    line = _leak(text, source)
    if line:
        return f"The prompt repeats the code from its line {line} on, which is appended to it anyway; edit it."
    return ""


def _leak(text: str, source: str) -> int:
    """The line of `text` at which LEAK lines of the source follow each other; 0 when none do."""
    written = _worded(text)
    code = [line for _, line in _worded(source)]
    runs = {tuple(code[i : i + LEAK]) for i in range(len(code) - LEAK + 1)}
    for i in range(len(written) - LEAK + 1):
        if tuple(line for _, line in written[i : i + LEAK]) in runs:
            return written[i][0]
    return 0


def _worded(text: str) -> list[tuple[int, str]]:
    """(number, text) of the lines with a word in them, without indentation and quotation marks around them.

    Lines of brackets alone are left out on both sides: they are everywhere and prove nothing.
    """
    stripped = ((number, line.strip(" \t>`")) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in stripped if re.search(r"\w", line)]
