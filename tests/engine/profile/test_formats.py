"""Each format: read by its content, summed up rightly, and one sentence for what is cut, wrong or hostile."""

import cProfile
import gzip
import json
import pstats
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ProfileError
from engine.model import Profile
from engine.profile.files import compare_profiles, import_profiles

SOURCE = "def main():\n    work()\n\n\ndef work():\n    x = 1\n    y = 2\n    return x\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two functions: main, lines 1 and 2; work, lines 5 to 8."""
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "run.py").write_text(SOURCE)
    (folder / "native.c").write_text(
        "int work_c(int n) {\n    return n;\n}\nint main_c(void) {\n    return work_c(1);\n}\n"
    )
    return folder


def read(root: Path, content: bytes | str) -> Profile:
    """The profile in a file of that content."""
    file = root.parent / "profile.dat"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return import_profiles([file], root)


def shares(profile: Profile) -> dict[str, tuple[float, float]]:
    """(self, total) by function."""
    return {item.function: (round(item.self_share, 4), round(item.total_share, 4)) for item in profile.bottlenecks}


FRAMES = [{"name": "main", "file": "/build/7/app/run.py", "line": 2}, {"name": "work", "file": "app/run.py", "line": 6}]
FRAMES.append({"name": "other", "file": "/usr/lib/python3.11/json/decoder.py", "line": 3})


def speedscope(profile: dict[str, object], **dumped: object) -> str:
    """speedscope's JSON of one profile."""
    whole = {"profiles": [{"name": "t", "unit": "seconds", **profile}], "shared": {"frames": FRAMES}}
    return json.dumps({"$schema": "https://www.speedscope.app/file-format-schema.json", **whole}, **dumped)  # type: ignore[arg-type]


def events(*items: tuple[str, int, float]) -> list[dict[str, object]]:
    return [{"at": at, "type": kind, "frame": frame} for kind, frame, at in items]


SAMPLED = {
    "type": "sampled",
    "samples": [[0, 1], [0], [0, 1, 2], []],
    "weights": [2, 1, 1, 0],
    "startValue": 0,
    "endValue": 4,
}
EVENTED = {"type": "evented", "startValue": 0, "endValue": 4, "events": events(
    ("O", 0, 0), ("O", 1, 1), ("O", 2, 3), ("C", 2, 4), ("C", 1, 4), ("C", 0, 4))}  # fmt: skip
COLLAPSED = "main (app/run.py:2);work (app/run.py:6) 2\nmain (app/run.py:2) 1\nmain (app/run.py:2);work (app/run.py:7);loads (json/decoder.py:3) 1\n"
AUSTIN = "P1;T1;app/run.py:main:2;app/run.py:work:6 3000\nP1;T1;app/run.py:main:2 1000\n"
AUSTIN_1 = "Thread 7f;main (app/run.py);L2;work (/x/app/run.py);L6 3000\nThread 7f;main (app/run.py);L2 1000\n"
PERF = (
    "prog  12/12 [001]  3.1:   1000000 cpu-clock:u: \n\t  11 work_c+0x1 (/x/prog)\n\t  12 main_c+0x2 (/x/prog)\n\n"
    "prog  12/12 [001]  3.2:   1000000 cpu-clock:u: \n\t  12 main_c+0x2 (/x/prog)\n\n"
)
CALLGRIND = """# callgrind format
version: 1
positions: line
events: Ir
fl=(1) /build/native.c
fn=(1) work_c
2 30
fn=(2) main_c
5 10
cfn=(1)
calls=3 1
+0 30
totals: 40
"""
GPROF = """Flat profile:

  %   cumulative   self              self     total
 time   seconds   seconds    calls  ms/call  ms/call  name
 75.00      0.03     0.03        3    10.00    10.00  work_c
 25.00      0.04     0.01                             main_c

index % time    self  children    called     name
                                                 <spontaneous>
[1]    100.0    0.01    0.03                 main_c [1]
                0.03    0.00       3/3           work_c [2]
-----------------------------------------------
                0.03    0.00       3/3           main_c [1]
[2]     75.0    0.03    0.00       3         work_c [2]
"""
PYINSTRUMENT = json.dumps({"duration": 4, "root_frame": {"function": "main", "file_path": "/x/app/run.py", "line_no": 1, "time": 4.0, "children": [
    {"function": "work", "file_path_short": "app/run.py", "line_no": 5, "time": 3.0, "children": [{"function": "[self]", "time": 3.0, "children": []}]}]}})  # fmt: skip
