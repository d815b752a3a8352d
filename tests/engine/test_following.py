"""A bottleneck is where its function is, whatever was written into the file since the profile."""

import os
from pathlib import Path

from engine.following import followed
from engine.model import Allocation, Bottleneck, LineHeat

SOURCE = "def first():\n    x = 1\n    return x\n\n\ndef second():\n    y = 2\n    return y\n"
SECOND = Bottleneck(
    id="b",
    file="a.py",
    function="second",
    line=6,
    end_line=8,
    self_share=0.5,
    total_share=0.5,
    heat=(LineHeat(line=7, share=0.4),),
    allocations=(Allocation(line=8, bytes=9.0),),
)
SINCE = 1000.0


def place(root: Path, text: str, at: float = SINCE + 1) -> tuple[int, int, list[int]]:
    """(line, end_line, lines told of) once `text` was written."""
    (root / "a.py").write_text(text)
    os.utime(root / "a.py", (at, at))
    found = followed(SECOND, root, SINCE)
    return found.line, found.end_line, [item.line for item in (*found.heat, *found.allocations)]


def test_a_bottleneck_follows_its_function(tmp_path: Path) -> None:
    assert place(tmp_path, SOURCE) == (6, 8, [7, 8])
    assert place(tmp_path, SOURCE.replace("    x = 1\n", ""), SINCE + 2) == (5, 7, [6, 7])
    assert place(tmp_path, "import os\n" + SOURCE, SINCE + 3) == (7, 9, [8, 9])
    assert place(tmp_path, SOURCE.replace("y = 2", "y = 2\n    y += 1"), SINCE + 4) == (6, 9, [])
    assert place(tmp_path, SOURCE.replace("second", "third"), SINCE + 5) == (6, 8, [7, 8])
    assert place(tmp_path, "\n" + SOURCE, SINCE - 1) == (6, 8, [7, 8])
    (tmp_path / "a.py").unlink()
    assert followed(SECOND, tmp_path, SINCE) is SECOND
