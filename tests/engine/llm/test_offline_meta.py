"""The prompts that offline/meta composes follow from the contexts it is told, and from nothing else."""

from pathlib import Path

import pytest

from engine import config
from engine.llm import prices
from engine.llm.offline.meta import compose
from engine.llm.offline.observations import observe
from engine.llm.offline.optimiser import RULES
from engine.model import Bottleneck, ContextName, Edge, LineHeat, Profile
from engine.prompt import fields_for, library, lint, meta_messages

SOURCE = """def words(lines: list[str]) -> list[str]:
    seen: list[str] = []
    for line in lines:
        if line not in seen:
            seen.append(line.pop(0))
    return seen"""
BOTTLENECK = Bottleneck(
    id="b",
    file="src/reader.py",
    function="words",
    line=41,
    end_line=46,
    self_share=0.382,
    total_share=0.4,
    calls=12,
    callers=(Edge(function="load", file="src/main.py", line=3, share=0.97, calls=12),),
    heat=(LineHeat(line=44, share=0.241), LineHeat(line=45, share=0.03)),
)


def prompt(root: Path, without: tuple[ContextName, ...] = (), considerations: str = "") -> str:
    (root / "mpco.toml").write_text(
        '[project]\nname = "gazette"\ndescription = "Prints gazettes."\nlanguages = ["Python"]\n'
        f'[[llm]]\nmodel = "offline/loops"\nlabel = "loops"\nconsiderations = "{considerations}"\n'
    )
    (root / "reader.py").write_text(SOURCE)
    settings = config.load(root)
    profile = Profile(id="p", command="x", format="cprofile", seconds=2.0, at=0)
    llm = settings.llm[0]
    fields = fields_for(settings, BOTTLENECK, SOURCE, profile, llm, prices.facts(llm.model), without)
    return compose(
        "\n".join(
            message.content
            for message in meta_messages(fields, llm, without, template=library(Path("/nowhere")).load("mpco"))
        )
    )


def test_it_tells_the_project_the_profile_and_what_to_look_for(tmp_path: Path) -> None:
    text = prompt(tmp_path, considerations="Loves zebras.")
    for part in (
        "gazette",
        "Prints gazettes",
        "38.2%",
        "line 44 (24.1%)",
        "load (97.0%)",
        "Line 44: a membership",
        "zebras",
    ):
        assert part in text
    assert "Line 45: a list is used as a queue" in text
    assert "redundant work" in text
    assert 700 <= len(text) <= 1800


def test_it_holds_no_code_and_passes_the_lint(tmp_path: Path) -> None:
    text = prompt(tmp_path)
    assert "```" not in text and "seen" not in text and "for line in" not in text
    assert not lint(text, SOURCE)


@pytest.mark.parametrize(
    ("without", "gone"),
    [
        ("project", ("gazette", "Prints", "Python")),
        ("task", ("38.2", "line 44", "membership", "runtime", "redundant", "words", "load")),
        ("llm", ("zebras", "known of you", "largest effect")),
    ],
)
def test_a_context_switched_off_leaves_no_trace(tmp_path: Path, without: ContextName, gone: tuple[str, ...]) -> None:
    text = prompt(tmp_path, (without,), "Loves zebras.")
    assert not [part for part in gone if part in text]
    assert 700 <= len(text) <= 1800


def test_without_any_context_it_names_no_technique(tmp_path: Path) -> None:
    import re

    text = prompt(tmp_path, ("project", "task", "llm")).lower()
    assert not [rule.name for rules in RULES.values() for rule in rules if re.search(rule.triggers, text)]


def test_it_speaks_to_the_target_llm_as_suits_it(tmp_path: Path) -> None:
    small = prompt(tmp_path, considerations="Small: needs short, plain instructions.")
    large = prompt(tmp_path, considerations="Thinks long when asked to.")
    assert "do not think aloud" in small and "verify each assumption" in large
    assert len({small, large, prompt(tmp_path)}) == 3


def test_odd_meta_prompts_still_make_a_prompt() -> None:
    for message in ("", "## Task context\n- **source**: def f(:\n", "## Task context\n", "- **name**: x"):
        assert len(compose(message)) >= 700


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("for a in b:\n    for c in d:\n        if c[0] == a:\n            x = c\n            break", "dict index"),
        ("while q:\n    q.pop(0)", "deque"),
        ("for a in b:\n    s += f'{a}'", "join"),
        ("m = re.match(P, t)", "pattern"),
        ("x = sorted(v)[0]", "heap"),
        ("for a in b:\n    v.sort()", "sort once"),
        ("for a in b:\n    v.count(a)", "counter"),
        ("for a in b:\n    if a in t.lower():\n        pass", "hoist"),
        ("t = {'a': 1, 'b': 2, 'c': 3}", "precompute"),
        ("def f(a: str) -> str:\n    return a", "memoise"),
    ],
)
def test_observations_name_the_remedy(source: str, word: str) -> None:
    assert any(word in item.text for item in observe(source))


def test_nothing_is_observed_in_other_languages() -> None:
    assert observe("int f() { return 1; }") == []
