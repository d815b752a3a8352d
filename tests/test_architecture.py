"""The layering of the house: who may import whom, and what the screen's process never loads."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("litellm", "scipy", "httpx", "openai", "pydantic", "numpy")


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import tui.cli, tui.app, tui.headless",
        "import engine.client",
        "import engine.setup",
        "import engine.profile.files",
    ],
)
def test_heavy_libraries_stay_out_of_the_screens_process(code: str) -> None:
    assert modules_after(code).isdisjoint(HEAVY)


def test_the_engine_is_there_before_litellm_is() -> None:
    assert "litellm" not in modules_after("import engine.service")


def test_the_engine_knows_no_screen() -> None:
    assert modules_after("import engine.service").isdisjoint({"tui", "themes", "textual", "rich"})


def sources(package: str) -> list[Path]:
    return [path for path in (ROOT / package).rglob("*.py") if "logreport" not in path.parts]


def importers(pattern: str, *packages: str) -> set[str]:
    found = re.compile(rf"^\s*(?:from|import) (?:{pattern})\b", re.MULTILINE)
    paths = [path for package in packages for path in sources(package)]
    return {path.relative_to(ROOT).as_posix() for path in paths if found.search(path.read_text())}


def test_only_the_llm_layer_imports_litellm() -> None:
    assert all(name.startswith("engine/llm/") for name in importers("litellm", "engine", "tui", "themes"))


def test_only_the_store_speaks_sql() -> None:
    assert importers("sqlite3|aiosqlite", "engine", "tui", "themes") == {
        "engine/store.py",
        "engine/store_archive.py",
        "engine/store_salvage.py",
    }


def test_the_screen_reaches_the_engine_through_its_client_only() -> None:
    allowed = r"engine import (?:paths)|engine\.(?:client|protocol|model|errors|paths)\b"
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {line.strip()}"
        for path in sources("tui")
        for line in path.read_text().splitlines()
        if re.match(r"\s*(?:from|import) engine\b", line) and not re.search(allowed, line)
    }
    offered = {"from engine.demo import copy_demo", "from engine.setup import diagnose"}
    offered |= {"from engine.setup import detect, render_config, write_config"}
    offered |= {"from engine.profile.files import import_profiles", "from engine.profile.files import compare_profiles"}
    offered |= {"from engine.report.paper import average_ranks, cells, read_systems"}
    offered |= {"from engine.report.session import Report", "from engine.report.session import Report, report"}
    offered |= {"from engine.report.tables import comparisons, money, paper_table, tally_table"}
    offered |= {"from engine.report.tables import comparisons, paper_table, tally_table"}
    offered |= {"from engine.report.tables import crossing_words, premise_words"}
    offered |= {"from engine.report.crossings import Crossing", "from engine.report.tally import Nouns, evaluated"}
    offered |= {"from engine.report.paper import Cell", "from engine.report.edits import edit_class"}
    offered |= {"from engine.report.formats import render", "from engine.report.procedure import session_cells"}
    offered |= {"from engine.report.receipt import deviations, holds, read", "from engine.report.receipt import read"}
    offered |= {"from engine.report.receipt import Receipt", "from engine.report.receipt import pull_request as text"}
    offered |= {"from engine.prompt.templates import library"}
    offered |= {"from engine.prompt.templates import library, person_folder, project_folder"}
    offered |= {"from engine import history", "from engine.report.tables import NOTHING, Table, money"}
    offered |= {"from engine.report.sessions import CURRENT", "from engine.report.sessions import CURRENT, Facts"}
    offered |= {"from engine.report.sessions import Facts, TrendPoint, best_words, when"}
    offered |= {"from engine import answering", "from engine.against import revision"}
    assert {line.split(": ", 1)[1] for line in found} <= offered
    assert {line.split(": ", 1)[0] for line in found} <= {
        "tui/cli/run.py",
        "tui/cli/project.py",
        "tui/cli/report.py",
        "tui/hunk_facts.py",
        "tui/report_rows.py",
        "tui/screens/report.py",
        "tui/screens/sessions.py",
        "tui/cli/sessions.py",
        "tui/session_rows.py",
        "tui/widgets/heat_map.py",
        "tui/cli/prompts.py",
        "tui/cli/profile.py",
        "tui/cli/answer.py",
        "tui/cli/evaluate.py",
        "tui/cli/receipt.py",
    }


def test_no_machine_path_and_no_registry_host_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split(
        "\n"
    )
    pattern = re.compile(r"(?:^|[^\w.~-])/(?:work|root|farm)/|pypi\.org|files\.pythonhosted|registry\.npmjs")
    bad = []
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and name != "tests/test_architecture.py":
            bad += [name for line in path.read_text(errors="replace").splitlines() if pattern.search(line)]
    assert bad == []
