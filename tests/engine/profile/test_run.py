"""Real programs under the profiler: what is found, where, and what is said when it cannot be."""

import sys

import pytest

from engine.config import ProjectSection
from engine.errors import ProfileError
from engine.model import Profile
from tests.engine.profile.conftest import Folder, named

PYTHON = f"'{sys.executable}'"

WORK = '''\
"""Work to be profiled."""
import functools
import re


def parse(lines):
    found = 0
    for line in lines:
        if re.match(r"(\\w+\\s*)+=(\\d+)$", line):
            found += 1
    return found


@functools.lru_cache
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


class Table:
    def total(self, n):
        return sum(self.weight(i) for i in range(n))

    def weight(self, i):
        return sorted([i, 3, 2], key=lambda x: -x)[0]


def spin(n):
    count = 0
    while n:
        n -= 1
        count += n % 7
    return count
'''

BENCH = """\
import os.path, sys
from work import Table, depth, parse, spin

def main():
    assert __name__ == "__main__" and os.path.basename(__file__) == "bench.py" and sys.modules["__main__"].main is main
    print(parse(["one two three four = 12 !"] * 150), depth(50), Table().total(4000), spin(300000), sys.argv[1:])

main()
"""


@pytest.fixture
def working(folder: Folder) -> Folder:
    folder.write("work.py", WORK)
    folder.write("bench.py", BENCH)
    return folder


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    folder = Folder(tmp_path_factory.mktemp("profiled"))
    folder.write("work.py", WORK)
    folder.write("bench.py", BENCH)
    return folder.profile(f"{PYTHON} bench.py 'an argument'", profiler="cprofile")


def test_functions_are_ranked_and_mapped_to_their_spans(profile: Profile) -> None:
    assert (profile.format, profile.command) == ("cprofile", f"{PYTHON} bench.py 'an argument'")
    assert profile.seconds > 0.05
    places = {item.function: (item.file, item.line, item.end_line) for item in profile.bottlenecks}
    assert places["parse"] == ("work.py", 6, 11)
    assert places["spin"] == ("work.py", 27, 32)
    assert places["Table.weight"] == ("work.py", 23, 24)
    ranked = [item.addressable_share for item in profile.bottlenecks]
    assert ranked == sorted(ranked, reverse=True)
    everything = sum(item.self_share for item in profile.bottlenecks) + sum(item.share for item in profile.unmapped)
    assert 0.95 < everything <= 1.0001


def test_time_in_c_functions_ranks_the_function_that_calls_them(profile: Profile) -> None:
    parse = named(profile, "parse")
    assert parse.self_share < 0.1 < parse.addressable_share <= parse.total_share + 1e-9
    assert parse.callees[0].function == "re.match"
    assert parse.callees[0].share > 0.9
    assert parse.callees[0].calls == 150
    assert parse.callers[0].function == "main"
    assert parse.callers[0].file == "bench.py"


def test_lambdas_and_comprehensions_belong_to_their_function(profile: Profile) -> None:
    weight, total = named(profile, "Table.weight"), named(profile, "Table.total")
    assert weight.calls == 4000
    assert total.calls == 1
    assert total.callees[0].function in ("Table.weight", "sum")
    assert {edge.function for edge in weight.callers} == {"Table.total"}
    # Only the sorting itself is outside code; the key function is weight's own.
    assert weight.addressable_share == pytest.approx(weight.total_share, rel=0.05)
    assert total.addressable_share < total.total_share


def test_the_benchmark_and_the_interpreter_are_no_bottlenecks(profile: Profile) -> None:
    assert {item.file for item in profile.bottlenecks} == {"work.py"}
    assert "re" in {item.name for item in profile.unmapped}
    assert not [item.name for item in profile.unmapped if "profiler" in item.name or "mpco" in item.name]


def test_excluded_files_are_unmapped_by_their_name(working: Folder) -> None:
    profile = working.profile(f"{PYTHON} bench.py", project=ProjectSection(exclude=("work.py",)), profiler="cprofile")
    assert profile.bottlenecks == ()
    assert next(item for item in profile.unmapped if item.name == "work.py").share > 0.01


def test_heat_is_on_the_lines_that_take_the_time(profile: Profile) -> None:
    parse = named(profile, "parse")
    assert max(parse.heat, key=lambda heat: heat.share).line == 9
    for item in profile.bottlenecks:
        assert all(item.line <= heat.line <= item.end_line for heat in item.heat)
        assert sum(heat.share for heat in item.heat) <= 1.0001


def test_a_recursion_is_counted_once(folder: Folder) -> None:
    folder.write(
        "fib.py", "def fib(n):\n    if n < 2:\n        return n\n    return fib(n - 1) + fib(n - 2)\n\nfib(21)\n"
    )
    fib = folder.profile(f"{PYTHON} fib.py").bottlenecks[0]
    assert fib.function == "fib"
    assert 0.5 < fib.self_share <= fib.total_share <= 1
    assert fib.callees == ()
    assert {edge.function for edge in fib.callers} == {"<module>"}
    assert sum(heat.share for heat in fib.heat) <= 1.0001


