"""A benchmark that does not run the changed code is found out, whatever the language, and told with the fix."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import BenchmarkSection, CommandSection, Config, SandboxSection
from engine.evaluate.poison import plant
from engine.evaluate.workbench import Ruling, Workbench

HEADS = st.sampled_from(
    ["", "#!/usr/bin/python\n", "# -*- coding: latin-1 -*-\n", "\ufeff", "\ufeff# a comment\n", "\n\n"]
)
DOCUMENTATION = st.sampled_from(["", '"""What it is."""\n', "'''Two\nlines.'''\n"])
IMPORTS = st.sampled_from(
    ["", "from __future__ import annotations\n", "from __future__ import (\n    annotations,\n)\n", "import os\n"]
)
BODIES = st.sampled_from(["", "@property\ndef f(self): return 1\n", "x = 1", 'if __name__ == "__main__":\n    f()\n'])


@given(head=HEADS, documentation=DOCUMENTATION, imports=IMPORTS, body=BODIES, windows=st.booleans())
def test_a_broken_module_compiles_and_stops(
    head: str, documentation: str, imports: str, body: str, windows: bool
) -> None:
    text = head + documentation + imports + body
    broken = plant({"a.py": text.replace("\n", "\r\n" if windows else "\n").encode()})["a.py"]
    with pytest.raises(SystemExit):
        exec(compile(broken, "a.py", "exec"), {"__name__": "a"})


@given(st.binary())
def test_no_text_breaks_it(text: bytes) -> None:
    assert set(plant({"a.py": text, "b.c": text, "c.hpp": text, "d.rs": text, "e.txt": text})) == {
        "a.py",
        "b.c",
        "c.hpp",
    }


@pytest.mark.skipif(not shutil.which("c++"), reason="no C++ compiler")
def test_a_broken_program_compiles_and_stops(tmp_path: Path) -> None:
    files = {
        "a.h": b"#ifndef A\n#define A\nint a(void);\n#endif\n",
        "b.cpp": b'#include "a.h"\n#include "a.h"\nint b() { return a(); }',
        "c.cpp": b'#include "a.h"\n#include <unistd.h>\nint b(); int a() { return 0; } int main() { return b(); }',
    }
    for broken in ({}, {"a.h"}, {"b.cpp"}, set(files)):
        chosen = plant({name: files[name] for name in broken})
        for name, text in {**files, **chosen}.items():
            (tmp_path / name).write_bytes(text)
        command = ["c++", "-Wall", "-Wextra", "-Werror", "-o", "program", "b.cpp", "c.cpp"]
        subprocess.run(command, cwd=tmp_path, check=True)
        assert (subprocess.run([tmp_path / "program"]).returncode == 0) is (not broken)


@pytest.fixture
async def verdict(project: Path) -> AsyncIterator[object]:
    opened: list[Workbench] = []

    async def judged(changes: dict[str, bytes], benchmark: str, build: str = "") -> Ruling:
        config = Config(
            root=str(project),
            build=CommandSection(command=build),
            benchmark=BenchmarkSection(command=benchmark, max_pairs=1),
            sandbox=SandboxSection(allow_unsandboxed=True),
        )
        opened.append(Workbench(config, project / ".mpco"))
        await opened[-1].open()
        news = [item async for item in opened[-1].evaluate("a title", changes, objective="runtime")]
        assert isinstance(news[-1], Ruling)
        return news[-1]

    yield judged
    for each in opened:
        await each.close()


FAST = b"def total(numbers):\n    return sum(set(numbers))\n"


async def test_an_installed_copy_is_found_out(verdict: object, project: Path) -> None:
    installed = project / ".venv" / "lib"
    installed.mkdir(parents=True)
    (project / ".venv" / "pyvenv.cfg").write_text("")
    (installed / "shop.py").write_text((project / "shop.py").read_text())
    (project / "bench.py").write_text(
        f"import sys\nsys.path.insert(0, {str(installed)!r})\nimport shop\nshop.total([])\n"
    )
    found = await verdict({"shop.py": FAST}, f"{sys.executable} bench.py")  # type: ignore[operator]
    assert (found.verdict, found.estimate) == ("inconclusive", None)
    assert found.reason.startswith("The benchmark does not run the changed code: it passes with shop.py broken")
    assert "pip install -e ." in found.reason


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
async def test_a_library_that_is_not_built_anew_is_found_out(verdict: object, project: Path) -> None:
    (project / "shop.c").write_text("int total(void) { return 0; }\n")
    (project / "main.c").write_text("int total(void);\nint main(void) { return total(); }\n")
    compile_all = "cc -o program main.c shop.c"
    changes = {"shop.c": b"int total(void) { return 1 - 1; }\n"}
    stale = await verdict(changes, "./program", f"test -e program || {compile_all}")  # type: ignore[operator]
    assert stale.verdict == "inconclusive"
    assert "have [build] command make anew" in stale.reason
    assert (await verdict(changes, "./program", compile_all)).estimate is not None  # type: ignore[operator]
