"""The messages: their shape is parsed by the offline models and read by LLMs and people alike."""

import re
from typing import get_args

import pytest

from engine.generate.request import messages
from engine.model import Bottleneck, EditFormat

FILE = '''"""Words."""

import re


class Report:
    """A report."""

    def top(self, n):
        return sorted(self.words)[:n]
'''


def target(line: int = 9, end_line: int = 10, function: str = "Report.top", file: str = "src/words.py") -> Bottleneck:
    return Bottleneck(
        id="b", file=file, function=function, line=line, end_line=end_line, self_share=0.5, total_share=0.5
    )


@pytest.mark.parametrize("edit_format", get_args(EditFormat))
def test_the_shape_of_the_messages(edit_format: EditFormat) -> None:
    system, user = messages("Be fast.", target(), FILE, edit_format, "Python")
    assert (system.role, system.content, user.role) == ("system", "Be fast.", "user")
    lines = user.content.split("\n")
    assert lines[0] == "Optimise the function `Report.top` in `src/words.py` (lines 9 to 10)."
    assert lines[1:4] == ["", "### Enclosing file", "```python"]
    assert [line for line in lines if line.startswith("### ")] == [
        "### Enclosing file",
        "### Function to optimise",
        f"### Answer format: {edit_format}",
    ]
    assert "```python\n    def top(self, n):\n        return sorted(self.words)[:n]\n```" in user.content
    assert f"```python\n{FILE}```" in user.content


def test_fences_are_longer_than_any_run_of_backticks_inside() -> None:
    _, user = messages("", target(), FILE.replace("A report.", "A ```` report."), "function", "Python")
    assert "`````python" in user.content


def test_byte_order_mark_and_carriage_returns_stay_here() -> None:
    _, user = messages("", target(), "\ufeff" + FILE.replace("\n", "\r\n"), "function", "Python")
    assert "\r" not in user.content and "\ufeff" not in user.content


def test_a_long_python_file_is_sent_in_part_and_says_so_outside_the_code() -> None:
    others = "".join(f"\n\ndef other_{n}():\n    return {n}\n" for n in range(200))
    text = (
        f"import re\n\nLIMIT = 3\n{others}\n\nclass Report:\n    size = 4\n\n    def near(self):\n        return 1\n\n"
    )
    line = len(text.split("\n"))
    text += "    def top(self, n):\n        return n\n" + others
    _, user = messages("", target(line, line + 1), text, "function", "Python")
    shown = user.content.split("### Function to optimise")[0]
    for piece in ("import re", "LIMIT = 3", "class Report:", "    size = 4", "def near", "def top", "def other_199"):
        assert piece in shown
    assert "def other_50" not in shown
    fenced, sentence = shown.split("```python\n")[1].split("\n```\n")
    assert "Left out" not in fenced
    assert re.match(r"The file has \d+ lines\. Left out of the code above: lines \d+ to \d+", sentence)


def test_a_long_c_file_is_sent_with_its_head_and_the_surroundings() -> None:
    text = "#include <stdio.h>\n" + "int x;\n" * 600
    _, user = messages("", target(500, 501, "f", "src/a.c"), text, "diff", "C")
    assert "```c\n#include <stdio.h>" in user.content
    assert "Left out of the code above: lines 81 to 439 and 562 to 601." in user.content
    assert "--- a/src/a.c" in user.content
