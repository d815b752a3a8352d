"""A result as a receipt, and what `mpco verify` says of it elsewhere."""

import json
import shutil
from pathlib import Path

import msgspec

from engine.report.receipt import Receipt, holds
from tests.end_to_end.conftest import Person, git
from tests.engine.conftest import BENCH, CONFIG, SLOW, TESTS


def test_a_result_is_checked_on_a_copy_and_a_claim_too_large_is_found(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "words"
    root.mkdir()
    files = {
        "words.py": SLOW,
        "bench.py": BENCH,
        "test_words.py": TESTS,
        "mpco.toml": CONFIG,
    }
    for name, text in files.items():
        (root / name).write_text(text)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "slow")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(root, elsewhere)

    early = person.types("receipt", cwd=root)
    assert early.returncode == 1 and "Nothing is proven faster yet" in early.stderr
    ran = person.types(
        "run", "--bottlenecks", "1", "--llm", "algorithms", "--apply", "best", "--branch", "fast", cwd=root
    )
    assert ran.returncode == 0, ran.stderr
    told = person.types("receipt", "-o", "r.json", "--pull-request", cwd=root)
    assert told.returncode == 0, told.stderr
    for words in ("| verdict | faster |", "guaranteed gain", "offline/algorithms, prompt by offline/meta", "r.json`"):
        assert words in told.stdout, told.stdout
    receipt = msgspec.json.decode((root / "r.json").read_bytes(), type=Receipt)
    assert receipt.commit == git(root, "rev-parse", "HEAD").strip()
    assert receipt.evaluation.patch.startswith("diff --git a/words.py") and receipt.authors[0].prompt

    large = msgspec.structs.replace(receipt.evaluation.estimate, low=99.0, high=99.5, percent_improvement=99.2)
    boast = msgspec.structs.replace(receipt, evaluation=msgspec.structs.replace(receipt.evaluation, estimate=large))
    held, sentence = holds(boast, receipt.evaluation)
    assert not held and "holds in part: faster here as well, but at most by" in sentence
    (elsewhere / "words.py").write_text(SLOW + "\n")
    checked = person.types("verify", str(root / "r.json"), "--json", cwd=elsewhere)
    assert checked.returncode == 0 and json.loads(checked.stdout)["holds"], checked.stderr
    assert "words.py is not the text that was measured" in checked.stderr

    (elsewhere / "wrong.json").write_text('{"format": "mpco receipt", "version": 2}')
    wrong = person.types("verify", "wrong.json", cwd=elsewhere)
    assert wrong.returncode == 1 and "is no receipt of MPCO" in wrong.stderr
