"""The transformations of the offline optimisers: one module for each, all with the same shape.

A rule has the words by which a prompt asks for it, and `find`, which returns its next rewrite of the function or
None. It must prove from the file alone that the rewrite keeps every result; when in doubt it leaves the code alone.
"""

from collections.abc import Callable

import msgspec

from engine.llm.offline.code import Code, Rewrite


class Rule(msgspec.Struct, frozen=True):
    """One transformation."""

    name: str
    triggers: str
    """Regular expression: what a prompt says when it asks for this."""
    find: Callable[[Code], Rewrite | None]
