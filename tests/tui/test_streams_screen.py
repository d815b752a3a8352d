"""Several answers at once: in a grid or as tabs, cycled by one key, and no pane jumps while it is read."""

from pathlib import Path

import msgspec
import pytest

from engine.model import Candidate
from engine.protocol import Cancel, CandidateChanged, CandidateStreamed, Snapshot
from tests.tui import samples
from tests.tui.conftest import OpenApp, Person
from tui.screens.streams import MOST, StreamsScreen, best_columns
from tui.widgets.stream_pane import StreamPane

NAMES = tuple(f"llm{number}" for number in range(MOST))


def streaming(root: Path, count: int = MOST) -> Snapshot:
    """Eight answers that have just begun."""
    born = tuple(
        samples.candidate(f"c-{name}", name, state="streaming", answer="", hunks=(), prompt="")
        for name in NAMES[:count]
    )
    job = samples.job("j", "generate", subject="c-llm0", title="llm0: parse_line")
    return msgspec.structs.replace(samples.full(root), candidates=born, evaluations=(), jobs=(job,))


def grown(candidate: Candidate, lines: int) -> CandidateStreamed:
    """Its first hunks complete, the last one with so many lines."""
    *done, last = samples.candidate(candidate.id, candidate.llm).hunks
    growing = msgspec.structs.replace(last, new_lines=tuple(f"grown_{n}" for n in range(lines)), complete=False)
    return CandidateStreamed(candidate=candidate.id, offset=0, text="words", hunks=(*done, growing))


def panes(person: Person) -> list[StreamPane]:
    return [pane for pane in person.app.screen.query(StreamPane) if pane.display]


async def test_eight_answers_stream_in_a_grid_and_one_key_goes_round(open_app: OpenApp, root: Path) -> None:
    session = streaming(root)
    async with open_app(session, size=(200, 60)) as person:
        await person.press("3", "V")
        await person.sees("1/8, 8 streaming", *(f"◐ {name}" for name in NAMES))
        await person.until(lambda: panes(person)[0].view.has_focus)
        person.engine.push(*(grown(item, 30) for item in session.candidates), numbered=False)
        await person.until(lambda: person.screen.count("grown_29") == MOST - 1)  # the focused one is being read
        assert len(panes(person)) == MOST and person.screen.count("still streaming …") == MOST - 1
        for number in range(2, MOST + 1):
            await person.press("full_stop")
            await person.sees(f"{number}/8")
        await person.press("tab")
        await person.sees("1/8")
        await person.press("x")
        assert (await person.engine.received(Cancel)).job == "j"


async def test_the_pane_that_is_read_does_not_jump(open_app: OpenApp, root: Path) -> None:
    session = streaming(root)
    async with open_app(session, size=(200, 60)) as person:
        await person.press("3", "V")
        await person.until(lambda: panes(person) and panes(person)[0].view.has_focus)  # else it follows its end
        person.engine.push(*(grown(item, 5) for item in session.candidates), numbered=False)
        first = panes(person)[0]
        await person.until(lambda: first.candidate and first.candidate.hunks and first.view.has_focus)
        await person.until(lambda: person.screen.count("grown_4") == MOST - 1)
        seen = first.view.scroll_y, first.view.render_line(0).text[:-1]  # the minimap may change
        person.engine.push(*(grown(item, 60) for item in session.candidates), numbered=False)
        await person.until(lambda: person.screen.count("grown_59") == MOST - 1)
        assert (first.view.scroll_y, first.view.render_line(0).text[:-1]) == seen


async def test_a_small_terminal_has_tabs_and_enter_reads_one(open_app: OpenApp, root: Path) -> None:
    session = streaming(root)
    async with open_app(session, size=(80, 24)) as person:
        await person.press("3", "V")
        await person.sees("1/8")
        assert len(panes(person)) == 1
        await person.press("comma")
        await person.sees("8/8", "◐ llm7")
        ended = samples.candidate("c-llm7", "llm7", prompt="")
        person.engine.push(CandidateChanged(candidate=ended))
        await person.sees("7 streaming", "● llm7", "re.compile(")
        await person.press("z")
        await person.sees("8/8")
        await person.press("enter")
        await person.until(lambda: not isinstance(person.app.screen, StreamsScreen))
        await person.sees("llm7 ▸ hunk 1 of 3")
        await person.press("a")
        await person.until(lambda: person.engine.commands)


async def test_without_answers_it_says_how_to_get_some(open_app: OpenApp, root: Path) -> None:
    empty = msgspec.structs.replace(samples.full(root), candidates=(), evaluations=(), jobs=())
    async with open_app(empty) as person:
        await person.press("3", "V")
        await person.sees("press o to ask the LLMs")


@pytest.mark.parametrize(
    ("count", "size", "columns"),
    [(8, (200, 58), 2), (8, (120, 38), 2), (3, (200, 58), 3), (2, (120, 38), 1), (8, (80, 22), 0), (1, (80, 22), 1)],
)
def test_the_grid_has_no_empty_place_and_lines_that_can_be_read(
    count: int, size: tuple[int, int], columns: int
) -> None:
    assert best_columns(count, *size) == columns