def test_ids_outlive_a_new_profile_of_changed_code(working: Folder) -> None:
    before = {item.function: item.id for item in working.profile(f"{PYTHON} bench.py", profiler="cprofile").bottlenecks}
    working.write("work.py", "\n\n" + WORK.replace("found = 0", "found = 0 + 0"))
    after = {item.function: item.id for item in working.profile(f"{PYTHON} bench.py", profiler="cprofile").bottlenecks}
    assert before["parse"] == after["parse"]
    assert len(set(after.values())) == len(after)


def test_a_property_and_its_setter_are_two_bottlenecks(folder: Folder) -> None:
    lines = ["class A:", "  @property", "  def x(self):", "    return sum(range(2000))", "  @x.setter"]
    lines += ["  def x(self, n):", "    sum(range(2000))", "for n in range(500):", "  a = A(); a.x = a.x"]
    folder.write("app.py", "\n".join(lines))
    found = [item for item in folder.profile(f"{PYTHON} app.py").bottlenecks if item.function == "A.x"]
    assert sorted((item.line, item.end_line) for item in found) == [(2, 4), (5, 7)]
    assert found[0].id != found[1].id


def test_module_level_code_is_a_bottleneck_only_when_there_is_nothing_else(folder: Folder) -> None:
    folder.write("flat.py", "n = 0\nfor i in range(300000):\n    n += i % 3\n\nprint(n)\n")
    only = folder.profile(f"{PYTHON} flat.py").bottlenecks
    assert [(item.file, item.function, item.line, item.end_line) for item in only] == [("flat.py", "<module>", 1, 5)]
    assert {heat.line for heat in only[0].heat} <= {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    "command",
    [
        "{python} -O bench.py > /dev/null",
        "X=1 PYTHONPATH=. {python} -m bench",
        "env PYTHONPATH=. {python} bench.py",
        "cd .. && cd 'my project' && PYTHONPATH=. {python} -X utf8 bench.py",
        "{python} -I -c 'import sys; sys.path.insert(0, \".\"); import work; work.spin(300000)'",
        "./tool",
        "sh run.sh",
        "{python} bench.py | cat; true",
        "{python} spawns.py",
        "{python} forks.py",
    ],
)
def test_every_way_to_start_python_is_taken_in(working: Folder, command: str) -> None:
    short = BENCH.replace("] * 150", "] * 3").replace("total(4000)", "total(40)")
    working.write("bench.py", short.replace('__name__ == "__main__" and ', "").replace("is main", "") + "\n")
    working.write("tool", f"#!{sys.executable}\nimport work\nwork.spin(300000)\n").chmod(0o755)
    working.write("run.sh", f'set -e\ncd /\n{PYTHON} "$OLDPWD"/bench.py\n')
    pool = "from concurrent.futures import ProcessPoolExecutor as P\nimport multiprocessing as m, work\n"
    pool += "if __name__ == '__main__':\n  with P(1, m.get_context('{}')) as p: print(*p.map(work.spin, [300000]))\n"
    working.write("spawns.py", pool.format("spawn"))
    working.write("forks.py", pool.format("fork"))
    # The sampler is begun in the same way in both; for times of its own it takes three times as many runs.
    profile = working.profile(command.format(python=PYTHON), profiler="auto" if "forks" in command else "cprofile")
    assert named(profile, "spin").self_share > 0.01


def test_a_sitecustomize_of_the_projects_own_still_runs(working: Folder) -> None:
    working.write("site/sitecustomize.py", "import builtins\nbuiltins.customized = 200000\n")
    working.write("run.sh", f"exec {PYTHON} -c 'import sys, work; work.spin(customized)'\n")
    profile = working.profile('PYTHONPATH="$PYTHONPATH:site:." sh run.sh')
    assert named(profile, "spin").calls == 1


@pytest.mark.parametrize("ending", ["sys.exit(0)", "sys.exit()", "raise SystemExit"])
def test_a_program_may_end_with_sys_exit(working: Folder, ending: str) -> None:
    working.write("app.py", f"import sys, work\nwork.spin(200000)\n{ending}\n")
    profiler = "auto" if ending == "sys.exit(0)" else "cprofile"
    assert named(working.profile(f"{PYTHON} app.py", profiler=profiler), "spin").calls == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("{python} -c 'raise ValueError(\"no such table\")'", ["exit code 1", "ValueError: no such table"]),
        ("echo sorry; exit 3", ["exit code 3", "sorry"]),
        ("no-such-program", ["was not found"]),
        ("true", ["[profile] command must run Python", "`true`"]),
        ("{python} missing.py", ["exit code", "missing.py"]),
        ("exec sleep 60", ["did not end within 0.5 s", "[profile] timeout"]),
    ],
)
def test_what_goes_wrong_is_said_in_one_sentence(folder: Folder, command: str, words: list[str]) -> None:
    with pytest.raises(ProfileError) as caught:
        folder.profile(command.format(python=PYTHON), timeout=0.5 if "sleep" in command else 60)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_program_that_cannot_be_sampled_is_profiled_without_heat(working: Folder) -> None:
    working.write("app.py", "import os, work\nwork.spin(9000)\nassert os.environ['MPCO_PROFILE'] == 'calls', 'no'\n")
    profile = working.profile(f"{PYTHON} app.py")
    assert named(profile, "spin").heat == ()
    assert any("could not be sampled" in line for line in working.progress)
