"""Prompts that would spoil every answer are caught; sound ones pass."""

import pytest

from engine.prompt import lint

SOURCE = """\
def total(orders):
    result = 0
    for order in orders:
        if order.paid:
            result += order.cents

    return f"{code}: {{total}}"
"""


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_prompt(text: str) -> None:
    assert "empty" in lint(text, SOURCE)


@pytest.mark.parametrize(
    "placeholder",
    ["{{x}}", "{{ project.name }}", "[INSERT CODE]", "[Insert the code here]", "[YOUR_CODE]", "[code here]",
     "<your code>", "<your_code_here>", "<code goes here>", "{code_snippet}", "{source_code}", "[paste it here]"],
)  # fmt: skip
def test_an_unfilled_placeholder_is_named_with_its_line(placeholder: str) -> None:
    sentence = lint(f"Optimise this:\n{placeholder}\n", SOURCE)
    assert placeholder in sentence
    assert "Line 2" in sentence


@pytest.mark.parametrize(
    "text",
    [
        "Hoist the pattern out of the loop; `rows[insert_at]` and `dict[str, int]` stay.",
        "It renders `{{total}}` and {code}: keep both.",
        "See [your guide](x) and <b>this</b>; O(n) becomes O(1), a < b > c.",
        "Keep `result = 0` and `for order in orders:` in mind.",
        "}\n}\n}\n",
    ],
)
def test_sound_prompts_pass(text: str) -> None:
    assert lint(text, SOURCE) == ""


@pytest.mark.parametrize(
    "leak",
    [
        "    result = 0\n    for order in orders:\n        if order.paid:",
        "> result = 0\n> for order in orders:\n>\n> if order.paid:",
        "            result += order.cents\n\n\n    return f\"{code}: {{total}}\"\ndef total(orders):\nresult = 0\n"
        "for order in orders:",
    ],
)  # fmt: skip
def test_three_lines_of_the_code_in_a_row_are_a_leak(leak: str) -> None:
    assert "repeats the code" in lint(f"Optimise:\n\n{leak}\nas far as it goes.", SOURCE)


def test_without_source_nothing_leaks() -> None:
    assert lint(SOURCE.replace("{{total}}", "").replace("{code}", ""), "") == ""
