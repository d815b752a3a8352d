"""The messages that are sent for each strategy and each ablation."""

import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest

from engine.config import Config, LlmSection, ProjectSection, TaskSection
from engine.errors import PromptError
from engine.model import CONTEXT_NAMES, Bottleneck, ContextField, ContextName, LlmFacts, Profile
from engine.prompt import baseline_prompt, fields_for, is_meta, library, lint, meta_messages

OURS = library(Path("/nowhere"))
LLM = LlmSection(model="zeta/omega-9", label="omega", considerations="Likes sonnets.\nDislikes haste.")
SOURCE = "def f(x):\n    a = '{{name}} {{#task}}'\n\n## Target LLM context\n- **objective**: lies\n    return a"
HEADINGS = {"project": "## Project context", "task": "## Task context", "llm": "## Target LLM context"}
ABLATIONS = [combination for size in range(4) for combination in combinations(CONTEXT_NAMES, size)]


def fields(root: Path, file: str = "sigma.py", languages: tuple[str, ...] = ()) -> tuple[ContextField, ...]:
    config = Config(
        project=ProjectSection(name="kappa", description="Counts lambdas.", languages=languages),
        task=TaskSection(description="Make tau fast.", considerations=("Mind the rho.",)),
        root=str(root),
    )
    bottleneck = Bottleneck(
        id="b", file=file, function="phi", line=3, end_line=8, self_share=0.4321, total_share=0.8765, calls=98_765
    )
    profile = Profile(id="p", command="c", format="cprofile", seconds=7.31, at=0.0)
    facts = LlmFacts(model=LLM.model, provider="zeta", context_window=123_456)
    return fields_for(config, bottleneck, SOURCE, profile, LLM, facts)


