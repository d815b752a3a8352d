"""The diff view on diffs of 10,000 and 100,000 lines, in a real terminal, beside a bare Textual app that reads the files.

Shows: first paint, key to painted frame when scrolling by line and by page, resident memory, and the processor
time of each, which tells more than the clock when other programs are running. The files are source
code made up with a seed, one line in 40 changed; the view gets hunks, as it does from the engine.
"""

import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual.app import App, ComposeResult
from textual.widgets import Label

if TYPE_CHECKING:
    from tui.widgets.diff_view import DiffView

FIRST = "first_line_of_the_file"
SIZES = (10_000, 100_000)
RUNS = 3
KEYS = 150


class Bare(App[None]):
    """Reads what the diff is made of and shows one word."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """One label."""
        self.texts = [(self._folder / name).read_text() for name in ("old.py", "new.py")]
        yield Label(FIRST)


class Diff(App[None]):
    """One diff view and nothing else."""

    def __init__(self, folder: Path) -> None:
        import themes

        super().__init__()
        self._folder = folder
        for theme in themes.load()[0]:
            self.register_theme(theme)
        self.theme = "mpco-dark"

    def compose(self) -> ComposeResult:
        """The view."""
        from tui.widgets.diff_view import DiffView

        yield DiffView(id="diff")

    def on_mount(self) -> None:
        """The candidate as the engine sends it; unfolded after the first paint, so that every line is a row."""
        from engine.model import Candidate
        from tui.widgets.diff_view import DiffView

        candidate = msgspec.json.decode((self._folder / "candidate.json").read_bytes(), type=Candidate)
        view = self.query_one(DiffView)
        view.show(candidate.id, candidate.files, candidate.hunks)
        view.focus()
        self.call_after_refresh(self._unfold, view)

    @staticmethod
    def _unfold(view: "DiffView") -> None:
        view.toggle_folds()
        view.scroll_to(y=0, animate=False)


def write_files(folder: Path, lines: int) -> None:
    """Two versions of a module, and the candidate that leads from one to the other."""
    from engine.generate.hunks import make_hunks
    from engine.model import BaselineFile, Candidate

    chance = random.Random(lines)
    old = [f"{FIRST} = 1"]
    new = [f"{FIRST} = 1  # changed"]
    for number in range(1, lines):
        line = f"    value_{number} = compute_{chance.randrange(99)}(data[{number}], 'text {number}')  # note"
        old.append(line)
        roll = chance.random()
        if roll > 1 / 40:
            new.append(line)
        elif roll > 1 / 80:
            new.append(line.replace("compute_", "cached_"))
        elif roll > 1 / 160:
            new += [line, f"    extra_{number} = value_{number} + 1"]
    before, after = "\n".join(old), "\n".join(new)
    (folder / "old.py").write_text(before)
    (folder / "new.py").write_text(after)
    candidate = Candidate(
        id="c",
        bottleneck="b",
        llm="l",
        prompt="p",
        state="ready",
        at=0.0,
        files=(BaselineFile(path="module.py", text=before, digest=""),),
        hunks=make_hunks("c", "module.py", before, after),
    )
    (folder / "candidate.json").write_bytes(msgspec.json.encode(candidate))


def measure(lines: int) -> None:
    """One size: both apps, in turns."""
    from tests.performance._pty import Watched, percentiles, spread

    with tempfile.TemporaryDirectory(prefix="mpco-") as name:
        folder = Path(name)
        write_files(folder, lines)
        text = sum((folder / part).stat().st_size for part in ("old.py", "new.py")) / 1e6
        paints: dict[str, list[float]] = {"bare": [], "diff": []}
        memory: dict[str, list[float]] = {"bare": [], "diff": []}
        moves: dict[str, list[float]] = {"line": [], "page": []}
        start: dict[str, list[float]] = {"bare": [], "diff": []}
        cpu: dict[str, list[float]] = {"line": [], "page": []}
        for _ in range(RUNS):
            for kind in paints:
                with Watched("tests.performance.diff_view", kind, name) as app:
                    paints[kind].append(app.until(FIRST.encode()))
                    start[kind].append(app.cpu)
                    app.settle()
                    if kind == "diff":
                        for name_of_move, key in (("line", b"j"), ("page", b"\x1b[6~")):
                            spent = app.cpu
                            moves[name_of_move] += [app.key(key) for _ in range(KEYS // RUNS)]
                            cpu[name_of_move].append((app.cpu - spent) / (KEYS // RUNS))
                    memory[kind].append(app.megabytes)
        first = sorted(paints["diff"])[RUNS // 2] / sorted(paints["bare"])[RUNS // 2]
        size = sorted(memory["diff"])[RUNS // 2] / (sorted(memory["bare"])[RUNS // 2] + text)
        print(f"{lines:,} lines ({text:.1f} MB of text), median [min-max] of {RUNS} runs")
        print(f"  first paint    diff {spread(paints['diff'])} ms, bare {spread(paints['bare'])} ms: {first:.2f}x")
        print(
            f"  memory         diff {spread(memory['diff'])} MB, bare {spread(memory['bare'])} MB: {size:.2f}x with text"
        )
        busy = sorted(start["diff"])[RUNS // 2] / sorted(start["bare"])[RUNS // 2]
        print(f"  processor time diff {spread(start['diff'])} ms, bare {spread(start['bare'])} ms: {busy:.2f}x")
        for kind, values in moves.items():
            print(f"  scroll by {kind} {percentiles(values)}; processor {spread(cpu[kind])} ms a key")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        app = (Bare if sys.argv[1] == "bare" else Diff)(Path(sys.argv[2]))
        if sys.argv[1] == "diff":
            from tui.collecting import collect_seldom

            collect_seldom()  # as `mpco` does before it opens the app
        app.run()
    else:
        for size in SIZES:
            measure(size)
