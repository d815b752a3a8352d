"""Where the hunks are in the whole diff, as one column beside it."""

from collections.abc import Mapping, Sequence

from tui.widgets.diff_model import DiffModel, Mark

Cell = tuple[str, str]
"""(sign, part of the component classes)"""
BLANK: Cell = (" ", "number")
SIGNS: Mapping[Mark, str] = {"accepted": "█", "rejected": "░", "pending": "▒", "stale": "!"}


class Minimap:
    """One cell a line of the screen; remembered until the view moves or something is decided."""

    def __init__(self) -> None:
        self._seen = range(0)
        self._cells: Sequence[Cell] = ()

    def forget(self) -> None:
        """Something else than the place in the diff has changed."""
        self._cells = ()

    def cell(self, y: int, model: DiffModel, decisions: Mapping[str, Mark], seen: range) -> Cell:
        """What stands beside line `y` of the view, whose rows `seen` are on the screen; nothing if all are."""
        if len(seen) >= model.rows:
            return BLANK
        if seen != self._seen or not self._cells:
            self._seen, self._cells = seen, _cells(model, decisions, seen)
        return self._cells[y] if y < len(self._cells) else BLANK


def _cells(model: DiffModel, decisions: Mapping[str, Mark], seen: range) -> Sequence[Cell]:
    height, cells = len(seen), list[Cell]()
    for y in range(height):
        first, last = y * model.rows // height, max(y * model.rows // height, (y + 1) * model.rows // height - 1)
        inside = first < seen.stop and last >= seen.start
        cells.append(("┊", "number") if inside else BLANK)
    for index, start in enumerate(model.hunk_rows):
        hunk = model.hunks[index]
        decision = decisions.get(hunk.id, "pending")
        length = (
            len(hunk.old_lines) + len(hunk.new_lines)
            if model.unified
            else max(len(hunk.old_lines), len(hunk.new_lines))
        )
        for y in range(start * height // model.rows, (start + length - 1) * height // model.rows + 1):
            cells[y] = (SIGNS[decision], decision)
    return cells