SCALENE = json.dumps({"elapsed_time_sec": 2.0, "files": {"app/run.py": {"functions": [], "lines": [
    {"lineno": 2, "n_cpu_percent_python": 10.0, "n_cpu_percent_c": 15.0, "n_sys_percent": 0.0},
    {"lineno": 6, "n_cpu_percent_python": 75.0, "n_cpu_percent_c": 0.0, "n_sys_percent": 0.0}]}}})  # fmt: skip
SCALENE_STACKS = json.dumps({"elapsed_time_sec": 2.0, "files": {"app/run.py": {"functions": [], "lines": [
    {"lineno": 2, "n_cpu_percent_python": 25.0},
    {"lineno": 6, "n_cpu_percent_python": 40.0, "start_function_line": 5, "end_function_line": 7},
    {"lineno": 7, "n_cpu_percent_c": 35.0, "start_function_line": 5, "end_function_line": 7}]}},
    "stacks": [[["app/run.py main:2;", "app/run.py work:7;"], {"cpu_samples": 0.5}]]})  # fmt: skip
VTUNE = "vtune: Using result path\nSource Line\tSource File\tFunction\tCPU Time\n2\tnative.c\twork_c\t0.3s\n5\tnative.c\tmain_c\t0.1s\n"
VTUNE_TREE = "Function Stack;CPU Time:Total;CPU Time:Self;Module\nTotal;4;0;\n main_c;4;1;prog\n  work_c;3;3;prog\n"


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def pprof(kind: str = "cpu", unit: str = "nanoseconds") -> bytes:
    """Two samples: work under main 3, main 1; location 1 has work inlined into main."""
    strings = ["", kind, unit, "main_c", "work_c", "/build/native.c"]
    inlined = field(4, field(1, 2) + field(2, 2)) + field(4, field(1, 1) + field(2, 5))
    parts = [
        field(1, field(1, 1) + field(2, 2)),
        field(2, field(1, varint(1)) + field(2, varint(3_000_000_000))),
        field(2, field(1, 2) + field(2, 1_000_000_000)),
        field(4, field(1, 1) + inlined),
        field(4, field(1, 2) + field(4, field(1, 1) + field(2, 5))),
        field(5, field(1, 1) + field(2, 3) + field(4, 5)),
        field(5, field(1, 2) + field(2, 4) + field(4, 5)),
        *(field(6, text.encode()) for text in strings),
    ]
    return b"".join(parts)


def test_a_stack_without_frames_is_time_that_is_not_mapped(root: Path) -> None:
    found = read(root, "main (app.py:1) 3\n 1\n")
    assert found.amount == 4
    assert {item.name: item.share for item in found.unmapped}["[unknown]"] == 0.25


