"""What an answer asks for, before anybody has looked at the files: the output of parsing, the input of placing."""

import re

import msgspec

ELISION = re.compile(
    r"^\s*(?:#|//|/\*|--|<!--)\s*(?:\.\.\.|…)"
    r"|\(?existing code\)?\s*(?:\.\.\.|…)"
    r"|(?:\.\.\.|…)\s*\(?(?:the )?(?:rest|existing|other|previous|remaining|unchanged|same)\b"
    r"|^\s*(?:#|//|/\*)\s*\(?(?:the )?(?:rest of|remaining|existing|previous) (?:the )?"
    r"(?:code|function|method|class|file|body|implementation)\b.*(?:unchanged|same|here|as before|\.\.\.)",
    re.IGNORECASE | re.MULTILINE,
)
"""A comment that stands for code the LLM did not write out."""


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One edit of an answer; `file` is empty when the answer names none."""

    file: str = ""
    text: str = ""
    """The edit as it stood in the answer, to show with a refusal."""
    complete: bool = True
    """False when the answer ends in the middle of it."""
    number: int = -1
    """Its place among the edits of the answer, from 0; -1 before they are counted."""


class Code(Edit, frozen=True, kw_only=True):
    """A piece of code: a function with what it needs, or a whole file; the file's own text decides which."""

    code: str
    whole: bool = False
    """True when the answer leaves no doubt that this is the whole file."""
    fresh: bool = False
    """True when the prose above it says that the file is a new one."""


class Block(Edit, frozen=True, kw_only=True):
    """Lines to find and the lines to put in their place: a search/replace block or one hunk of a diff."""

    search: tuple[str, ...]
    replace: tuple[str, ...]
    hint: int = 0
    """The line at which a diff says that it begins; 0 when unknown. LLMs count badly, so it only breaks ties."""
    below: str = ""
    """A line, such as the head of a function, that a diff says the place is below; it only breaks ties."""
    creates: bool = False
    """True when the file is to be a new one."""
    at: int = 0
    """The line of the file, as it is when the edit is made, at which a person has said that it begins; 0: nobody."""


class Delete(Edit, frozen=True, kw_only=True):
    """The file is to go."""


class Move(Edit, frozen=True, kw_only=True):
    """The file is to have the text of another one, which goes unless it is copied."""

    origin: str
    keep: bool = False
    """True for a copy."""


class Broken(Edit, frozen=True, kw_only=True):
    """Something that was meant as an edit and cannot be one."""

    reason: str


def elision(code: str) -> str:
    """The first line of `code` that stands for code left out; empty when there is none."""
    found = ELISION.search(code)
    return code[code.rfind("\n", 0, found.start() + 1) + 1 :].lstrip("\n").split("\n", 1)[0].strip() if found else ""
