"""The main job on code that nobody wrote for it: the source of an installed pure-Python library."""

import json
import shutil
import subprocess
from pathlib import Path

import unidiff

from tests.end_to_end.conftest import Person, git

BENCH = """import io

from unidiff import PatchSet

HUNK = "@@ -{0},3 +{0},3 @@\\n context\\n-old {0}\\n+new {0}\\n context\\n"
LINES = "".join(HUNK.format(10 * number + 1) for number in range(1500))
PATCH = "--- a/file.txt\\n+++ b/file.txt\\n" + LINES
print(len(PatchSet(io.StringIO(PATCH))[0]))
"""
CONFIG = """[test]
command = "python3 bench.py"

[benchmark]
command = "python3 bench.py"
max_pairs = 4
calm_seconds = 0
"""


def test_unidiff(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(Path(unidiff.__file__).parent, root / "unidiff", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "bench.py").write_text(BENCH)
    (root / "mpco.toml").write_text(CONFIG)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "unidiff as it is")

    profile = person.types("profile", "--json", cwd=root)
    assert profile.returncode == 0, profile.stderr
    bottlenecks = [json.loads(line) for line in profile.stdout.splitlines()]
    assert bottlenecks[0]["file"] == "unidiff/patch.py"
    source = (root / "unidiff" / "patch.py").read_text().splitlines()
    for item in bottlenecks:
        if item["file"] == "unidiff/patch.py":
            head = "\n".join(source[item["line"] - 1 : item["end_line"]])
            assert f"def {item['function'].rsplit('.', 1)[-1]}(" in head

    done = person.types("run", "--bottlenecks", "2", "--json", cwd=root)
    assert done.returncode in (0, 3), done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == 6
    assert all(row["verdict"] in ("faster", "slower", "equivalent", "inconclusive", "unappliable") for row in results)
    if all(row["verdict"] == "unappliable" for row in results):
        assert "name it as [[llm]] in mpco.toml" in done.stderr
    assert git(root, "status", "--porcelain") == ""
