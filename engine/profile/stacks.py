"""Stacks on their way into a tally: equal beginnings are kept once, and the tree is emptied when it grows large."""

from array import array
from collections.abc import Callable, Sequence

from engine.profile.frames import Frame
from engine.profile.tally import Tally
from engine.profile.walk import Walk

MOST_NODES = 300_000
MOST_TEXTS = 60_000


class Stacks:
    """Takes stacks in; memory does not grow with their number, only with that of different frames."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._numbers: dict[Frame, int] = {}
        self._frames: list[Frame] = []
        self._texts: dict[bytes, int] = {}
        self.seen = 0
        self._begin()

    def _begin(self) -> None:
        self._children: dict[int, int] = {}
        self._parents = array("l", [0])
        self._tops = array("l", [0])
        self._weights = array("d", [0.0])
        self._texts.clear()

    def number(self, frame: Frame) -> int:
        """A number for the frame, to be used in stacks."""
        number = self._numbers.get(frame)
        if number is None:
            number = self._numbers[frame] = len(self._frames)
            self._frames.append(frame)
        return number

    def add(self, stack: Sequence[int], weight: float) -> None:
        """One stack, outermost frame first."""
        self._weights[self._node(0, stack)] += weight
        self.seen += 1
        if len(self._parents) > MOST_NODES:
            self.flush()

    def add_text(self, text: bytes, top: int, weight: float, read: Callable[[bytes], Sequence[int]]) -> None:
        """One stack whose frames up to `top` are `read(text)`; texts that come again need not be read again."""
        node = self._texts.get(text)
        if node is None:
            node = self._node(0, read(text))
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            self._texts[text] = node
        self._weights[self._node(node, (top,)) if top >= 0 else node] += weight
        self.seen += 1
        if len(self._parents) > MOST_NODES:
            self.flush()

    def _node(self, node: int, stack: Sequence[int]) -> int:
        children = self._children
        for number in stack:
            key = node << 32 | number
            below = children.get(key)
            if below is None:
                below = children[key] = len(self._parents)
                self._parents.append(node)
                self._tops.append(number)
                self._weights.append(0.0)
            node = below
        return node

    def flush(self) -> None:
        """Hand everything over to the tally."""
        if self._frames:
            Walk(self._tally, self._frames, self._parents, self._tops, self._weights).run()
            self._tally.flame.shrink()
        self._begin()
