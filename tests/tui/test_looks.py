"""Every screen as it looks: with nothing yet, at work, full and in trouble, at two sizes, in dark and light."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension

from tests.tui.contrast import faint
from tests.tui.still import SITUATIONS, Still, session
from tui.app import STAGE_MODES

THEMES = ("mpco-dark", "mpco-light")


@pytest.fixture(autouse=True)
def greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day as they are there."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def compact(svg: str) -> str:
    """The picture without what makes it twice as large: the width of each text, which its letters have anyway."""
    svg = re.sub(r"<clipPath id=\"[^\"]*-line-\d+\">.*?</clipPath>\n?|@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r" (?:clip-path|textLength|shape-rendering)=\"[^\"]*\"", "", svg)
    return svg.replace("<style>", "<style>rect { shape-rendering: crispEdges }", 1)


@pytest.mark.parametrize("stage", range(1, 6), ids=STAGE_MODES)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screen_looks_as_before(snapshot: Any, root: Path, stage: int, size: tuple[int, int]) -> None:
    app = Still(root)
    kept = snapshot.use_extension(SVGImageExtension)
    wrong = set()
    async with app.run_test(size=size, tooltips=False) as pilot:
        for theme in THEMES:
            app.theme = theme
            for situation in SITUATIONS:
                await app.show(pilot, stage, session(root, stage, situation))
                if kept(name=f"{theme}-{situation}") != compact(app.export_screenshot(simplify=True)):
                    wrong.add(f"{theme} {situation} looks otherwise")
                wrong |= faint(app, f"{theme} {situation}")
    assert not wrong, "\n".join(sorted(wrong))
