"""How long large profiles take to read, and how much memory, beside the least that any reader needs.

    python -m tests.performance.profiles [MB of collapsed stacks] [MB of speedscope JSON]

A 200 MB collapsed file stands beside reading its bytes line by line, a 100 MB speedscope file (sampled and evented)
beside `json.load`; each in a process of its own, whose peak resident size is told, in turns. Both are
made on the fly: 2,000 functions, and hardly a stack that comes twice, as in files that were collapsed already. Then a
profile of 20,000 functions is shown, scrolled and filtered in the app's own table: time to the next painted frame.
"""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from textual.app import App, ComposeResult

from engine.model import Bottleneck, Profile
from tui.widgets.bottleneck_table import BottleneckTable

ROUNDS = 3
FUNCTIONS = 2_000
DEPTH = 24
CALLEES = 4
SOURCE = "".join(f"def f{number}(x):\n    return x\n\n\n" for number in range(FUNCTIONS))

_MEASURE = """
import resource, sys, time
from pathlib import Path
began = time.perf_counter()
{body}
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
OURS = "from engine.profile.files import import_profiles; import_profiles([Path(sys.argv[1])], Path(sys.argv[2]))"
BYTES = "sum(len(line) for line in open(sys.argv[1], 'rb'))"
JSON = "import json; json.load(open(sys.argv[1]))"


def _stacks(seed: int) -> Iterator[list[int]]:
    """Stacks that share their beginnings, of functions that call a few others each, as those of programs."""
    chance = random.Random(seed)
    callees = [[chance.randrange(FUNCTIONS) for _ in range(CALLEES)] for _ in range(FUNCTIONS)]
    stack: list[int] = [0]
    while True:
        del stack[max(2, len(stack) - chance.randrange(1, 8)) :]
        while len(stack) < DEPTH - chance.randrange(8):
            stack.append(callees[stack[-1]][int(CALLEES * chance.random() ** 3)])
        yield stack


def write_collapsed(path: Path, size: int) -> None:
    """py-spy's raw output of about `size` bytes."""
    labels = [f"f{number} (package/module.py:{4 * number + 2})" for number in range(FUNCTIONS)]
    written = 0
    with path.open("w") as out:
        for count, stack in enumerate(_stacks(1)):
            line = f"{';'.join(labels[number] for number in stack)} {count % 9 + 1}\n"
            written += out.write(line)
            if written >= size:
                return


def write_speedscope(path: Path, size: int, *, evented: bool) -> None:
    """speedscope's JSON of about `size` bytes."""
    frames = [{"name": f"f{n}", "file": "/build/package/module.py", "line": 4 * n + 2} for n in range(FUNCTIONS)]
    with path.open("w") as out:
        out.write('{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":')
        out.write(json.dumps(frames))
        kind = "evented" if evented else "sampled"
        out.write(f'}},"profiles":[{{"type":"{kind}","name":"t","unit":"seconds","startValue":0,"endValue":1e9,')
        (_write_events if evented else _write_samples)(out.write, size)
        out.write("}]}")


def _write_samples(write: Callable[[str], int], size: int) -> None:
    written = count = 0
    write('"samples":[')
    for stack in _stacks(2):
        written += write(("," if count else "") + json.dumps(stack, separators=(",", ":"))) + 5
        count += 1
        if written >= size:
            break
    write('],"weights":[' + ",".join(["0.01"] * count) + "]")


def _write_events(write: Callable[[str], int], size: int) -> None:
    written, at = 0, 0.0
    write('"events":[{"type":"O","frame":0,"at":0.0}')
    now: list[int] = []
    for stack in _stacks(3):
        shared = next(
            (n for n, (a, b) in enumerate(zip(now, stack, strict=False)) if a != b), min(len(now), len(stack))
        )
        at += 0.01
        events = [("C", number) for number in reversed(now[shared:])] + [("O", number) for number in stack[shared:]]
        for type_, number in events:
            written += write(f',{{"type":"{type_}","frame":{number},"at":{at:.2f}}}')
        now = list(stack)
        if written >= size:
            break
    write("]")


def measure(code: str, *arguments: object) -> tuple[float, float]:
    """(seconds, peak MB) of a process that runs `code`."""
    command = [sys.executable, "-c", _MEASURE.format(body=code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)


def compare(title: str, file: Path, root: Path, limit: str, limit_name: str) -> None:
    """One row for us and one for the limit, measured in turns."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(measure(OURS, file, root))
        theirs.append(measure(limit, file, root))
    for name, runs in (("mpco", ours), (limit_name, theirs)):
        seconds = [run[0] for run in runs]
        print(
            f"{title:<24} {name:<22} {statistics.median(seconds):6.2f} s  ({min(seconds):.2f} … {max(seconds):.2f})"
            f"  peak {max(run[1] for run in runs):6.0f} MB"
        )
    ratio = statistics.median(run[0] for run in ours) / statistics.median(run[0] for run in theirs)
    print(f"{title:<24} {'ratio':<22} {ratio:6.2f}")


class _Table(App[None]):
    def compose(self) -> ComposeResult:
        yield BottleneckTable(id="bottlenecks")


async def table(functions: int) -> None:
    """Scroll and filter a table of that many functions."""
    items = tuple(
        Bottleneck(id=str(n), file=f"package/m{n % 97}.py", function=f"Class{n % 89}.method_{n}", line=n, end_line=n + 9,
                   self_share=1 / (n + 2), total_share=1 / (n + 1))
        for n in range(functions)
    )  # fmt: skip
    profile = Profile(id="p", command="c", format="f", seconds=1.0, at=0.0, bottlenecks=items)
    app = _Table()
    async with app.run_test(size=(120, 40)) as pilot:
        shown = app.query_one(BottleneckTable)
        shown.focus()

        async def timed(name: str, act: Callable[[], None] | str, times: int) -> None:
            took = []
            for _ in range(times):
                began = time.perf_counter()
                if isinstance(act, str):
                    await pilot.press(act)
                else:
                    act()
                    await pilot.pause()
                took.append((time.perf_counter() - began) * 1e3)
            took.sort()
            print(
                f"{functions:,} functions  {name:<12} median {took[len(took) // 2]:6.1f} ms  worst {took[-1]:6.1f} ms"
            )

        await timed("nothing", lambda: None, 20)
        texts = iter(["", "m", "me", "met", "method_1", "method_19", "method_1", "", "Class8", "m5", ""] * 3)
        await timed("show, filter", lambda: shown.show(profile, next(texts), ""), 30)
        await timed("j", "j", 50)
        await timed("ctrl+d", "ctrl+d", 50)
        await timed("G, g", "G", 10)


def main() -> None:
    """Print the table."""
    sizes = [int(text) * 1_000_000 for text in sys.argv[1:]] or [200_000_000, 100_000_000]
    with tempfile.TemporaryDirectory(prefix="mpco-profiles-") as folder:
        root = Path(folder, "project")
        (root / "package").mkdir(parents=True)
        (root / "package" / "module.py").write_text(SOURCE)
        file = Path(folder, "profile")
        write_collapsed(file, sizes[0])
        compare(f"collapsed {sizes[0] // 1_000_000} MB", file, root, BYTES, "reading its lines")
        for evented in (False, True):
            write_speedscope(file, sizes[-1], evented=evented)
            kind = "evented" if evented else "sampled"
            compare(f"speedscope {sizes[-1] // 1_000_000} MB {kind}", file, root, JSON, "json.load")
    asyncio.run(table(20_000))


if __name__ == "__main__":
    main()
