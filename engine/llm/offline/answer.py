"""Writes code into an answer in the form that was asked for."""

import difflib
import re

CONTEXT = 2
"""Unchanged lines kept around a change in a search block, before it is made longer to be found only once."""


def fenced(text: str, language: str) -> str:
    """`text` between fences that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"


def as_function(function: str, imports: list[str], definitions: list[str]) -> str:
    """The whole function with its own indentation, and above it the lines that it needs at module level."""
    above = "\n".join([*imports, *definitions])
    return fenced(f"{above}\n\n{function}" if above else function, "python")


def as_file(path: str, text: str) -> str:
    """The whole file."""
    return f"{path}\n{fenced(text, 'python')}"


def as_diff(path: str, old: str, new: str) -> str:
    """A unified diff."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return fenced("\n".join(lines), "diff")


def as_search_replace(path: str, old: str, new: str) -> str:
    """One block for each change, each with enough lines to be found in one place only."""
    before, after = old.splitlines(), new.splitlines()
    groups = difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT)
    blocks = []
    for group in groups:
        a, b, c, d = group[0][1], group[-1][2], group[0][3], group[-1][4]
        while old.count("\n".join(before[a:b])) > 1 and (a > 0 or b < len(before)):
            # Lines around a group are equal in both texts, so both ranges grow alike.
            if a > 0:
                a, c = a - 1, c - 1
            elif b < len(before):
                b, d = b + 1, d + 1
        # A block that begins with an empty line is easily misread.
        while a < b and c < d and not before[a] and not after[c] and old.count("\n".join(before[a + 1 : b])) == 1:
            a, c = a + 1, c + 1
        search, replace = "\n".join(before[a:b]), "\n".join(after[c:d])
        text = f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE"
        blocks.append(f"{path}\n{fenced(text, 'python')}")
    return "\n\n".join(blocks)
