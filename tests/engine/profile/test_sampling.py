"""Python programs under samplers: times that the profiler does not distort, threads, children and native code."""

import os
import shutil
import subprocess
import sys

import pytest

from engine.errors import ProfileError
from engine.model import Profile
from tests.engine.profile.conftest import Folder, named

PYTHON = f"'{sys.executable}'"
WORK = """\
def spin(n):
    total = 0
    while n:
        n -= 1
        total += n
    return total


def nothing():
    pass


def calls(n):
    while n:
        n -= 1
        nothing()
"""
NATIVE = """\
unsigned hot(unsigned rounds) {
    unsigned h = 2166136261u;
    for (unsigned i = 0; i < rounds; i++)
        h = (h ^ i) * 16777619u;
    return h;
}
"""


@pytest.fixture
def working(folder: Folder) -> Folder:
    folder.write("work.py", WORK)
    return folder


def spied(folder: Folder, command: str) -> Profile:
    try:
        return folder.profile(command, profiler="py-spy")
    except ProfileError as error:
        if not any(words in str(error) for words in ("not permitted", "py-spy is not installed")):
            raise
        pytest.skip(str(error))


def test_times_are_sampled_and_calls_are_exact_by_default(working: Folder) -> None:
    command = f"{PYTHON} -c 'import work; work.spin(5000000); work.calls(3000000)'"
    found, exact = working.profile(command), working.profile(command, profiler="cprofile")
    assert found.format in ("cprofile + py-spy", "cprofile + samples")
    assert exact.format == "cprofile"
    assert named(found, "calls").calls == named(exact, "calls").calls == 1
    assert {edge.function: edge.calls for edge in named(found, "calls").callees} == {"nothing": 3000000}
    assert named(found, "spin").self_share > 1.2 * named(exact, "spin").self_share
    assert sum(item.self_share for item in found.bottlenecks) == pytest.approx(1, abs=0.1)
    assert any("samples" in line for line in working.progress)


def test_py_spy_samples_threads(working: Folder) -> None:
    lines = ["import threading, work", "workers = [threading.Thread(target=work.spin, args=(9000000,)) for _ in '12']"]
    working.write("bench.py", "\n".join([*lines, *(f"for w in workers: w.{act}()" for act in ("start", "join")), ""]))
    found = spied(working, f"{PYTHON} bench.py")
    spin = named(found, "spin")
    assert (found.format, found.unit) == ("py-spy", "seconds")
    assert (spin.file, spin.line, spin.end_line) == ("work.py", 1, 6)
    assert spin.self_share > 0.8
    assert {heat.line for heat in spin.heat} <= {3, 4, 5}


def test_py_spy_samples_one_process_after_the_other(working: Folder) -> None:
    one, other = (f"{PYTHON} -c 'import work; work.{call}'" for call in ("spin(9000000)", "calls(6000000)"))
    working.write("run.sh", f"{one}; true;\n{other}\n")
    found = spied(working, "sh run.sh")
    assert named(found, "spin").total_share > 0.2
    assert named(found, "calls").total_share > 0.2
    assert not [node.name for node in found.flame if "process" in node.name]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_py_spy_sees_the_projects_native_code(working: Folder) -> None:
    source = working.write("native/hot.c", NATIVE)
    subprocess.run(
        ["gcc", "-O1", "-g", "-shared", "-fPIC", str(source), "-o", str(working.root / "hot.so")], check=True
    )
    working.write("bench.py", "import ctypes\nlib = ctypes.CDLL('./hot.so')\nlib.hot(900000000)\n")
    found = spied(working, f"{PYTHON} bench.py")
    hot = named(found, "hot")
    assert found.format == "py-spy with native frames"
    assert (hot.file, hot.line, hot.end_line) == ("native/hot.c", 1, 6)
    assert hot.self_share > 0.8


def test_where_py_spy_is_refused_that_is_said_and_the_program_sampled_from_inside(
    working: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = "#!/bin/sh\necho 'Error: Permission Denied: Try running again with elevated permissions' >&2\nexit 1\n"
    working.write("bin/py-spy", refusing).chmod(0o755)
    monkeypatch.setenv("PATH", f"{working.root}/bin:{os.environ['PATH']}")
    command = f"{PYTHON} -c 'import work; work.calls(7000000)'"
    with pytest.raises(ProfileError, match=r"py-spy is not permitted here: .*SYS_PTRACE"):
        working.profile(command, profiler="py-spy")
    found = working.profile(command)
    assert found.format == "cprofile + samples"
    assert named(found, "calls").total_share > 0.8
    assert any("not permitted" in line for line in working.progress)
    assert any(line[:20] == "sampling from inside" and " samples, " in line for line in working.progress)


def test_time_of_processes_that_py_spy_did_not_sample_is_told(working: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    spied(working, f"{PYTHON} -c 'import work; work.spin(900000)'")
    real = os.path.join(os.path.dirname(sys.executable), "py-spy")
    once = f'#!/bin/sh\n[ ! -e "$MPCO_IO"/once ] || exit 1\n: > "$MPCO_IO"/once\nexec \'{real}\' "$@"\n'
    working.write("bin/py-spy", once).chmod(0o755)
    monkeypatch.setenv("PATH", f"{working.root}/bin:{os.environ['PATH']}")
    one, other = (f"{PYTHON} -c 'import work; work.{call}'" for call in ("spin(6000000)", "calls(5000000)"))
    command = f"{one} && {other}"
    found = working.profile(command, profiler="py-spy")
    assert [item.function for item in found.bottlenecks] == ["spin"]
    (missed,) = [item for item in found.unmapped if "py-spy did not sample" in item.name]
    assert 0.1 < missed.share < 0.9
    assert working.profile(command).format == "cprofile + samples"
    assert any("saw only a part of the processes" in line for line in working.progress)


def test_a_profiler_that_sees_no_python_says_which_ones_do(working: Folder) -> None:
    if shutil.which("perf") is None:
        pytest.skip("perf is not installed")
    with pytest.raises(ProfileError, match=r"(not the functions that it runs.*py-spy|perf is not permitted)"):
        working.profile(f"{PYTHON} -c 'import work; work.spin(3000000)'", profiler="perf")
