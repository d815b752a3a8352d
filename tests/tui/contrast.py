"""Whether what is painted can be read: the contrast ratios of WCAG 2, level AA."""

from collections.abc import Iterator
from functools import cache

from rich.color import Color as Painted
from textual.color import Color

from tests.tui.still import Still

TEXT, SIGN = 4.5, 3.0
"""The least contrast of letters, and of what is told by a sign alone."""
ENHANCED = 7.0
"""What the high-contrast theme promises for letters: level AAA."""
FRAMES = set("─│╭╮╰╯━┃┏┓┗┛├┤┬┴┼╺╸╴╶▔▁▂▃▄▅▆▇█▀▏▎▍▌▋▊▉▐▕▖▗▘▝ ")
"""Lines around panes and scroll bars tell nothing that is not told otherwise; neither do bars, each beside its figure."""


@cache
def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2."""

    def luminance(colour: Color) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def least(theme: str, text: str) -> float:
    """The contrast that `text` must have."""
    if not any(letter.isalnum() for letter in text):
        return 0.0 if set(text) <= FRAMES else SIGN
    return ENHANCED if theme == "high-contrast" else TEXT


def painted(app: Still) -> Iterator[tuple[str, Color, Color]]:
    """(text, its colour, what it stands on) of all that is on the screen, or in the dialog over it."""
    seen = app.screen.children[0].region if app.screen.is_modal else app.screen.region
    for strip in app.screen._compositor.render_strips()[seen.y : seen.bottom]:
        for text, style, _ in strip.crop(seen.x, seen.right):
            if style is not None and text.strip():
                yield text.strip(), _colour(style.color), _colour(style.bgcolor)


@cache
def _colour(colour: Painted | None) -> Color:
    assert colour is not None and colour.triplet is not None, "the terminal's own colour, which nobody can vouch for"
    return Color(*colour.triplet)


def faint(app: Still, where: str) -> set[str]:
    """What is too hard to read on the screen, with its colours."""
    return {
        f"{where}: {text!r} {one.hex} on {other.hex} is {contrast(one, other):.2f}"
        for text, one, other in painted(app)
        if contrast(one, other) < least(app.theme, text)
    }