@pytest.mark.parametrize(
    ("content", "format", "wanted"),
    [
        (COLLAPSED, "collapsed stacks", {"main": (0.25, 1.0), "work": (0.5, 0.75)}),
        (AUSTIN_1, "collapsed stacks", {"main": (0.25, 1.0), "work": (0.75, 0.75)}),
        (AUSTIN, "collapsed stacks", {"main": (0.25, 1.0), "work": (0.75, 0.75)}),
        ("comm;main_c;work_c 3\ncomm;main_c 1", "collapsed stacks", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (speedscope(SAMPLED), "speedscope JSON", {"main": (0.25, 1.0), "work": (0.5, 0.75)}),
        (speedscope(SAMPLED, indent=2), "speedscope JSON", {"main": (0.25, 1.0), "work": (0.5, 0.75)}),
        (gzip.compress(speedscope(EVENTED).encode()), "speedscope JSON", {"main": (0.25, 1.0), "work": (0.5, 0.75)}),
        (PERF, "perf script", {"main_c": (0.5, 1.0), "work_c": (0.5, 0.5)}),
        (CALLGRIND, "callgrind", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (GPROF, "gprof text", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (PYINSTRUMENT, "pyinstrument JSON", {"main": (0.25, 1.0), "work": (0.75, 0.75)}),
        (SCALENE, "scalene JSON", {"main": (0.25, 0.25), "work": (0.75, 0.75)}),
        (SCALENE_STACKS, "scalene JSON", {"main": (0.25, 1.0), "work": (0.75, 0.75)}),
        (VTUNE, "VTune hotspot CSV", {"main_c": (0.25, 0.25), "work_c": (0.75, 0.75)}),
        (VTUNE_TREE, "VTune hotspot CSV", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (pprof(), "pprof", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (field(9, 1764300000) + pprof(), "pprof", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (field(11, field(1, 1) + field(2, 2)) + field(12, 4096) + pprof(), "pprof", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
        (gzip.compress(pprof()), "pprof", {"main_c": (0.25, 1.0), "work_c": (0.75, 0.75)}),
    ],
)  # fmt: skip
def test_each_format_gives_self_and_total_shares(
    root: Path, content: bytes | str, format: str, wanted: dict[str, tuple[float, float]]
) -> None:
    profile = read(root, content)
    assert profile.format == format
    assert shares(profile) == wanted
    everything = sum(item.self_share for item in profile.bottlenecks) + sum(item.share for item in profile.unmapped)
    assert everything == pytest.approx(1.0, abs=0.002)


def test_pstats_is_read_as_python_itself_reads_it(root: Path, tmp_path: Path) -> None:
    recorded = cProfile.Profile()
    recorded.runcall(json.dumps, [list(range(2000))] * 20, indent=1)
    recorded.dump_stats(tmp_path / "o.pstats")
    stats = pstats.Stats(str(tmp_path / "o.pstats"))
    profile = import_profiles([tmp_path / "o.pstats"], Path(json.__file__).parent)
    encoder = next(item for item in profile.bottlenecks if item.function.endswith("_iterencode_list"))
    own = next(times for (_, _, name), times in stats.stats.items() if name == "_iterencode_list")  # type: ignore[attr-defined]
    assert encoder.calls == own[1]
    assert encoder.self_share == pytest.approx(own[2] / stats.total_tt, rel=0.01)  # type: ignore[attr-defined]


def test_lines_callers_callees_and_outside_time_are_told(root: Path) -> None:
    profile = read(root, COLLAPSED)
    work = next(item for item in profile.bottlenecks if item.function == "work")
    assert {heat.line: heat.share for heat in work.heat} == {6: 0.5, 7: 0.25}
    assert [(edge.function, edge.share) for edge in work.callers] == [("main", 1.0)]
    assert [edge.function for edge in work.callees] == ["json.decoder.loads"]
    assert work.addressable_share == pytest.approx(0.75)
    assert [(item.name, item.share) for item in profile.unmapped] == [("json", 0.25)]
    assert [(node.name, node.depth) for node in profile.flame] == [("main", 0), ("work", 1), ("json.decoder.loads", 2)]


def test_a_recursion_counts_once(root: Path) -> None:
    line = "main (app/run.py:2);" + "work (app/run.py:6);" * 300 + "work (app/run.py:7) 4\n"
    assert shares(read(root, line)) == {"work": (1.0, 1.0), "main": (0.0, 1.0)}


def test_several_profiles_add_up_and_two_are_compared(root: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_text(COLLAPSED)
    after.write_text("main (app/run.py:2);work (app/run.py:6) 1\nmain (app/run.py:2) 1\n")
    both = import_profiles([before, after], root)
    assert (both.amount, shares(both)["main"]) == (6.0, (round(2 / 6, 4), 1.0))
    work, main = compare_profiles(before, after, root)
    assert (work.function, work.self_before, work.self_after, work.change) == ("work", 2.0, 1.0, -1.0)
    assert (main.function, main.change) == ("main", 0.0)
    after.write_text(speedscope(SAMPLED))
    with pytest.raises(ProfileError, match="compare profiles of one profiler"):
        compare_profiles(before, after, root)


def test_a_bare_symbol_is_that_of_c_where_others_have_the_name_too(root: Path) -> None:
    (root / "work.go").write_text("package x\n\nfunc work_c(n int) int {\n\treturn n\n}\n")
    (root / "work.cpp").write_text("struct Box {\n    int work_c(int n) { return n; }\n};\n")
    found = read(root, "comm;main_c;work_c 3\ncomm;x.work_c 1\ncomm;Box::work_c(int) 1").bottlenecks
    assert {(item.function, item.file) for item in found} >= {("work_c", "native.c"), ("Box::work_c", "work.cpp")}


def test_top_level_code_that_is_left_out_is_one_box(root: Path) -> None:
    (root / "test_run.py").write_text("import app\n\nfor n in range(9):\n    app.main()\napp.main()\n")
    lines = (f"<module> ({root}/test_run.py:{line});main (app/run.py:2) 1" for line in (4, 5))
    found = read(root, "\n".join(lines))
    assert [(node.name, node.share) for node in found.flame] == [("<module>", 1.0), ("main", 1.0)]
    assert [(edge.function, edge.file, edge.share) for edge in found.bottlenecks[0].callers] == [
        ("<module>", "test_run.py", 1.0)
    ]


def test_what_was_allocated_is_told_by_line_beside_the_times(root: Path, tmp_path: Path) -> None:
    scalene = json.loads(SCALENE)
    scalene["files"]["app/run.py"]["lines"].append({"lineno": 7, "n_malloc_mb": 3.0})
    work = next(item for item in read(root, json.dumps(scalene)).bottlenecks if item.function == "work")
    assert [(item.line, item.bytes) for item in work.allocations] == [(7, 3 * 2**20)]

    times, heap = tmp_path / "cpu.pprof", tmp_path / "heap.pprof"
    times.write_bytes(pprof())
    heap.write_bytes(pprof("alloc_space", "bytes"))
    both = import_profiles([heap, times], root)
    assert (both.unit, both.amount) == ("seconds", 4.0)
    allocated = {item.function: [(line.line, line.bytes) for line in item.allocations] for item in both.bottlenecks}
    assert allocated == {"work_c": [(2, 3e9)], "main_c": [(5, 4e9)]}
    assert import_profiles([heap], root).unit == "bytes"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        ("x" * 200_000, ["is no profile"]),
        (b"\x7fELF" + bytes(range(256)) * 9, ["is no profile"]),
        ("Dear reader, this is a letter; it is long.\nYours\n", ["is no profile", "callgrind"]),
        (speedscope(SAMPLED)[:180], ["speedscope", "cut off"]),
        (speedscope(EVENTED)[:-60], ["speedscope", "cut off"]),
        (PYINSTRUMENT[:-40], ["pyinstrument", "cut off"]),
        (SCALENE[:-40], ["scalene", "cut off"]),
        (CALLGRIND.replace("totals: 40", "totals: 400"), ["callgrind", "ends at line"]),
        (pprof()[:-9], ["pprof", "cut off"]),
        (gzip.compress(COLLAPSED.encode() * 50)[:-30], ["cut off"]),
        ("Package,CPU Time\npackage_0,4.1\n", ["grouped by 'Package'", "-group-by"]),
        ("main;work 0\nmain 0\n", ["has no stack with a count"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_sentence(root: Path, content: bytes | str, words: list[str]) -> None:
    with pytest.raises(ProfileError) as caught:
        read(root, content)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


SAMPLES = [COLLAPSED, speedscope(SAMPLED), speedscope(EVENTED), PERF, CALLGRIND, GPROF, PYINSTRUMENT, SCALENE, VTUNE]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from([*(text.encode() for text in SAMPLES), VTUNE_TREE.encode(), pprof(), b'{)\x03z\x01~\xe9\0\0\0\0z\x01f']),
    edits=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 12), st.binary(max_size=6)), max_size=4),
    end=st.integers(0, 4000),
)  # fmt: skip
def test_no_damage_raises_anything_but_the_sentence(
    root: Path, base: bytes, edits: list[tuple[int, int, bytes]], end: int
) -> None:
    for at, removed, inserted in edits:
        base = base[:at] + inserted + base[at + removed :]
    try:
        profile = read(root, base[: max(end, 1)])
    except ProfileError as error:
        assert "\n" not in str(error)
    else:
        assert all(0 <= item.self_share <= 1.001 and item.total_share <= 1.001 for item in profile.bottlenecks)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.lists(st.integers(0, 1), min_size=1, max_size=6), st.integers(1, 50)), min_size=1))
def test_two_formats_of_the_same_stacks_agree(root: Path, stacks: list[tuple[list[int], int]]) -> None:
    labels = ["main (app/run.py:2)", "work (app/run.py:6)"]
    lines = "".join(f"{';'.join(labels[at] for at in stack)} {count}\n" for stack, count in stacks)
    samples = {"type": "sampled", "samples": [stack for stack, _ in stacks], "weights": [count for _, count in stacks]}
    assert shares(read(root, lines)) == shares(read(root, speedscope(samples)))
