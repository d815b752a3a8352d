"""The difference of two texts as hunks, for the diff view."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from engine.model import Hunk


def text_hunks(name: str, old: str, new: str) -> tuple[Hunk, ...]:
    """The blocks of lines in which `new` differs from `old`; texts of people's length, a few thousand lines at most."""
    before, after = old.split("\n"), new.split("\n")
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(
        Hunk(
            id=f"{name}:{i1}",
            file=name,
            old_start=i1 + 1,
            old_lines=tuple(before[i1:i2]),
            new_start=j1 + 1,
            new_lines=tuple(after[j1:j2]),
        )
        for kind, i1, i2, j1, j2 in blocks
        if kind != "equal"
    )


def accepted_text(old: str, hunks: Iterable[Hunk]) -> str:
    """`old` with these of its `text_hunks` put in."""
    lines = old.split("\n")
    for hunk in sorted(hunks, key=lambda hunk: hunk.old_start, reverse=True):
        lines[hunk.old_start - 1 : hunk.old_start - 1 + len(hunk.old_lines)] = hunk.new_lines
    return "\n".join(lines)
