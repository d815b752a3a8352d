"""Finding the lines an LLM meant: a ladder of looser and looser comparisons, each of which must find exactly one place.

Anchors and similarity never place an edit; they only name the nearest lines in a refusal, for a person to choose.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import NamedTuple

from engine.errors import PlaceError
from engine.generate.lines import indent_of

SIMILAR = 0.6
MOST_COMPARED = 4_000
"""Characters that are compared one by one to find out how similar two stretches are."""
OFFERED = 3
"""Similar places that a person can choose from."""
UNICODE = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000", " "),
        "…": "...",
        "\u200b": "",
        "\ufeff": "",
    }
)

Key = Callable[[str], str]


class Place(NamedTuple):
    """Where the lines are (exclusive end, as indexes), and how lines were compared to find them."""

    start: int
    end: int
    key: Key
    exact: bool


def plain(line: str) -> str:
    """A line without outer blanks and with typographic quotes, dashes and spaces made plain."""
    return re.sub(r" +", " ", line.translate(UNICODE)).strip()


def find(lines: Sequence[str], search: Sequence[str], hint: int = 0, below: str = "") -> Place | None:
    """The one place of `search` in `lines`; None when there is none.

    Of several places, the one at line `hint` is meant, or else the first below the only line `below`.

    Raises:
        PlaceError: when there are several; the sentence names their lines.
    """
    for key, starts in _ladder(lines, search):
        if len(starts) > 1 and hint - 1 in starts:
            starts = [hint - 1]
        if len(starts) > 1 and below:
            starts = _first_below(lines, below, starts)
        if len(starts) > 1:
            places = ", ".join(str(start + 1) for start in starts[:4])
            more = f" and {len(starts) - 4} more" if len(starts) > 4 else ""
            sought = "line to find is" if len(search) == 1 else f"{len(search)} lines to find are"
            message = f"its {sought} in {len(starts)} places, at lines {places}{more}; it must be clear which is meant."
            raise PlaceError(message, tuple(starts), fits=True)
        if starts:
            return Place(starts[0], starts[0] + len(search), key, key is _same)
    return None


def find_at(lines: Sequence[str], search: Sequence[str], start: int) -> Place | None:
    """The place of `search` that begins at index `start`, as the strictest rung that has it there compares lines."""
    end = start + len(search)
    return next(
        (Place(start, end, key, key is _same) for key, starts in _ladder(lines, search) if start in starts), None
    )


def _ladder(lines: Sequence[str], search: Sequence[str]) -> Iterator[tuple[Key, list[int]]]:
    """(how lines are compared, where `search` begins then), the strictest comparison first."""
    for key, uniform in ((_same, False), (str.rstrip, False), (str.strip, True), (str.strip, False), (plain, False)):
        starts = _starts(lines, search, key)
        if uniform:
            starts = [start for start in starts if _shifted(lines[start : start + len(search)], search)]
        yield key, starts


def _first_below(lines: Sequence[str], below: str, starts: list[int]) -> list[int]:
    heads = [at for at, line in enumerate(lines) if line.strip() == below.strip()]
    after = [start for start in starts if len(heads) == 1 and start >= heads[0]]
    return after[:1] or starts


def _same(line: str) -> str:
    return line


def _starts(lines: Sequence[str], search: Sequence[str], key: Key) -> list[int]:
    wanted = [key(line) for line in search]
    anchor = max(range(len(wanted)), key=lambda at: len(wanted[at]))
    here = [key(line) for line in lines]
    starts = [at - anchor for at, line in enumerate(here) if line == wanted[anchor] and at >= anchor]
    return [start for start in starts if here[start : start + len(wanted)] == wanted]


def _shifted(window: Sequence[str], search: Sequence[str]) -> bool:
    """Whether the window is the search with one indentation added to, or taken from, every line."""
    pairs = [(indent_of(a), indent_of(b)) for a, b in zip(window, search, strict=True) if a.strip()]
    added = {a[: len(a) - len(b)] if a.endswith(b) else None for a, b in pairs}
    taken = {b[: len(b) - len(a)] if b.endswith(a) else None for a, b in pairs}
    return any(len(shift) == 1 and None not in shift for shift in (added, taken))


def fitted(window: Sequence[str], search: Sequence[str], replace: Sequence[str], key: Key) -> list[str]:
    """`replace` as it has to read in the file, whose `window` was found loosely for `search`.

    Lines that the LLM left as they are become the file's own; the others move with the indentation around them.
    """
    made = list(replace)
    kept: set[int] = set()
    matcher = SequenceMatcher(None, [key(x) for x in search], [key(x) for x in replace], autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        for offset in range(size):
            if _relative(search, a + offset) == _relative(replace, b + offset) or not search[a + offset].strip():
                made[b + offset] = window[a + offset]
                kept.add(b + offset)
    indents = _indents(window, search)
    for at, line in enumerate(replace):
        if at not in kept and line.strip():
            at_first = at == 0 and indent_of(line) == indent_of(search[0])
            indent = indent_of(window[0]) if at_first else _moved(indent_of(line), indents)
            made[at] = indent + line.lstrip(" \t")
    return made


def _relative(lines: Sequence[str], at: int) -> str:
    return indent_of(lines[at])


def _indents(window: Sequence[str], search: Sequence[str]) -> dict[str, str]:
    """Indentation of the answer -> indentation in the file; LLMs like to drop that of the first line alone."""
    pairs = [(indent_of(s), indent_of(w)) for w, s in zip(window, search, strict=True) if s.strip()]
    if len(pairs) > 1 and len(pairs[0][1]) - len(pairs[0][0]) not in {len(w) - len(s) for s, w in pairs[1:]}:
        pairs = pairs[1:]
    counted: dict[str, Counter[str]] = {}
    for answer, file in pairs:
        counted.setdefault(answer, Counter())[file] += 1
    return {answer: files.most_common(1)[0][0] for answer, files in counted.items()}


def _moved(indent: str, indents: dict[str, str]) -> str:
    if indent in indents or not indents:
        return indents.get(indent, indent)
    starts = [known for known in indents if indent.startswith(known)]
    if starts:
        known = max(starts, key=len)
        rest = indent[len(known) :]
        tabs = "\t" in "".join(indents.values()) and "\t" not in indent
        return indents[known] + ("\t" * max(1, len(rest) // 4) if tabs else rest)
    known = min(indents, key=len)
    size = max(0, len(indents[known]) - len(known) + len(indent))
    return (indents[known] + " " * size)[:size]


def nearest_lines(lines: Sequence[str], search: Sequence[str]) -> tuple[int, list[str]]:
    """(number of the first, the lines) that have most of the lines sought; none when not one of them is there."""
    start, size, hits = _most_alike(lines, search)
    return (start + 1, list(lines[start : start + size])) if hits else (0, [])


def _most_alike(lines: Sequence[str], search: Sequence[str]) -> tuple[int, int, int]:
    """(start, length, how many of its lines are sought) of the stretch that has most of the lines sought."""
    wanted = {plain(line) for line in search if line.strip()}
    hits = [0]
    for line in lines:
        hits.append(hits[-1] + (plain(line) in wanted))
    size = min(len(search), len(lines))
    last = len(lines) - size
    start = max(range(last + 1), key=lambda at: (hits[at + size] - hits[at], size and hits[at + 1] - hits[at]))
    return start, size, hits[start + size] - hits[start]


def similar(lines: Sequence[str], search: Sequence[str]) -> tuple[int, ...]:
    """Indexes where stretches as long as `search` begin that are much like it, the likest first, at most `OFFERED`."""
    size, last = len(search), len(lines) - len(search)
    if last < 0:
        return ()
    here, wanted = [plain(line) for line in lines], [plain(line) for line in search]
    longest = max(range(size), key=lambda at: len(wanted[at]))
    alike = set(get_close_matches(wanted[longest], {line for line in here if line}, n=OFFERED, cutoff=SIMILAR))
    starts = {at - longest for at, line in enumerate(here) if line in alike} | {_most_alike(lines, search)[0]}
    sought = "\n".join(wanted)[:MOST_COMPARED]
    found: list[tuple[float, int]] = []
    for start in sorted(start for start in starts if 0 <= start <= last)[: 4 * OFFERED]:
        text = "\n".join(here[start : start + size])[:MOST_COMPARED]
        matcher = SequenceMatcher(None, sought, text, autojunk=False)
        if matcher.quick_ratio() >= SIMILAR and (ratio := matcher.ratio()) >= SIMILAR:
            found.append((-ratio, start))
    return tuple(start for _, start in sorted(found)[:OFFERED])


def nearest(lines: Sequence[str], search: Sequence[str]) -> str:
    """A clause that names the most similar lines, for a person or an LLM to look at; empty when nothing is close."""
    start, size, hits = _most_alike(lines, search)
    window = [plain(line) for line in lines[start : start + size]]
    sought = "\n".join(plain(line) for line in search)
    if len(sought) > MOST_COMPARED:  # comparing characters takes the square of their number
        if hits >= SIMILAR * size:
            return f"the nearest are lines {start + 1} to {start + size}"
        return ""
    found = SequenceMatcher(None, sought, "\n".join(window), autojunk=False)
    if hits and found.quick_ratio() >= SIMILAR and found.ratio() >= SIMILAR:
        return f"the nearest are lines {start + 1} to {start + size}"
    first = next((plain(line) for line in search if line.strip()), "")
    close = get_close_matches(first, {plain(line) for line in lines if line.strip()}, n=1, cutoff=SIMILAR)
    at = next((at for at, line in enumerate(lines, 1) if close and plain(line) == close[0]), 0)
    return f"line {at} is the nearest" if at else ""
