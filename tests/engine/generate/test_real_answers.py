"""A hundred real answers of many LLMs in many formats, graded by the script that came with them.

Most are edits that no target function was asked for; the target only matters for those in the function format.
"""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.generate.hunks import compose
from engine.generate.reading import read_answer, read_baseline
from engine.model import Bottleneck, Candidate

DATA = Path(__file__).parents[4] / "shared" / "data" / "answers"
MUST_PASS = {"apply": 53, "no_edit": 3, "merge_or_refuse": 1}
"""Of 56, 3 and 1. The other three: a block with two places and an answer with an invented block, both of which the
source tool applied in part, and new names that it puts elsewhere."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real answers belong to others and are not here")


def items() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "index.jsonl").read_text().splitlines()]


def functions(text: str) -> dict[str, tuple[ast.AST, int, int]]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    found: dict[str, tuple[ast.AST, int, int]] = {}
    for node in tree.body:
        for inner in [node, *getattr(node, "body", [])] if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef):
                name = inner.name if inner is node else f"{node.name}.{inner.name}"  # type: ignore[attr-defined]
                found[name] = (inner, inner.lineno, inner.end_lineno or inner.lineno)
    return found


def target_of(item: dict[str, Any], answer: str, root: Path) -> Bottleneck:
    """The function an answer in the function format is about: the first it has that differs from the file's."""
    path = item["files"][0]["path"] if item["files"] else "module.py"
    name, line, end = "no_such_function", 1, 1
    if item["format"] == "function_only":
        old = functions((root / path).read_text())
        new = functions("\n".join(re.findall(r"```python\n(.*?)```", answer, re.DOTALL)))
        for known, (node, start, last) in old.items():
            if known in new and ast.dump(new[known][0]) != ast.dump(node):
                name, line, end = known, start, last
                break
    return Bottleneck(id="b", file=path, function=name, line=line, end_line=end, self_share=1, total_share=1)


def apply(item: dict[str, Any], root: Path, results: Path) -> Candidate:
    root.mkdir(parents=True)
    for file in item["files"]:
        if file["original"]:
            (root / file["path"]).parent.mkdir(parents=True, exist_ok=True)
            (root / file["path"]).write_bytes((DATA / file["original"]).read_bytes())
    answer = (DATA / f"{item['id']}.txt").read_bytes().decode()
    files = tuple(read_baseline(root, file["path"]) for file in item["files"] if file["original"])
    known = {file.path: file for file in files}
    target = target_of(item, answer, root)
    born = Candidate(id="c", bottleneck="b", llm="x", prompt="p", state="streaming", at=0.0, files=files)
    for end in range(0, len(answer), max(1, len(answer) // 20)):
        assert read_answer(born, answer[:end], target, known.get, (), partial=True).state == "streaming"
    made = read_answer(born, answer, target, known.get, ())
    for path in {hunk.file for hunk in made.hunks}:
        before = next(file.text for file in made.files if file.path == path)
        after = compose(before, [hunk for hunk in made.hunks if hunk.file == path])
        (results / item["id"] / path).parent.mkdir(parents=True, exist_ok=True)
        (results / item["id"] / path).write_bytes(after.encode())
    return made


def test_the_score_of_a_hundred_real_answers(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    for item in items():
        made = apply(item, tmp_path / "roots" / item["id"], results)
        assert made.state in ("ready", "empty", "unappliable")
        assert (made.reason == "") == (made.state == "ready")
    done = subprocess.run([sys.executable, DATA / "score.py", results], capture_output=True, text=True, check=True)
    print(done.stdout)
    counts = {line.split()[0]: line for line in done.stdout.splitlines()}
    for name, least in MUST_PASS.items():
        passed = re.search(r"'PASS': (\d+)", counts[name])
        assert passed and int(passed[1]) >= least, done.stdout
    for name in ("reject_or_partial", "no_edit_from_cut_block", "must_not_write_elision", "report_problem"):
        assert "FAIL" not in counts[name], done.stdout
