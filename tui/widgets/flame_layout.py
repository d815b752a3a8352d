"""Where the boxes of a flame graph stand: pure functions, so that painting and moving agree."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.model import FlameNode


class Box(NamedTuple):
    """One node on the screen, in cells."""

    node: int
    row: int
    left: int
    width: int


class Tree:
    """The nodes of one flame graph with their relatives; nodes are numbered as they come, each before its children."""

    def __init__(self, nodes: Sequence[FlameNode]) -> None:
        self.nodes = tuple(nodes)
        self.parents: list[int] = []
        self.children: list[list[int]] = [[] for _ in nodes]
        self.roots: list[int] = []
        path: list[int] = []
        for number, node in enumerate(nodes):
            del path[node.depth :]
            self.parents.append(path[-1] if path else -1)
            (self.children[path[-1]] if path else self.roots).append(number)
            path.append(number)

    def siblings(self, node: int) -> list[int]:
        """The node and those beside it."""
        parent = self.parents[node]
        return self.roots if parent < 0 else self.children[parent]

    def above(self, node: int) -> list[int]:
        """The nodes that it was called from, outermost first."""
        found = []
        while (node := self.parents[node]) >= 0:
            found.append(node)
        return found[::-1]

    def path(self, node: int) -> tuple[str, ...]:
        """The names and files from the outermost node to this one; lines move when a file changes."""
        found = (self.nodes[number] for number in (*self.above(node), node))
        return tuple(f"{item.name} {item.place.rpartition(':')[0]}" for item in found)

    def share_of(self, nodes: Sequence[int]) -> float:
        """The share of all that some nodes have together, one inside of another counted once."""
        wanted = set(nodes)
        return sum(self.nodes[node].share for node in nodes if wanted.isdisjoint(self.above(node)))

    def matching(self, text: str) -> list[int]:
        """The nodes with `text` in their names or places."""
        wanted = text.lower()
        return [n for n, node in enumerate(self.nodes) if wanted and wanted in f"{node.name} {node.place}".lower()]


def layout(tree: Tree, width: int, zoom: int = -1) -> list[list[Box]]:
    """The boxes of each row; with `zoom`, that node takes the whole width, below those it was called from.

    A box that would be narrower than a cell is left out with all that is below it.
    """
    rows: list[list[Box]] = []

    def put(box: Box) -> None:
        while len(rows) <= box.row:
            rows.append([])
        rows[box.row].append(box)

    pending: list[tuple[int, int, float, float]] = []
    if zoom >= 0:
        for row, node in enumerate(tree.above(zoom)):
            put(Box(node, row, 0, width))
        pending.append((zoom, len(tree.above(zoom)), 0.0, float(width)))
    else:
        pending += _beside(tree, tree.roots, 0, 0.0, float(width), 1.0)
    while pending:
        node, row, left, right = pending.pop()
        start, end = round(left), round(right)
        if end > start:
            put(Box(node, row, start, end - start))
            pending += _beside(tree, tree.children[node], row + 1, left, right, tree.nodes[node].share)
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _beside(
    tree: Tree, nodes: Sequence[int], row: int, left: float, right: float, whole: float
) -> list[tuple[int, int, float, float]]:
    """(node, row, left, right) of each; what a recording gives them beyond their caller's whole is taken from all."""
    found = []
    whole = max(whole, sum(tree.nodes[node].share for node in nodes))
    scale = (right - left) / whole if whole > 0 else 0.0
    for node in nodes:
        end = min(right, left + scale * tree.nodes[node].share)
        found.append((node, row, left, end))
        left = end
    return found


def changes(tree: Tree, before: Sequence[FlameNode], amount: float, amount_before: float) -> Mapping[int, float]:
    """How much each node's cost has changed against the same path in an older graph, as a share of the older whole."""
    old, new = _by_path(Tree(before)), _by_path(tree)
    whole = amount_before or 1.0
    found = {}
    for number, node in enumerate(tree.nodes):
        path = tree.path(number)
        part = node.share / new[path] if new[path] else 1.0  # of what several nodes of one path have together
        found[number] = (node.share * amount - part * old.get(path, 0.0) * amount_before) / whole
    return found


def _by_path(tree: Tree) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for number, node in enumerate(tree.nodes):
        path = tree.path(number)
        found[path] = found.get(path, 0.0) + node.share
    return found