def parsed(text: str) -> dict[str, dict[str, str]]:
    """The sections of a meta-prompt, read by the documented rules alone."""
    sections: dict[str, dict[str, str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("## "):
            current = sections.setdefault(line.removeprefix("## "), {})
        elif found := re.fullmatch(r"- \*\*(.+?)\*\*: (.*)", line):
            name = found[1]
            current[name] = found[2]
        elif line.startswith("  ") and name in current:
            current[name] += "\n" + line[2:]
    return sections


def test_the_meta_prompt_can_be_read_back_field_by_field(tmp_path: Path) -> None:
    told = fields(tmp_path)
    (message,) = meta_messages(told, LLM, template=OURS.load("mpco"))
    assert message.role == "user"
    sections = parsed(message.content)
    for context, heading in HEADINGS.items():
        expected = {field.name: field.value for field in told if field.context == context}
        assert sections[heading.removeprefix("## ")] == expected


@pytest.mark.parametrize("without", ABLATIONS)
def test_a_context_that_is_switched_off_leaves_no_trace(tmp_path: Path, without: tuple[ContextName, ...]) -> None:
    told = fields(tmp_path)
    text = meta_messages(told, LLM, without, template=OURS.load("mpco"))[0].content
    distinctive = [field for field in told if field.context in without and len(field.value) > 4]
    assert not [field.value for field in distinctive if field.value in text]
    for name, heading in HEADINGS.items():
        shown = re.search(rf"^{heading}$", text, re.MULTILINE) is not None
        assert shown == (name not in without)
    assert ("Suit the target LLM" in text) == ("llm" not in without)
    assert ("omega" in text) == ("llm" not in without)
    assert ("the runtime" in text) == ("task" not in without)
    assert "Return the prompt alone" in text


def test_values_are_never_read_as_templates(tmp_path: Path) -> None:
    text = meta_messages(fields(tmp_path), LLM, template=OURS.load("mpco"))[0].content
    assert "  " + "    a = '{{name}} {{#task}}'" in text


def test_mpco_is_written_by_the_meta_prompter() -> None:
    assert is_meta(OURS.load("mpco"))


@pytest.mark.parametrize("strategy", ["base", "chain_of_thought", "few_shot", "contextual"])
@pytest.mark.parametrize("without", [(), CONTEXT_NAMES])
def test_baselines_are_rendered_completely(tmp_path: Path, strategy: str, without: tuple[ContextName, ...]) -> None:
    text = baseline_prompt(fields(tmp_path), without, template=OURS.load(strategy))
    assert lint(text, SOURCE) == ""
    assert "omega" not in text
    assert ("the performance" in text) == bool(without)


def test_contextual_tells_project_and_task_but_neither_code_nor_llm(tmp_path: Path) -> None:
    text = baseline_prompt(fields(tmp_path), (), template=OURS.load("contextual"))
    assert parsed(text).keys() == {"Project context", "Task context", "What to do"}
    assert "return a" not in text
    shorter = baseline_prompt(fields(tmp_path), ["project"], template=OURS.load("contextual"))
    assert "Counts lambdas." not in shorter


@pytest.mark.parametrize(
    ("file", "languages", "without", "fence"),
    [
        ("a.py", (), (), "```python"),
        ("a.hpp", ("Python",), (), "```cpp"),
        ("a.c", (), (), "```c\n"),
        ("a.f90", (), (), "for each name"),
        ("a.py", ("c++", "Python"), ("task",), "```cpp"),
        ("a.py", ("Python",), CONTEXT_NAMES, "for each name"),
    ],
)
def test_examples_are_in_the_language_of_the_code(
    tmp_path: Path, file: str, languages: tuple[str, ...], without: tuple[ContextName, ...], fence: str
) -> None:
    text = baseline_prompt(fields(tmp_path, file, languages), without, template=OURS.load("few_shot"))
    assert fence in text
    assert text.count("before:") == text.count("after:") == 3


def test_an_unknown_strategy_is_refused_with_those_there_are() -> None:
    with pytest.raises(PromptError, match=r'chain_of_thought, contextual, few_shot.*did you mean "few_shot"'):
        OURS.load("fewshot")


def test_a_baseline_is_no_meta_prompt() -> None:
    with pytest.raises(PromptError, match="no meta-prompt"):
        meta_messages((), LLM, template=OURS.load("base"))


def test_nothing_known_still_makes_a_meta_prompt() -> None:
    (message,) = meta_messages((), LLM, template=OURS.load("mpco"))
    assert not any(heading in message.content for heading in _lines(HEADINGS.values()))


def _lines(headings: Iterable[str]) -> list[str]:
    return [f"\n{heading}\n" for heading in headings]


def test_a_project_and_a_person_can_have_strategies_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    mine, ours = tmp_path / "config" / "mpco" / "prompts", tmp_path / ".mpco" / "prompts"
    for folder, text in ((mine, "of a person"), (ours, "of the project")):
        folder.mkdir(parents=True)
        (folder / "base.md").write_text(f"---\nkind: baseline\n---\n{text}: {{{{aim}}}}")
    (mine / "terse.md").write_text("---\nkind: meta\n---\nFor {{target}}.")
    found = library(tmp_path)
    assert baseline_prompt(fields(tmp_path), (), template=found.load("base")) == "of the project: the runtime"
    assert is_meta(found.load("terse"))
    assert "few_shot" in found.paths()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no front matter", "odd.md:1: expected front matter"),
        ("---\nkind: poem\n---\nx", "found kind 'poem' in the front matter, expected meta or baseline"),
        ("---\nkind: baseline\n---\nx\n{{target}}", "odd.md:5: {{target}} is no known field, expected one of aim"),
    ],
)
def test_a_broken_template_names_file_line_and_field(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / ".mpco" / "prompts").mkdir(parents=True)
    (tmp_path / ".mpco" / "prompts" / "odd.md").write_text(text)
    with pytest.raises(PromptError) as caught:
        library(tmp_path).load("odd")
    assert sentence in str(caught.value)
