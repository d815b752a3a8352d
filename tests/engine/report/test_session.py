"""What a session has come to: denominators, team, crossings, and every format of the report."""

import csv
import io
import json
import re
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Estimate, Evaluation, Hunk, Measurement, Usage
from engine.report.edits import edit_class
from engine.report.formats import render
from engine.report.procedure import session_cells
from engine.report.session import Point, report, with_front
from engine.report.tally import FATES, Nouns
from tests.tui import samples


def measured(id: str, candidate: object, gain: float, wall: float) -> Evaluation:
    runs = tuple(
        Measurement(pair=pair, arm=arm, wall=seconds, cpu=seconds, max_rss=1, at=float(pair))
        for pair in (1, 2)
        for arm, seconds in (("baseline", 2.0), ("variant", wall))
    )
    estimate = Estimate(percent_improvement=gain, low=gain - 2, high=gain + 2, pairs=2)
    return samples.evaluation(id, candidate, estimate=estimate, measurements=runs)


@pytest.fixture
def nouns() -> Nouns:
    own = samples.prompt("p1", "loops", usage=Usage(usd=0.3))
    copied = samples.prompt("p2", "caching", author="person", parent="p1", usage=None)
    good = samples.candidate("c1", "loops", prompt="p1", seconds=4.0)
    other = samples.candidate("c2", "caching", prompt="p2", usage=Usage(usd=0.1))
    silent = samples.candidate("c3", "caching", prompt="p2", state="failed", hunks=())
    lost = samples.candidate("c4", "<b>|&_", prompt="", strategy="pasted", state="unappliable", hunks=())
    return Nouns(
        prompts={item.id: item for item in (own, copied)},
        candidates={item.id: item for item in (good, other, silent, lost)},
        evaluations={"e1": measured("e1", good, 20.0, 1.6), "e2": measured("e2", other, 10.0, 1.8)},
    )


def test_failures_of_every_stage_are_in_the_denominators(nouns: Nouns) -> None:
    rows = {row.llm: row for row in report(nouns).tallies}
    caching, lost = rows["caching"], rows["<b>|&_"]
    assert (caching.tried, caching.generated, caching.applied, caching.passed, caching.correct) == (2, 1, 1, 1, 0.5)
    assert (lost.tried, lost.generated, lost.applied, lost.correct) == (1, 1, 0, 0.0)
    assert rows["loops"].per_point == pytest.approx(0.3 / 20)


def test_the_team_the_crossings_and_the_break_even(nouns: Nouns) -> None:
    found = report(nouns)
    assert [(item.llm, item.gain) for item in found.picks] == [
        ("", 18.0),
        ("loops", 18.0),
        ("caching", 8.0),
        ("<b>|&_", 0.0),
    ]
    crossed = {(item.written_for, item.given_to): (item.tried, item.passed) for item in found.crossings}
    assert crossed == {("loops", "loops"): (1, 1), ("loops", "caching"): (2, 1)}
    assert found.break_even.seconds_saved == pytest.approx(2.0 * 0.18)
    assert found.break_even.runs and found.break_even.runs > 1


def test_every_candidate_ends_in_exactly_one_place(nouns: Nouns) -> None:
    found = report(nouns)
    for row in found.tallies:
        assert row.tried == sum(row.fates) and row.ended(*FATES) == row.tried
    assert sum(row.tried for row in found.tallies) == len(nouns.candidates)
    for rows in (found.llms, found.prompts):
        assert sum(row.tried for row in rows) == len(nouns.candidates)
    caching = next(row for row in found.llms if row.llm == "caching")
    assert (caching.ended("faster"), caching.ended("no answer"), caching.per_try) == (1, 1, 4.0)


def test_an_own_prompt_is_compared_with_a_lent_one_for_the_same_llm(nouns: Nouns) -> None:
    assert report(nouns).premise is None  # caching was given no prompt of its own
    own = samples.prompt("p3", "caching")
    lent = samples.prompt("p4", "caching", written_for="algorithms", parent="p9")
    plain = samples.prompt("p5", "loops", meta_prompter="", strategy="base")
    more = (
        samples.candidate("c5", "caching", prompt="p3"),
        samples.candidate("c6", "caching", prompt="p4"),
        samples.candidate("c7", "loops", prompt="p5"),
    )
    grown = Nouns(
        prompts={**nouns.prompts, "p3": own, "p4": lent, "p5": plain},
        candidates={**nouns.candidates, **{item.id: item for item in more}},
        evaluations={**nouns.evaluations, "e5": measured("e5", more[0], 32.0, 1.4)},
    )
    found = report(grown)
    assert found.premise and (found.premise.better, found.premise.worse) == (1, 0)
    assert found.premise.difference == pytest.approx(30.0 - (8.0 + 0.0 + 0.0) / 3)
    cells = {(item.written_for, item.given_to): item.tried for item in found.crossings}
    assert cells == {
        ("loops", "loops"): 1,
        ("loops", "caching"): 2,
        ("caching", "caching"): 1,
        ("algorithms", "caching"): 1,
    }
    assert "mpco for algorithms" in {row.strategy for row in found.tallies}
    html = render(found, (), "html", "r")
    assert "written for algorithms" in html and "given to caching" in html and "better in 1" in html


