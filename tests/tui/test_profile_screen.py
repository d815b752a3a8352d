"""Stage 1 on screen: ranked bottlenecks, their source, marks, filter, and what an empty screen says."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import FlameNode
from engine.protocol import BottleneckChanged, ImportProfile, JobChanged, Mark, ProfileChanged, ShowEvidence, Snapshot
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp
from tui.widgets.bars import bar, count, heat_level
from tui.widgets.bottleneck_table import BottleneckTable, columns
from tui.widgets.flame_graph import FlameGraph
from tui.widgets.flame_layout import Tree, changes, layout
from tui.widgets.source_view import SourceView


@pytest.mark.parametrize("size", SIZES)
async def test_bottlenecks_are_ranked_beside_the_source_of_the_current_one(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as person:
        await person.sees("Bottlenecks (cProfile, 12.4 s, 3 functions)", "Parser.parse_line", "38.2%")
        await person.sees("not mapped: libc.so", "match = re.match(PATTERN, line)", "24.1%")
        await person.sees("97.0% load", "63.0% re.match")
        await person.press("j")
        await person.sees("logreport/stats.py:4 unique_visitors", "seen.append(entry.host)", "20.0%")


async def test_space_marks_and_unmarks(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("space")
        assert await person.engine.received(Mark) == Mark(bottlenecks=("parse",), marked=True)
        marked = msgspec.structs.replace(samples.profile().bottlenecks[0], marked=True)
        person.engine.push(BottleneckChanged(bottleneck=marked))
        await person.sees("▣ Parser.parse_line")
        await person.press("space")
        assert await person.engine.received(Mark, 2) == Mark(bottlenecks=("parse",), marked=False)


async def test_time_outside_the_project_cannot_be_marked(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("G", "space")
        await person.sees("This time belongs to no function of the project")
        assert person.engine.all(Mark) == []


async def test_the_filter_narrows_and_esc_clears_it(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("/", *"stats")
        await person.misses("Parser.parse_line  logreport")
        await person.press("enter", "j")
        await person.until(lambda: person.app.current_bottleneck == "percentile")
        await person.press("escape")
        await person.sees("Parser.parse_line", "not mapped: libc.so")
        assert person.app.current_bottleneck == "percentile"


async def test_enter_goes_into_the_source_to_the_hottest_line_and_n_to_the_next(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.sees("re.match(PATTERN, line)")
        await person.press("enter")
        source = person.app.screen.query_one(SourceView)
        assert source.has_focus and source.line == 13
        await person.press("n", "n")
        assert source.line == 18
        await person.press("N", "g")
        assert source.line == 1
        await person.press("escape")
        assert not source.has_focus


async def test_below_80_columns_one_pane_is_shown_at_a_time(open_app: OpenApp) -> None:
    async with open_app(size=(60, 20)) as person:
        await person.sees("Bottlenecks")
        assert "re.match(PATTERN" not in person.screen
        await person.press("enter")
        await person.sees("re.match(PATTERN, line)")
        assert "Bottlenecks" not in person.screen


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_session_says_which_key_fills_it(open_app: OpenApp, root: Path, size: tuple[int, int]) -> None:
    async with open_app(Snapshot(project=samples.project(root)), size=size) as person:
        await person.sees("No profile yet: press p to run `python3 bench.py` under")


async def test_a_profile_run_shows_its_progress_its_failure_and_then_its_result(open_app: OpenApp, root: Path) -> None:
    async with open_app(Snapshot(project=samples.project(root))) as person:
        person.engine.push(JobChanged(job=samples.job("j", "profile", progress="running for 3 s")))
        await person.sees("Profiling `python3 bench.py`", "running for 3 s", "x cancels it.")
        reason = "bench.py: exit code 1: no module named logs."
        person.engine.push(JobChanged(job=samples.job("j", "profile", state="failed", reason=reason)))
        await person.sees(reason, "Press p to run it again.")
        person.engine.push(ProfileChanged(profile=samples.profile()))
        await person.sees("Bottlenecks (cProfile")


async def test_a_profile_without_functions_of_the_project_says_what_to_check(open_app: OpenApp, root: Path) -> None:
    nothing = msgspec.structs.replace(samples.profile(), bottlenecks=())
    async with open_app(Snapshot(project=samples.project(root), profile=nothing)) as person:
        await person.sees("names no function of this project", "mpco.toml")


async def test_a_source_file_that_is_gone_is_told(open_app: OpenApp, root: Path) -> None:
    (root / "logreport" / "parse.py").unlink()
    async with open_app() as person:
        await person.sees("logreport/parse.py cannot be read")


async def test_source_that_would_act_on_the_terminal_is_made_visible(open_app: OpenApp, root: Path) -> None:
    (root / "logreport" / "parse.py").write_text("a = 1\n" * 12 + "match = '\x1b[2J\u202e'\n")
    async with open_app() as person:
        await person.sees("match = '␛[2J‹202E›'")


def test_bars_are_drawn_in_eighths_and_any_share_shows() -> None:
    assert (bar(0.0, 3), bar(0.001, 3), bar(0.5, 3), bar(1.0, 3), bar(2.0, 3)) == ("   ", "▏  ", "█▌ ", "███", "███")


def test_counts_fit_into_five_cells() -> None:
    assert [count(n) for n in (0, 9_999, 12_400, 119_000, 3_100_000, 250_000_000)] == [
        "0", "9999", "12.4k", "119k", "3.1M", "250M",
    ]  # fmt: skip


def test_heat_goes_from_1_to_5() -> None:
    assert [heat_level(share, 0.5) for share in (0.0, 0.11, 0.49, 0.5)] == [1, 2, 5, 5]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_columns_fit_into_any_width(width: int) -> None:
    fit = columns(width, ["Parser.parse_line"], ["logreport/parse.py:11"])
    used = 2 + fit.function + fit.place + 7 + 1 + fit.bar + fit.addressable + fit.total + fit.calls
    assert used <= max(width, 22)


NODES = (
    FlameNode(name="main", depth=0, share=1.0, place="logreport/parse.py:22"),
    FlameNode(name="Parser.parse_line", depth=1, share=0.6, own=0.4, place="logreport/parse.py:11", bottleneck="parse"),
    FlameNode(name="re.match", depth=2, share=0.2, own=0.2, place="re"),
    FlameNode(name="unique_visitors", depth=1, share=0.3, own=0.3, place="logreport/stats.py:4", bottleneck="visitors"),
)


def with_flame(root: Path) -> Snapshot:
    before = msgspec.structs.replace(samples.profile(), flame=NODES[:3], amount=10.0)
    after = msgspec.structs.replace(samples.profile(), flame=NODES, amount=8.0, before=before)
    return Snapshot(project=samples.project(root), profile=after)


@pytest.mark.parametrize("size", SIZES)
async def test_the_flame_graph_is_moved_through_zoomed_and_searched(
    open_app: OpenApp, root: Path, size: tuple[int, int]
) -> None:
    async with open_app(with_flame(root), size=size) as person:
        await person.press("f")
        await person.sees("▏main", "▏Parser.parse_line", "▏unique_visitors")
        flame = person.app.screen.query_one(FlameGraph)
        assert flame.current is not None and flame.current.name == "Parser.parse_line"
        await person.press("right")
        await person.until(lambda: person.app.current_bottleneck == "visitors")
        await person.sees("logreport/stats.py:4  30.0%, 30.0% itself")
        await person.press("enter")
        await person.misses("▏Parser.parse_line")
        await person.press("escape", "/", *"match", "enter")
        await person.until(lambda: flame.current is not None and flame.current.name == "re.match")
        await person.sees("1 match “match”, 20.0%")
        await person.press("escape", "f")
        await person.misses("▏unique_visitors")


async def test_the_flame_graph_tells_the_change_against_the_profile_before(open_app: OpenApp, root: Path) -> None:
    async with open_app(with_flame(root)) as person:
        await person.press("f", "d")
        await person.sees("flame, against the profile before", "-12.0% against the profile before")
        await person.sees("▼main -20.0%", "▲unique_visitors +24.0%")
        await person.press("right")
        await person.sees("+24.0% against the profile before")


def test_functions_of_one_name_are_told_apart_by_their_files() -> None:
    nodes = [
        FlameNode(name="<module>", depth=0, share=share, place=f"{file}.py:1")
        for file, share in (("a", 0.9), ("b", 0.1))
    ]
    assert changes(Tree(nodes), nodes, 8.0, 10.0) == pytest.approx({0: -0.18, 1: -0.02})
    same = [msgspec.structs.replace(node, place="c.py:1") for node in nodes]
    assert changes(Tree(same), same, 10.0, 10.0) == pytest.approx({0: 0.0, 1: 0.0})


async def test_a_click_goes_to_a_box_and_another_zooms(open_app: OpenApp, root: Path) -> None:
    async with open_app(with_flame(root)) as person:
        await person.press("f")
        await person.sees("▏unique_visitors")
        flame = person.app.screen.query_one(FlameGraph)
        place = (int(flame.size.width * 0.8), 1)
        await person.pilot.click(FlameGraph, offset=place)
        await person.until(lambda: flame.current is not None and flame.current.name == "unique_visitors")
        await person.pilot.click(FlameGraph, offset=place)
        await person.until(lambda: flame.zoomed)


async def test_a_profile_is_imported_from_the_screen(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("i")
        await person.sees("Import a profile", "speedscope")
        await person.press(*"out.json", "enter")
        assert await person.engine.received(ImportProfile) == ImportProfile(files=("out.json",))


async def test_why_is_it_slow_shows_what_prompts_are_told(open_app: OpenApp) -> None:
    async with open_app() as person:
        field = {"context": "task", "name": "hot lines", "value": "line 13: 24.1%", "source": "profile"}
        person.engine.answers[ShowEvidence] = {"fields": [field]}
        await person.press("v")
        await person.sees("Why is Parser.parse_line slow?", "hot lines", "line 13: 24.1%")


@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), max_size=40),
    st.integers(1, 200),
    st.integers(-1, 60),
)
@example([(0, 1.0), (1, 1.0), (1, 1.0), (0, 1.0), (1, 1.0)], 2, -1)
@example([(0, 0.0), (1, 0.0)], 2, 0)
def test_boxes_lie_inside_their_callers_and_beside_each_other(
    items: list[tuple[int, float]], width: int, zoom: int
) -> None:
    nodes, depth = [], -1
    for wanted, share in items:
        depth = min(wanted, depth + 1)
        nodes.append(FlameNode(name=f"f{len(nodes)}", depth=depth, share=share))
    for row in layout(Tree(nodes), width, min(zoom, len(nodes) - 1)):
        for left, right in pairwise(row):
            assert left.left + left.width <= right.left
        assert all(box.left >= 0 and box.width >= 1 for box in row)


async def test_a_scroll_bar_hides_nothing_of_the_rows(open_app: OpenApp) -> None:
    async with open_app(size=(80, 12)) as person:
        await person.sees("parse_line")
        table = person.app.screen.query_one(BottleneckTable)
        assert table.show_vertical_scrollbar
        table.refresh()
        await person.pilot.pause()
        assert table.row_width == table.size.width - 1
        assert table.render_line(0).cell_length == table.row_width
