"""Templates: what is put in, what is refused, and where the mistake is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PromptError
from engine.prompt.templates import parse, render

VALUES = {"name": "demo", "code": "x = {{name}}", "empty": ""}


def rendered(body: str) -> str:
    return render(parse("t.md", f"---\nkind: baseline\n---\n{body}"), VALUES)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a {{name}} b {{ name }}", "a demo b demo"),
        ("{{code}} {{name}}", "x = {{name}} demo"),
        ("a\n{{#name}}\n{{name}}\n{{/name}}\nb", "a\ndemo\nb"),
        ("a\n{{#empty}}\n{{name}} gone\n{{/empty}}\nb", "a\nb"),
        ("a{{#name}} in{{/name}}{{#empty}} out{{/empty}}", "a in"),
        ("{{#empty}}{{#name}}x{{/name}}{{/empty}}y", "y"),
        ("\n\na { } }}\n\n", "a { } }}"),
    ],
)
def test_rendering(body: str, expected: str) -> None:
    assert rendered(body) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("a\n{{nam}}", r't.md:5: {{nam}} is no known field, expected one of code, empty, name; did you mean "name"'),
        ("{{#empty}}{{nope}}{{/empty}}", r"t.md:4: {{nope}} is no known field"),
        ("a\n\n{{#name}}\nb", r"t.md:6: the block {{#name}} is never closed"),
        ("{{#name}}{{/empty}}", r"t.md:4: {{/empty}} closes a block that is not open"),
        ("{{ }}", r"t.md:4: {{}} is no known field"),
    ],
)
def test_mistakes_name_file_line_and_field(body: str, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        rendered(body)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("no front matter", "t.md:1: expected front matter"), ("---\nkind: a\nwhat\n---\nb", "t.md:3: found 'what'")],
)
def test_front_matter_is_required(text: str, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        parse("t.md", text)


@given(st.text(alphabet="{}#/ name\nx", max_size=40))
def test_arbitrary_bodies_render_or_are_explained(body: str) -> None:
    try:
        rendered(body)
    except PromptError as error:
        assert str(error).startswith("t.md:")
