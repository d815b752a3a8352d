"""Colours for source text: pygments finds the tokens, the theme's `$syntax-…` variables colour them.

pygments is imported on first use: it is not needed for the first frame.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.style import Style
from textual.color import Color, ColorParseError

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from textual.app import App

Piece = tuple[str, str]
"""(text, syntax key); the key is "" for plain text."""

SYNTAX_KEYS = (
    "keyword", "name", "function", "class", "decorator", "builtin",
    "string", "number", "comment", "operator", "punctuation",
)  # fmt: skip


@lru_cache(maxsize=64)
def _lexer(path: str) -> "Lexer":
    from pygments.lexers import get_lexer_for_filename
    from pygments.lexers.special import TextLexer
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False, ensurenl=False)


@lru_cache(maxsize=1024)
def syntax_key(token: Any) -> str:
    """The syntax key of a pygments token type."""
    from pygments.token import Token

    keys = {
        Token.Comment: "comment",
        Token.Keyword.Constant: "builtin",
        Token.Keyword: "keyword",
        Token.Operator.Word: "keyword",
        Token.Operator: "operator",
        Token.Punctuation: "punctuation",
        Token.Literal.String: "string",
        Token.Literal.Number: "number",
        Token.Name.Decorator: "decorator",
        Token.Name.Function: "function",
        Token.Name.Class: "class",
        Token.Name.Exception: "class",
        Token.Name.Builtin: "builtin",
        Token.Name: "name",
    }
    while token is not None:
        if token in keys:
            return keys[token]
        token = token.parent
    return ""


def is_loaded() -> bool:
    """Whether a lexer was used before; the first one takes a tenth of a second to load."""
    return _lexer.cache_info().currsize > 0


def tokens(text: str, path: str) -> Iterator[Piece]:
    """`text` in coloured pieces, some of several lines; the language follows from the file's name."""
    for token, value in _lexer(path).get_tokens(text):
        yield value, syntax_key(token)


def highlight(text: str, path: str) -> list[list[Piece]]:
    """The lines of `text` in coloured pieces."""
    lines: list[list[Piece]] = [[]]
    for value, key in tokens(text, path):
        first, *rest = value.split("\n")
        if first:
            lines[-1].append((first, key))
        lines.extend([(part, key)] if part else [] for part in rest)
    if text.endswith("\n") and not lines[-1]:
        lines.pop()
    return lines


def variable_style(app: "App[Any]", foreground: str = "", background: str = "", *, bold: bool = False) -> Style:
    """A style from two of the theme's variables, named without the `$`; one that is missing stays unset."""

    def colour(name: str) -> Color | None:
        value = app.theme_variables.get(name, "")
        try:
            return Color.parse(value) if value else None
        except ColorParseError:
            return None

    front, back = colour(foreground), colour(background)
    return Style(
        color=front.rich_color if front else None, bgcolor=back.rich_color if back else None, bold=bold or None
    )


def syntax_styles(app: "App[Any]") -> dict[str, Style]:
    """The style of each syntax key in the app's present theme, "" included; ask again when the theme changes."""
    styles = {key: variable_style(app, f"syntax-{key}") for key in SYNTAX_KEYS}
    styles[""] = Style()
    return styles
