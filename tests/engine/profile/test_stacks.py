"""What stacks add up to, beside the plainest way to say it: one stack at a time."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.profile import stacks as reading
from engine.profile.frames import Frame
from engine.profile.places import INTERPRETER, Places
from engine.profile.stacks import Stacks
from engine.profile.tally import Tally

SOURCE = "def f(n):\n    g(n)\n    f(n)\n\n\ndef g(n):\n    return f(n)\n"
FRAMES = (
    Frame("f", "app.py", 2), Frame("f", "app.py", 3), Frame("f", "app.py", 0), Frame("g", "app.py", 7),
    Frame("_PyEval_EvalFrameDefault"), Frame("match", "/usr/lib/python3.11/re/__init__.py", 166), Frame("h", module="lib.so"),
)  # fmt: skip
SAMPLES = st.lists(
    st.tuples(st.lists(st.integers(0, len(FRAMES) - 1), min_size=1, max_size=8), st.integers(1, 50)),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stacks")
    (folder / "app.py").write_text(SOURCE)
    return folder


Sums = dict[object, float]


def plainly(samples: list[tuple[list[int], int]], places: Places) -> tuple[Sums, Sums, Sums, Sums, Sums]:
    """(own, total, addressable, calls, heat) of a list of stacks."""
    own, total, addressable, calls, heat = (defaultdict[object, float](float) for _ in range(5))
    for stack, weight in samples:
        owners, lines = [], []
        for number in stack:
            owner, line = places.owner(FRAMES[number]), FRAMES[number].line
            if owner.group == INTERPRETER and owners:
                owner, line = owners[-1], 0
            above = [place for place, other in enumerate(owners) if other == owner]
            lines.append(line or (lines[above[-1]] if above else 0))
            owners.append(owner)
        own[owners[-1]] += weight
        for owner in set(owners):
            total[owner] += weight
            innermost = max(place for place, other in enumerate(owners) if other == owner)
            if owner.in_project and lines[innermost]:
                heat[owner, lines[innermost]] += weight
        for pair in {(one, other) for one, other in pairwise(owners) if one != other}:
            calls[pair] += weight
        ours = [owner for owner in owners if owner.in_project]
        if ours:
            addressable[ours[-1]] += weight
    return own, total, addressable, calls, heat


@pytest.mark.parametrize("most", [4, 300_000])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(samples=SAMPLES)
def test_sums_are_those_of_each_stack_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, most: int, samples: list[tuple[list[int], int]]
) -> None:
    monkeypatch.setattr(reading, "MOST_NODES", most)
    places = Places(root)
    by_frames, by_texts = Tally(places), Tally(places)
    stacks, texts = Stacks(by_frames), Stacks(by_texts)
    for number, frame in enumerate(FRAMES):
        assert stacks.number(frame) == texts.number(frame) == number
    for stack, weight in samples:
        stacks.add(stack, weight)
    written = [(b";".join(b"%d" % number for number in stack), float(weight)) for stack, weight in samples]
    texts.add_texts(written, b";", {b"%d" % number: number for number in range(len(FRAMES))})
    stacks.flush()
    texts.flush()
    for tally in (by_frames, by_texts):
        own = {owner: sums.own for owner, sums in tally.sums.items() if sums.own}
        total = {owner: sums.total for owner, sums in tally.sums.items()}
        addressable = {owner: sums.addressable for owner, sums in tally.sums.items() if sums.addressable}
        calls = {(one, other): cost for one, ends in tally.calls.items() for other, (_, cost) in ends.items()}
        heat = {(owner, line): cost for owner, lines in tally.heat.items() for line, cost in lines.items() if cost}
        assert (own, total, addressable, calls, heat) == plainly(samples, places)
        assert sum(node.own for node in tally.flame.nodes()) == pytest.approx(1)
