"""Real profilers on real programs in C and C++, and py-spy on Python: the known hot function, its span, its share."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProfileError
from engine.profile.counters import read_counters
from engine.profile.files import import_profiles
from tests.engine.profile.conftest import Folder, named

C = """\
#include <stdio.h>

static unsigned mix(unsigned h, unsigned c) {
    return (h ^ c) * 16777619u;
}

__attribute__((noinline)) static unsigned hot(unsigned rounds) {
    unsigned h = 2166136261u;
    for (unsigned i = 0; i < rounds; i++)
        h = mix(h, i);
    return h;
}

__attribute__((noinline)) static unsigned cool(unsigned rounds) {
    return hot(rounds / 20) + 1;
}

int main(void) {
    unsigned rounds = ROUNDS;
    printf("%u\\n", hot(rounds) + cool(rounds));
    return 0;
}
"""
CPP = """\
#include <cstdio>
#include <vector>

namespace shapes {
namespace {

template <typename T>
__attribute__((noinline)) T total(const std::vector<T>& values, int rounds) {
    T sum{};
    for (int round = 0; round < rounds; ++round)
        for (const T& value : values)
            sum = sum * T(31) + value;
    return sum;
}

}  // namespace

class Table {
 public:
    int run(int rounds) const { return total(values_, rounds); }

 private:
    std::vector<int> values_ = std::vector<int>(1000, 7);
};

}  // namespace shapes

int main() {
    std::printf("%d\\n", shapes::Table().run(ROUNDS));
}
"""
needs = {
    tool: pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")
    for tool in ("gcc", "g++", "perf", "valgrind", "py-spy", "gprof")
}


def compile_(folder: Folder, source: str, compiler: str, rounds: int, *flags: str) -> Path:
    file = folder.write(f"src/program.{'c' if compiler == 'gcc' else 'cpp'}", source)
    target = folder.root / "program"
    options = ["-O1", "-g", f"-DROUNDS={rounds}", *flags]
    subprocess.run([compiler, *options, str(file), "-o", str(target)], check=True)
    return target


@needs["gcc"]
@needs["valgrind"]
def test_callgrind_counts_a_c_program_exactly(folder: Folder) -> None:
    compile_(folder, C, "gcc", 3_000_000)
    found = folder.profile("./program", profiler="callgrind")
    hot, mix = named(found, "hot"), named(found, "mix")
    assert (hot.file, hot.line, hot.end_line) == ("src/program.c", 7, 12)
    assert (mix.line, mix.end_line) == (3, 5)
    assert hot.self_share + mix.self_share > 0.9
    assert found.unit == "instructions"
    assert named(found, "main").total_share > 0.9
    assert {edge.function for edge in hot.callers} == {"main", "cool"}
    assert hot.calls == 2


@needs["g++"]
@needs["valgrind"]
def test_callgrind_finds_templates_and_methods_of_cpp(folder: Folder) -> None:
    compile_(folder, CPP, "g++", 300)
    total = named(folder.profile("./program", profiler="callgrind"), "shapes::total")
    assert (total.file, total.line, total.end_line) == ("src/program.cpp", 7, 14)
    assert 0.3 < total.self_share <= total.total_share


@needs["gcc"]
@needs["perf"]
def test_a_program_that_runs_no_python_is_sampled_by_perf(folder: Folder) -> None:
    compile_(folder, C, "gcc", 250_000_000)
    try:
        found = folder.profile("./program")
    except ProfileError as error:
        pytest.skip(f"perf may not be used here: {error}")
    # The compiler puts mix into hot's loop: which of its few instructions the samples fall on is up to the processor.
    loop = {item.function: item for item in found.bottlenecks if item.function in ("hot", "mix")}
    assert sum(item.self_share for item in loop.values()) > 0.85
    assert {(name, item.file, item.line, item.end_line) for name, item in loop.items()} <= {
        ("hot", "src/program.c", 7, 12),
        ("mix", "src/program.c", 3, 5),
    }
    assert {heat.line for item in loop.values() for heat in item.heat} <= {3, 4, 5, 7, 8, 9, 10, 11, 12}
    assert named(found, "main").total_share > 0.85
    assert found.flame[0].share > 0.85
    assert not any("cProfile" in line for line in folder.progress)
    assert not [item.name for item in found.unmapped if item.name == "perf"]
    counters = {item.name: item.value for item in found.counters}
    assert not counters or counters["page-faults"] > 10


@needs["gcc"]
@needs["gprof"]
def test_gprofs_text_is_mapped_by_name(folder: Folder) -> None:
    target = compile_(folder, C, "gcc", 60_000_000, "-pg")
    subprocess.run([str(target)], cwd=folder.root, check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run(["gprof", "-b", "program", "gmon.out"], cwd=folder.root, capture_output=True, check=True)
    (folder.root / "gprof.txt").write_bytes(text.stdout)
    found = import_profiles([folder.root / "gprof.txt"], folder.root)
    hot = next((item for item in found.bottlenecks if item.function in ("hot", "mix")), None)
    assert hot is not None and hot.self_share > 0.5


@given(
    st.binary()
    | st.lists(st.sampled_from([b"7,,instructions:u,1", b"nan,,cycles", b"-1,,branches,", b"x,y"])).map(b"\n".join)
)
def test_any_bytes_are_counters_or_nothing(data: bytes) -> None:
    assert {(item.name, item.value) for item in read_counters(data)} <= {("instructions", 7.0)}


def test_a_profiler_that_is_missing_is_named_with_its_fix(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = folder.root / "bin"
    bare.mkdir()
    shell = shutil.which("sh")
    assert shell is not None
    (bare / "sh").symlink_to(shell)
    monkeypatch.setenv("PATH", str(bare))
    with pytest.raises(ProfileError, match="perf is not installed: install perf"):
        folder.profile("sh -c :", profiler="perf")
    with pytest.raises(ProfileError, match="install valgrind"):
        folder.profile("sh -c :")
