"""pyinstrument's JSON: a tree of frames with times in seconds (`pyinstrument -r json`)."""

import re
from typing import Any

import msgspec

from engine.profile.formats.source import Source, decoded
from engine.profile.frames import Frame
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

NAME = "pyinstrument JSON"
_KEYS = re.compile(rb'"root_frame"\s*:|"file_path_short"\s*:')


class _Node(msgspec.Struct):
    function: str = ""
    file_path: str | None = None
    file_path_short: str | None = None
    line_no: int | None = None
    time: float = 0.0
    children: tuple["_Node", ...] = ()


class _Session(msgspec.Struct):
    root_frame: _Node | None
    duration: Any = None


def matches(head: bytes) -> bool:
    """An object with a root frame."""
    return head.lstrip()[:1] == b"{" and _KEYS.search(head) is not None


def read(source: Source, tally: Tally) -> None:
    """Add the tree; a frame's own time is what its children leave of it."""
    session = decoded(source, NAME, _Session)
    tally.unit = "seconds"
    stacks = Stacks(tally)
    root = session.root_frame if isinstance(session, _Session) else None
    pending: list[tuple[_Node, tuple[int, ...]]] = [(root, ())] if root else []
    while pending:
        node, above = pending.pop()
        # [self], [await] and the like are no frames: their time is that of the frame around them.
        stack = above if node.function.startswith("[") else (*above, stacks.number(_frame(node)))
        own = node.time - sum(child.time for child in node.children)
        if own > 0 and stack:
            stacks.add(stack, own)
        pending.extend((child, stack) for child in node.children)
    stacks.flush()


def _frame(node: _Node) -> Frame:
    return Frame(node.function, node.file_path or node.file_path_short or "", node.line_no or 0)
