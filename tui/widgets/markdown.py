"""What a prompt's Markdown, and the tags that some LLMs like, are coloured with; where it is read and where it is
edited."""

import re
from collections.abc import Iterator

_HEADING = re.compile(r"#{1,6} ")
_AT_START = (
    (re.compile(r"#{1,6} .*"), "syntax-keyword"),
    (re.compile(r"\s*(?:[-*+]|\d+\.)(?= )"), "syntax-operator"),
    (re.compile(r"\s*(?:```|~~~).*"), "syntax-comment"),
)
_ANYWHERE = (
    (re.compile(r"\*\*[^*]+\*\*"), "syntax-class"),
    (re.compile(r"`[^`]+`"), "syntax-string"),
    (re.compile(r"</?[A-Za-z][\w-]*>"), "syntax-function"),
)


def markdown_spans(text: str, *, starts: bool = True) -> Iterator[tuple[int, int, str]]:
    """(first character, character after the last, theme variable) of what stands out in a line.

    `starts` is False for the rest of a line that was wrapped: no list begins there.
    """
    if starts:
        for pattern, variable in _AT_START:
            found = pattern.match(text)
            if found:
                yield *found.span(), variable
    for pattern, variable in _ANYWHERE:
        for found in pattern.finditer(text):
            yield *found.span(), variable


def is_heading(line: str) -> bool:
    """Whether the line is a heading, which stands out as a whole."""
    return _HEADING.match(line) is not None
