"""Colours found block by block are those of the whole text."""

import inspect
import textwrap
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from tui.widgets.lexed_lines import BLOCK, LexedLines
from tui.widgets.syntax import highlight


def whole(lines: list[str]) -> list[list[tuple[str, str]]]:
    """The coloured pieces of each line, from lexing everything at once."""
    return [joined(piece for piece in line if piece[1]) for line in highlight("\n".join(lines) + "\n", "a.py")]


def joined(pieces: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pieces of one colour in one, as a lexer may find the same string in one piece or in several."""
    return [("".join(text for text, _ in group), key) for key, group in groupby(pieces, key=itemgetter(1))]


def by_block(lines: list[str]) -> list[list[tuple[str, str]]]:
    """The same, as a reader who goes down line by line gets it."""
    lexed = LexedLines(lines, "a.py")
    return [joined((line[a:b], key) for a, b, key in lexed.spans(index)) for index, line in enumerate(lines)]


def test_reading_downwards_gives_the_colours_of_the_whole_text() -> None:
    lines = inspect.getsource(textwrap).split("\n")
    assert len(lines) > 4 * BLOCK
    assert by_block(lines) == whole(lines)


def test_a_string_over_the_end_of_a_block_goes_on_in_the_next() -> None:
    text = ["x = 1"] * (BLOCK - 4) + ['a = """', *["for text in it:"] * 8, '"""', "for code in it:"]
    shown = by_block(text)
    assert shown[BLOCK + 2] == [("for text in it:", "string")]
    assert ("for", "keyword") in shown[-1]
    assert shown == whole(text)


def test_the_middle_of_a_text_is_coloured_without_the_lines_far_above() -> None:
    lexed = LexedLines(["x = 1"] * 50 * BLOCK, "a.py")
    assert (4, 5, "number") in lexed.spans(40 * BLOCK)
