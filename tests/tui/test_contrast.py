"""Every text is readable on what it stands on, in every theme; test_looks.py reads the screens of two more themes so."""

from itertools import product
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

import themes
from tests.tui.contrast import contrast, faint, least
from tests.tui.still import Still, session
from tui.widgets.syntax import SYNTAX_KEYS, syntax_styles

THEMES = {theme.name: theme for theme in themes.load()[0] if not theme.ansi}


async def test_all_that_is_painted_can_be_read(root: Path) -> None:
    app, found = Still(root), set[str]()
    async with app.run_test(size=(100, 30), tooltips=False) as pilot:
        for theme, stage in product(("high-contrast", "colour-blind"), range(1, 6)):
            app.theme = theme
            await app.show(pilot, stage, session(root, stage, "full"))
            found |= faint(app, f"{theme} {stage}")
            if stage == 1:
                await app.run_action("screen.filter")
                await pilot.pause()
                found |= faint(app, f"{theme} filter")
            for name in ("app.help", "app.command_palette", "screen.jump") if stage == 5 else ():
                await app.run_action(name)
                await pilot.pause()
                found |= faint(app, f"{theme} {name}")
                await app.pop_screen()
        for theme in ("ansi", "nord"):  # the terminal's colours, and a theme that knows none of our variables
            app.theme = theme
            await app.show(pilot, 3, session(root, 3, "full"))
            assert syntax_styles(app)["keyword"].color is not None
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_code_can_be_read_wherever_it_stands(theme: Theme) -> None:
    sides = ("added", "removed")
    grounds = ["background", "diff-cursor-bg", *(f"diff-{side}-{part}" for side in sides for part in ("bg", "word"))]
    pairs = list(product((f"syntax-{key}" for key in SYNTAX_KEYS), grounds))
    pairs += product([f"heat-{level}" for level in range(1, 6)], ["background", "block-cursor-blurred-background"])
    pairs += product(
        ("foreground", "text-muted", "primary", "accent", "warning", "error", "success"),
        ("background", "surface", "panel"),
    )
    pairs += product(("foreground", "text-muted"), ("block-cursor-background", "block-cursor-blurred-background"))
    pairs += [(f"diff-{side}-fg", f"diff-{side}-bg") for side in sides]
    pairs += [(f"block-cursor-{part}foreground", f"block-cursor-{part}background") for part in ("", "blurred-")]
    pairs += [("diff-gutter", "background"), ("footer-key-foreground", "panel")]
    found = []
    for front, back in pairs:
        one, other = (Color.parse(theme.variables.get(name) or getattr(theme, name)) for name in (front, back))
        if (ratio := contrast(one, other)) < least(theme.name, "text"):
            found.append(f"{front} {one.hex} on {back} {other.hex} is {ratio:.2f}")
    assert not found, "\n".join(found)
