"""`mpco evaluate --against`: the working tree against a git revision, as continuous integration asks."""

import json
from pathlib import Path

from tests.end_to_end.conftest import Person, git
from tests.engine.conftest import BENCH, SLOW, TESTS

CONFIG = """[test]
command = "python3 test_words.py"

[benchmark]
command = "python3 bench.py"
output = "results-file"
results = "results.json"
calm_seconds = 0
"""
FAST = "def distinct(text: str) -> int:\n    return len(set(text.split()))\n"


def test_the_working_tree_is_judged_by_the_yardstick_of_a_revision(person: Person, tmp_path: Path) -> None:
    top = tmp_path / "repository"
    root = top / "words"  # a project need not be the whole repository
    root.mkdir(parents=True)
    files = {"words.py": SLOW, "bench.py": BENCH, "test_words.py": TESTS, "mpco.toml": CONFIG, "gone.py": "x = 1\n"}
    for name, text in files.items():
        (root / name).write_text(text)
    git(top, "init", "-q")
    git(top, "add", ".")
    git(top, "commit", "-qm", "slow")

    same = person.types("evaluate", "--against", "HEAD", "--fail-if", "slower", cwd=root)
    assert same.returncode == 0 and "Nothing that may change differs from HEAD." in same.stderr
    (root / "words.py").write_text(FAST)
    (root / "gone.py").unlink()
    (root / "bench.py").write_text("print('done')\n")
    before = git(top, "status", "--porcelain"), (top / ".git" / "index").read_bytes()

    found = person.types("evaluate", "--against", "HEAD", "--json", cwd=root)
    assert found.returncode == 0, found.stderr
    assert "as at HEAD on both sides, being protected: bench.py" in found.stderr
    result = json.loads(found.stdout)
    assert (result["patch"], result["verdict"]) == ("HEAD..working tree", "faster")
    assert (git(top, "status", "--porcelain"), (top / ".git" / "index").read_bytes()) == before

    git(root, "checkout", "-q", "bench.py")
    git(top, "commit", "-qam", "fast")
    git(top, "checkout", "-q", "HEAD~1")
    slower = person.types("evaluate", "--against", "HEAD@{1}", "--fail-if", "slower", cwd=root)
    assert (slower.returncode, "slower" in slower.stdout) == (3, True), slower.stderr
    for arguments, code in ((("--against", "nosuch"), 1), ((), 2)):
        refused = person.types("evaluate", *arguments, cwd=root)
        assert refused.returncode == code
    assert "names no commit" in person.types("evaluate", "--against", "nosuch", cwd=root).stderr