@given(st.lists(st.tuples(st.none() | st.floats(0, 10), st.floats(0, 99)), max_size=12))
def test_nothing_as_cheap_beats_what_is_on_the_front(costs: list[tuple[float | None, float]]) -> None:
    points = [Point("l", "s", "b", "faster", gain, gain, gain, gain, usd) for usd, gain in costs]
    found = with_front(points)
    front = [(item.usd, item.guaranteed) for item in found if item.front and item.usd is not None]
    assert len(front) == sum(item.front for item in found)
    for usd, gain in (each for each in costs if each[0] is not None):
        assert not gain or any(cheap <= usd and best >= gain for cheap, best in front)
    for (usd, gain), (other, better) in permutations(front, 2):
        assert (usd < other) == (gain < better)


def test_the_best_combination_has_a_row_and_counts_for_the_break_even(nouns: Nouns) -> None:
    hunks = tuple(hunk.id for id in ("c1", "c2") for hunk in nouns.candidates[id].hunks)
    whole = measured("e9", nouns.candidates["c1"], 40.0, 1.2)
    made = msgspec.structs.replace(whole, candidate="", hunks=hunks, title="best combination: loops, caching")
    found = report(msgspec.structs.replace(nouns, combined=made))
    assert found.combined and found.combined.llms == ("loops", "caching") and found.combined.guaranteed == 38.0
    assert found.break_even.seconds_saved == pytest.approx(2.0 * 0.38)
    assert "| loops, caching | " in render(found, (), "markdown", "r")


def test_the_papers_procedure_is_kept_apart(nouns: Nouns) -> None:
    (cell,) = session_cells(nouns, "words")
    assert (cell.approach, cell.n, cell.rank) == ("mpco", 1, 1)
    assert cell.mean == pytest.approx((2.0 - 1.7) / 2.0 * 100)


def test_every_format_holds_the_same_and_escapes_names(nouns: Nouns) -> None:
    found, paper = report(nouns), session_cells(nouns, "words")
    html = render(found, paper, "html", "<script>alert(1)</script>")
    assert "<script" not in html and "&lt;b&gt;|&amp;_" in html and "<svg" in html
    assert not re.search(r"(?:src|href)=|url\(|https?:", html)
    assert r"\<b>\|&\_" in render(found, paper, "markdown", "r")
    assert r"\textless{}b\textgreater{}|\&\_" in render(found, paper, "latex", "r")
    assert ["By LLM and strategy", "loops"] in [
        row[:2] for row in csv.reader(io.StringIO(render(found, paper, "csv", "r")))
    ]
    whole = json.loads(render(found, paper, "json", "r"))
    assert whole["format"] == "mpco-report" and len(whole["report"]["tallies"]) == 3
    loops = next(row for row in whole["report"]["tallies"] if row["llm"] == "loops")
    assert (loops["mean"], loops["at_least"], loops["fates"]["faster"]) == (20.0, 18.0, 1)
    assert whole["report"]["break_even"]["runs"] > 1


@pytest.mark.parametrize(
    ("old", "new", "note", "expected"),
    [
        ("seen = []", "seen = set()", "", "data structure"),
        ("for a in b:\n    c += a", "c = sum(b)", "", "loop"),
        ("x = f(a)", "with ThreadPool() as pool, threading.Lock():\n    x = f(a)", "", "parallelism"),
        ("vector<int> v;", "vector<int> v; v.reserve(n);", "", "memory"),
        ("text = f.read()", "text = mmap(f)", "", "I/O"),
        ("return a * a", "return a ** 2", "", "algorithm"),
        ("seen = []", "seen = set()", "class: algorithm", "algorithm"),
    ],
)
def test_the_class_of_an_edit(old: str, new: str, note: str, expected: str) -> None:
    hunk = Hunk(
        id="h",
        file="a.py",
        old_start=1,
        new_start=1,
        old_lines=tuple(old.split("\n")),
        new_lines=tuple(new.split("\n")),
        note=note,
    )
    assert edit_class(hunk) == expected
