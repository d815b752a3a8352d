"""Themes are data: all of them complete and readable, bad files skipped with a sentence, no colour in the code."""

import re
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

import themes
from tests.tui.conftest import OpenApp
from tui.widgets.syntax import SYNTAX_KEYS, highlight

ROOT = Path(__file__).parents[2]
ALL, PROBLEMS = themes.load()
OURS = {theme.name: theme for theme in ALL}


def test_the_five_themes_are_there() -> None:
    assert set(OURS) == {"mpco-dark", "mpco-light", "high-contrast", "colour-blind", "ansi"}
    assert PROBLEMS == []


@pytest.mark.parametrize("theme", ALL, ids=lambda theme: theme.name)
def test_each_theme_has_the_same_variables(theme: Theme) -> None:
    wanted = set(themes.defaults(dark=True))
    wanted |= {f"syntax-{key}" for key in SYNTAX_KEYS} | {f"heat-{level}" for level in range(1, 6)}
    assert wanted - set(theme.variables) == set()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("primary = ", "Theme bad.toml is skipped"),
        ('secondary = "#fff"', "primary is missing"),
        ('primary = "#fff"\ncolour = "#fff"', "unknown key 'colour'"),
        ('primary = "sky"', "primary is 'sky', expected a colour as in \"#3a7\""),
        ('primary = "#fff"\ndark = "yes"', "dark is 'yes', expected bool"),
        ('primary = "#fff"\n[variables]\nheat-1 = 7', "heat-1 is 7, expected a colour"),
    ],
)
def test_a_bad_file_is_skipped_with_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    (tmp_path / "good.toml").write_text('primary = "#336699"')
    found, problems = themes.load(tmp_path)
    assert [theme.name for theme in found] == ["good"]
    assert len(problems) == 1 and sentence in problems[0]


async def test_no_color_is_honoured(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app() as person:
        await person.sees("re.match(PATTERN, line)")
        for stage, name in enumerate(("Profile", "Prompts", "Diffs", "Benchmarks", "Report"), 1):
            await person.press(str(stage))
            await person.sees(f"logreport ▸ {name}")
            svg = person.app.export_screenshot()
            found = re.findall(r"(?:-r\d+ \{ fill: |<rect fill=\")(#[0-9a-f]{6})", svg)
            shades = [Color.parse(colour) for colour in found]
            assert shades and all(max(shade.rgb) - min(shade.rgb) <= 3 for shade in shades), f"colours on {stage}"


def test_no_colour_is_named_outside_of_themes() -> None:
    sources = [path for path in (ROOT / "tui").rglob("*") if path.suffix in (".py", ".tcss")]
    found = [f"{path.name}: {hit}" for path in sources for hit in re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text())]
    assert found == []


def test_highlighting_keeps_every_character_and_knows_the_language() -> None:
    text = 'def f(a):\n    """Doc."""\n\n    return "x" + a  # why\n'
    lines = highlight(text, "a.py")
    assert "\n".join("".join(piece for piece, _ in line) for line in lines) + "\n" == text
    assert ("def", "keyword") in lines[0] and ("f", "function") in lines[0]
    assert ("# why", "comment") in lines[3]
    assert highlight("a < b", "unknown.zzz") == [[("a < b", "")]]
