"""What the offline optimisers answer: the format asked for, only what the prompt asks for, and honest words."""

import ast

import pytest

from engine.config_kinds import OFFLINE
from engine.generate.reading import read_answer
from engine.generate.request import messages
from engine.llm import prices
from engine.llm.offline import ABOUT
from engine.llm.offline.optimiser import optimise
from engine.llm.offline.request import read
from engine.model import BaselineFile, Bottleneck, Candidate, EditFormat

FILE = '''"""A module."""

import re

PATTERN = r"\\w+"


class Reader:
    """Reads."""

    @staticmethod
    def words(lines: list[str]) -> list[str]:
        """The words, each once."""
        seen: list[str] = []
        queue: list[str] = []
        for line in lines:
            queue.append(line)
            match = re.match(PATTERN, queue.pop(0))
            if match and line not in seen:
                seen.append(line)
        return seen


def other():
    return 1
'''
START, END = 12, 21
BOTTLENECK = Bottleneck(
    id="b", file="pkg/reader.py", function="Reader.words", line=START - 1, end_line=END, self_share=0.5, total_share=0.5
)
ALL = "a set for membership, a deque, compiled patterns, loops, caching"


def ask(name: str, prompt: str, edit_format: EditFormat = "function", text: str = FILE) -> str:
    system, user = messages(prompt, BOTTLENECK, text, edit_format, "Python")
    return optimise(name, system.content, user.content)


def candidate(answer: str, edit_format: EditFormat) -> Candidate:
    empty = Candidate(id="c", bottleneck="b", llm="x", prompt="p", state="streaming", at=0, edit_format=edit_format)
    baseline = BaselineFile(path=BOTTLENECK.file, text=FILE, digest="")
    return read_answer(empty, answer, BOTTLENECK, lambda path: baseline if path == baseline.path else None, ())


@pytest.mark.parametrize("edit_format", ["function", "search_replace", "file", "diff"])
@pytest.mark.parametrize("name", ["algorithms", "caching"])
def test_every_format_makes_the_same_change(name: str, edit_format: EditFormat) -> None:
    found = candidate(ask(name, ALL, edit_format), edit_format)
    assert found.state == "ready", found.reason
    expected = candidate(ask(name, ALL, "file"), "file")
    assert {line for hunk in found.hunks for line in hunk.new_lines if line.strip()} == {
        line for hunk in expected.hunks for line in hunk.new_lines if line.strip()
    }


def test_the_function_comes_with_its_indentation_and_what_it_needs_above_it() -> None:
    answer = ask("algorithms", ALL)
    code = answer.split("```python\n")[1].split("\n```")[0]
    assert code.startswith("from collections import deque\n\n    @staticmethod\n    def words(")
    assert answer.count("```") == 2
    assert "**membership**" in answer and "**queue**" in answer


def test_the_prompt_decides_what_is_done() -> None:
    assert "deque" not in ask("algorithms", "Use a set for the membership test.")
    assert "seen_set" not in ask("algorithms", "Use a deque for the queue.")
    assert ask("caching", "Use a deque for the queue.").startswith("No change: I am offline/caching")


def test_a_prompt_that_names_no_technique_gets_one_change() -> None:
    answer = ask("algorithms", "Improve the performance of this function and keep its behaviour.")
    assert "names no technique" in answer and answer.count("- **") == 1


def test_no_change_has_no_code() -> None:
    for answer in (ask("loops", ALL), optimise("loops", ALL, "hello"), ask("loops", ALL, text="def broken(:\n")):
        assert answer.startswith("No change: ") and "```" not in answer and "not a language model" in answer


def test_other_languages_are_left_alone() -> None:
    place = Bottleneck(id="b", file="a.cpp", function="f", line=1, end_line=1, self_share=1, total_share=1)
    _, user = messages(ALL, place, "int f() { return 1; }\n", "function", "C++")
    assert "Python only" in optimise("algorithms", ALL, user.content)


def test_generators_and_introspection_are_left_alone() -> None:
    for line in ("yield seen", "return locals()"):
        assert "No change" in ask("algorithms", ALL, text=FILE.replace("return seen", line))


def test_a_name_that_means_something_else_is_not_imported_over() -> None:
    assert "No change" in ask("algorithms", "deque", text=FILE.replace("def other", "def deque"))
    known = FILE.replace("import re\n", "import re\nfrom collections import deque\n")
    assert ask("algorithms", "deque", text=known).count("from collections") == 0


def test_code_with_fences_in_it_is_read_and_written_whole() -> None:
    text = FILE.replace('"""The words, each once."""', '"""The words.\n\n```\nx\n```\n"""').replace("````", "```")
    request = read(messages(ALL, BOTTLENECK, text, "file", "Python")[1].content)
    assert request is not None and request.file == text
    answer = ask("algorithms", ALL, "file", text)
    code = answer.split("````python\n")[1].split("\n````")[0]
    assert ast.parse(code)


def test_a_long_file_that_was_sent_in_part_gets_the_function_alone() -> None:
    text = FILE + "\n\n" + "\n\n\n".join(f"def f{n}():\n    return {n}" for n in range(200)) + "\n"
    answer = ask("algorithms", ALL, "file", text)
    assert "def f150" not in answer and "def words" in answer


def test_a_part_of_a_file_that_cannot_be_read_does_not_hide_the_function() -> None:
    _, user = messages(ALL, BOTTLENECK, FILE, "diff", "Python")
    broken = user.content.replace(
        "def other():\n    return 1\n```", "def other(\n```\nThe file has 900 lines. Left out: most."
    )
    answer = optimise("algorithms", ALL, broken)
    assert "\n    @staticmethod\n    def words(" in answer and "queue.popleft()" in answer


def test_facts_say_what_the_offline_models_are() -> None:
    assert {f"offline/{name}" for name in ABOUT} == set(OFFLINE)
    for name in OFFLINE:
        about = prices.facts(name)
        assert "not a language model" in about.about
        assert (about.usd_per_input_token, about.usd_per_output_token) == (0.0, 0.0)
    assert prices.facts("offline/nobody").about == ""
