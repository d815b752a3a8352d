"""The code around a bottleneck that an LLM should know: what it calls, who calls it, what it uses, what tests it.

Chosen by budget, most useful first: definitions that the function uses, then callees and callers by their share of its
time, then tests that name it. A piece is told whole or not at all, and what was left out is said.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.config import Config
from engine.model import Bottleneck, Edge
from engine.prompt.files import fence_tag
from engine.protected import LEFT_OUT, matching
from engine.source import functions, innermost, language_of, syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node

CHARACTERS_A_TOKEN = 4
MOST_TESTS = 2
MOST_TEST_FILES = 400
LARGEST_FILE = 400_000
"""Bytes; what is larger was not written by people."""
_NAMES = ("identifier", "type_identifier", "field_identifier")
_PLAIN = re.compile(r"comment|import|include|function|method|string|module|using|decorated")
"""Kinds of nodes at the top of a file that define nothing a function needs to be told of."""


class Piece(msgspec.Struct, frozen=True):
    """Some lines of a file and why they matter."""

    why: str
    file: str
    line: int
    text: str


class Related(msgspec.Struct, frozen=True):
    """The pieces that fit the budget, and the names of those that did not."""

    pieces: tuple[Piece, ...] = ()
    left_out: tuple[str, ...] = ()

    def told(self, without: str = "") -> str:
        """All pieces as Markdown, but those of the file `without`; empty when there is nothing to tell."""
        pieces = [piece for piece in self.pieces if piece.file != without]
        parts = [_fenced(piece) for piece in pieces]
        if self.left_out and parts:
            parts.append(f"Left out, to stay within the budget: {', '.join(self.left_out)}.")
        return "\n\n".join(parts)


def related(config: Config, bottleneck: Bottleneck) -> Related:
    """What is related to `bottleneck`, within [task] context_tokens."""
    room = config.task.context_tokens * CHARACTERS_A_TOKEN
    if room == 0:
        return Related()
    kept: list[Piece] = []
    left: list[str] = []
    for piece in _pieces(config, bottleneck):
        if len(piece.text) <= room:
            kept.append(piece)
            room -= len(piece.text)
        else:
            left.append(f"{piece.file}:{piece.line}")
    return Related(tuple(kept), tuple(left))


def _pieces(config: Config, bottleneck: Bottleneck) -> Iterator[Piece]:
    root = config.root_path
    text = _read(root / bottleneck.file)
    told = {(bottleneck.file, bottleneck.line)}
    for piece in (
        *_definitions(bottleneck, text),
        *_edges(root, bottleneck.callees, "called by it, {share:.0%} of its time"),
        *_edges(root, bottleneck.callers, "calls it, {share:.0%} of its time"),
        *_tests(config, bottleneck),
    ):
        if (piece.file, piece.line) not in told:
            told.add((piece.file, piece.line))
            yield piece


def _definitions(bottleneck: Bottleneck, text: str) -> Iterator[Piece]:
    """Types, constants and macros at the top of the bottleneck's file that it names."""
    tree, _ = syntax_tree(bottleneck.file, text)
    lines = text.splitlines()
    used = set(re.findall(r"[A-Za-z_]\w*", "\n".join(lines[bottleneck.line - 1 : bottleneck.end_line])))
    for node in tree.children if tree is not None else ():
        first, last = node.start_point.row + 1, node.end_point.row + (node.end_point.column > 0)
        inside = first <= bottleneck.end_line and last >= bottleneck.line
        if inside or _PLAIN.search(node.type) or _name(node) not in used:
            continue
        yield Piece("used by it", bottleneck.file, first, "\n".join(lines[first - 1 : last]))


def _name(node: "Node") -> str:
    """The first name in a definition: the one that it defines, in all the languages that are read here."""
    if node.type in _NAMES and node.text is not None:
        return node.text.decode(errors="replace")
    return next((name for child in node.children if (name := _name(child))), "")


def _edges(root: Path, edges: Iterable[Edge], why: str) -> Iterator[Piece]:
    for edge in sorted(edges, key=lambda edge: edge.share, reverse=True):
        if edge.file and not os.path.isabs(edge.file):
            text = _read(root / edge.file)
            span = innermost(functions(edge.file, text), edge.line)
            if span is not None:
                yield Piece(why.format(share=edge.share), edge.file, span.line, _lines(text, span.line, span.end_line))


def _tests(config: Config, bottleneck: Bottleneck) -> Iterator[Piece]:
    """The first tests that name the function."""
    name = re.compile(rf"\b{re.escape(re.split(r'[.:]+', bottleneck.function)[-1])}\b")
    found = 0
    for file in _test_files(config, _family(bottleneck.file)):
        text = _read(config.root_path / file)
        spans = functions(file, text) if name.search(text) else ()
        for span in spans:
            body = _lines(text, span.line, span.end_line)
            if "test" in span.qualname.lower() and name.search(body):
                yield Piece("a test of it", file, span.line, body)
                found += 1
                break
        if found == MOST_TESTS:
            return


def _test_files(config: Config, family: str) -> Iterator[str]:
    seen = 0
    for folder, folders, names in os.walk(config.root_path):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name).relative_to(config.root_path).as_posix()
            if "test" in path.lower() and _family(path) == family and matching(path, config.project.protected):
                yield path
                seen += 1
                if seen == MOST_TEST_FILES:
                    return


def _family(path: str) -> str:
    """The language, with C and C++ as one: tests of C are often written in C++."""
    return language_of(path).removesuffix("++")


def _read(path: Path) -> str:
    """The text of a file; empty when it cannot be read or is too large: what is told here is a help, not a need."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return ""
        return path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""


def _lines(text: str, first: int, last: int) -> str:
    return "\n".join(text.splitlines()[first - 1 : last])


def _fenced(piece: Piece) -> str:
    fence = "```"
    while fence in piece.text:
        fence += "`"
    return f"{piece.why} ({piece.file}:{piece.line}):\n{fence}{fence_tag(piece.file)}\n{piece.text}\n{fence}"
