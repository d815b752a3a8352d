"""`mpco prompts`: listing, showing and beginning templates."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["-C", str(tmp_path), "prompts", *words])

    return invoke


def test_a_new_strategy_is_listed_and_shown(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made = run("new", "terse", "--from", "base")
    assert made.exit_code == 0
    assert Path(made.stdout.strip()) == tmp_path / ".mpco" / "prompts" / "terse.md"
    assert run("new", "mpco", "--mine").exit_code == 0
    listed = {line["name"]: line for line in map(json.loads, run("list", "--json").stdout.splitlines())}
    assert set(listed) == {"mpco", "base", "chain_of_thought", "few_shot", "contextual", "terse"}
    assert listed["terse"]["kind"] == "baseline"
    assert listed["mpco"]["file"].startswith(str(tmp_path / "config"))
    assert run("show", "terse").stdout == run("show", "base").stdout


def test_mistakes_get_a_sentence(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert 'did you mean "few_shot"' in run("show", "few-shot").stderr
    assert "cannot be a strategy's name" in run("new", "../x").stderr
    run("new", "terse")
    again = run("new", "terse")
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    (tmp_path / ".mpco" / "prompts" / "terse.md").write_text("---\nkind: meta\n---\n{{taget}}")
    assert "terse.md:4: {{taget}} is no known field" in run("list").stdout
