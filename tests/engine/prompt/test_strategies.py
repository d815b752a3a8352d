"""The messages that are sent for each strategy and each ablation."""

import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest

from engine.config import Config, LlmSection, ProjectSection, TaskSection
from engine.errors import PromptError
from engine.model import CONTEXT_NAMES, Bottleneck, ContextField, ContextName, LlmFacts, Profile
from engine.prompt import STRATEGIES, fields_for, lint, meta_messages, strategy_prompt

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
    (message,) = meta_messages(told, LLM)
    assert message.role == "user"
    sections = parsed(message.content)
    for context, heading in HEADINGS.items():
        expected = {field.name: field.value for field in told if field.context == context}
        assert sections[heading.removeprefix("## ")] == expected


@pytest.mark.parametrize("without", ABLATIONS)
def test_a_context_that_is_switched_off_leaves_no_trace(tmp_path: Path, without: tuple[ContextName, ...]) -> None:
    told = fields(tmp_path)
    text = meta_messages(told, LLM, without)[0].content
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
    text = meta_messages(fields(tmp_path), LLM)[0].content
    assert "  " + "    a = '{{name}} {{#task}}'" in text


def test_mpco_is_written_by_the_meta_prompter(tmp_path: Path) -> None:
    assert strategy_prompt("mpco", fields(tmp_path), (), LLM) is None


@pytest.mark.parametrize("strategy", STRATEGIES[1:])
@pytest.mark.parametrize("without", [(), CONTEXT_NAMES])
def test_baselines_are_rendered_completely(tmp_path: Path, strategy: str, without: tuple[ContextName, ...]) -> None:
    text = strategy_prompt(strategy, fields(tmp_path), without, LLM)
    assert text is not None
    assert lint(text, SOURCE) == ""
    assert "omega" not in text
    assert ("the performance" in text) == bool(without)


def test_contextual_tells_project_and_task_but_neither_code_nor_llm(tmp_path: Path) -> None:
    text = strategy_prompt("contextual", fields(tmp_path), (), LLM)
    assert text is not None
    assert parsed(text).keys() == {"Project context", "Task context", "What to do"}
    assert "return a" not in text
    shorter = strategy_prompt("contextual", fields(tmp_path), ["project"], LLM)
    assert shorter is not None
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
    text = strategy_prompt("few_shot", fields(tmp_path, file, languages), without, LLM)
    assert text is not None
    assert fence in text
    assert text.count("before:") == text.count("after:") == 3


def test_an_unknown_strategy_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r'chain_of_thought, few_shot.*did you mean "few_shot"'):
        strategy_prompt("fewshot", fields(tmp_path), (), LLM)


@pytest.mark.parametrize(("template", "reason"), [("mpcp", 'did you mean "mpco"'), ("base", "no meta-prompt")])
def test_an_unfit_template_is_refused(template: str, reason: str) -> None:
    with pytest.raises(PromptError, match=reason):
        meta_messages((), LLM, (), template)


def test_nothing_known_still_makes_a_meta_prompt() -> None:
    (message,) = meta_messages((), LLM)
    assert not any(heading in message.content for heading in _lines(HEADINGS.values()))


def _lines(headings: Iterable[str]) -> list[str]:
    return [f"\n{heading}\n" for heading in headings]
