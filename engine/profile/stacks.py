"""Stacks on their way into a tally: equal beginnings are kept once, and the tree is emptied when it grows large."""

from array import array
from collections.abc import Iterable, Mapping, Sequence

from engine.profile.frames import Frame
from engine.profile.tally import Tally

MOST_NODES = 300_000


class Stacks:
    """Takes stacks in; memory does not grow with their number, only with that of different frames."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._numbers: dict[Frame, int] = {}
        self._frames: list[Frame] = []
        self.seen = 0
        self._begin()

    def _begin(self) -> None:
        self._children: dict[int, int] = {}
        self._texts: dict[int, int] = {}
        self._parents, self._tops, self._weights = array("q", [0]), array("q", [0]), array("d", [0.0])

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

    def add_texts(self, texts: Iterable[tuple[bytes, float]], mark: bytes, numbers: Mapping[bytes, int]) -> None:
        """Many (stack, weight), outermost frame first, frames with `mark` between them.

        `numbers` has the number of every frame's text; below 0 it is no frame.
        """
        node_of, weights = self._texts.get, self._weights
        for text, weight in texts:
            node = node_of(hash(text))
            if node is None:
                if len(weights) > MOST_NODES:
                    self.flush()
                    node_of, weights = self._texts.get, self._weights
                node = self._read(text, mark, numbers)
            weights[node] += weight
            self.seen += 1

    def _read(self, text: bytes, mark: bytes, numbers: Mapping[bytes, int]) -> int:
        """The node of a text; each of its beginnings that is new becomes a node, so that no frame is read twice.

        Beginnings are told apart by their 64-bit hashes, which are a tenth of their size: among a million of them, two
        are taken for one in one of 40 million files.
        """
        texts, missing = self._texts, []
        node: int | None = 0
        while text and (node := texts.get(key := hash(text))) is None:
            text, _, label = text.rpartition(mark)
            missing.append((key, numbers[label]))
            node = 0
        assert node is not None
        for key, number in reversed(missing):
            texts[key] = node = self._new(node, number) if number >= 0 else node
        return node

    def _node(self, node: int, stack: Sequence[int]) -> int:
        children = self._children
        for number in stack:
            key = node << 32 | number
            below = children.get(key)
            if below is None:
                below = children[key] = self._new(node, number)
            node = below
        return node

    def _new(self, parent: int, number: int) -> int:
        node = len(self._parents)
        self._parents.append(parent)
        self._tops.append(number)
        self._weights.append(0.0)
        return node

    def flush(self) -> None:
        """Hand everything over to the tally; stacks without a frame are time of an unknown one."""
        if lost := self._weights[0]:
            self._weights[0] = 0.0
            self._weights[self._node(0, [self.number(Frame("[unknown]"))])] += lost
        if self._frames:
            from engine.profile.walk import Walk  # with numpy, which takes 80 ms and is not for the screen's process

            Walk(self._tally, self._frames, self._parents, self._tops, self._weights).run()
            self._tally.flame.shrink()
        self._begin()
