"""Each format is read by name and by content, and whatever text comes is answered by figures or one sentence."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate.metrics import JSON, TEXT, OutputError, score, take
from engine.model import Reading

PYTEST = {"benchmarks": [{"name": "a", "fullname": "t.py::a", "stats": {"mean": 0.25, "rounds": 4, "data": []}}]}
PYPERF = {
    "version": "1.0",
    "metadata": {"unit": "second"},
    "benchmarks": [
        {"metadata": {"name": "sort"}, "runs": [{"warmups": [[1, 2.0]]}, {"values": [1.0, 3.0]}, {"values": [4.0]}]}
    ],
}
HYPERFINE = {"results": [{"command": "sleep 1", "mean": 1.5, "times": [1.0, 2.0]}, {"command": "true", "mean": 0.5}]}
GOOGLE = {
    "context": {"num_cpus": 2},
    "benchmarks": [
        {
            "name": "BM_a",
            "run_name": "BM_a",
            "run_type": "iteration",
            "real_time": 2.0,
            "cpu_time": 2.0,
            "time_unit": "ms",
        },
        {
            "name": "BM_a",
            "run_name": "BM_a",
            "run_type": "iteration",
            "real_time": 4.0,
            "cpu_time": 4.0,
            "time_unit": "ms",
        },
        {
            "name": "BM_a_mean",
            "run_name": "BM_a",
            "run_type": "aggregate",
            "real_time": 9.0,
            "cpu_time": 3.0,
            "time_unit": "ms",
        },
    ],
}
JMH = [
    {"benchmark": "x.A", "mode": "thrpt", "params": {"n": "10"}, "primaryMetric": {"score": 5.0, "scoreUnit": "ops/s"}},
    {"benchmark": "x.B", "mode": "avgt", "primaryMetric": {"score": 2.0, "scoreUnit": "ms/op"}},
]
CRITERION = {
    "fib 20": {"mean": {"point_estimate": 1e6}, "slope": {"point_estimate": 2e6}},
    "g/1": {"mean": {"point_estimate": 1e9}, "slope": None},
}
CATCH2 = """<?xml version="1.0"?><Catch2TestRun><BenchmarkResults name="fib" samples="100" iterations="3">
<mean value="2000" lowerBound="1" upperBound="3" ci="0.95"/><standardDeviation value="3"/></BenchmarkResults></Catch2TestRun>"""
GO = "goos: linux\nBenchmarkFib-2   100   3000 ns/op   0 B/op\nBenchmarkFib-2   100   1000 ns/op\nPASS\n"
GO_JSON = "".join(
    json.dumps({"Action": "output", "Output": part}) + "\n"
    for part in ("BenchmarkFib-2 \t", " 100\t 2000 ns/op\n", "PASS\n")
)
EXAMPLES = {
    "pytest-benchmark": (json.dumps(PYTEST), {"t.py::a": (0.25, "s", "lower")}),
    "pyperf": (json.dumps(PYPERF), {"sort": (3.0, "s", "lower")}),
    "hyperfine": (json.dumps(HYPERFINE), {"sleep 1": (1.5, "s", "lower"), "true": (0.5, "s", "lower")}),
    "google-benchmark": (json.dumps(GOOGLE), {"BM_a": (0.003, "s", "lower")}),
    "criterion": (json.dumps(CRITERION), {"fib 20": (0.002, "s", "lower"), "g/1": (1.0, "s", "lower")}),
    "jmh": (json.dumps(JMH), {"x.A(n=10)": (5.0, "ops/s", "higher"), "x.B": (2.0, "ms/op", "lower")}),
    "catch2": (CATCH2, {"fib": (2e-6, "s", "lower")}),
    "go-bench": (GO, {"BenchmarkFib-2": (2e-6, "s", "lower")}),
    "results-file": ('[{"seconds": 1, "note": "x"}, {"seconds": 3, "note": "y"}]', {"seconds": (2.0, "", "lower")}),
}


def plain(found: tuple[Reading, ...]) -> dict[str, tuple[float, str, str]]:
    return {item.name: (pytest.approx(item.value), item.unit, item.better) for item in found}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_format_is_read_by_name_and_by_content(kind: str) -> None:
    text, expected = EXAMPLES[kind]
    assert plain(take(kind, text)) == expected
    assert plain(take("auto", text)) == expected
    if kind in JSON:
        assert plain(take("auto", f"warming up ... [1/2]\n{text}\ndone\n")) == expected


def test_go_events_that_split_a_line_are_joined() -> None:
    assert plain(take("auto", GO_JSON)) == {"BenchmarkFib-2": (2e-6, "s", "lower")}


def test_results_files_tell_direction_and_guardrails() -> None:
    text = '{"speed": {"value": 8, "unit": "MB/s", "direction": "maximize"}, "size": {"value": 2, "guardrail": true}}'
    found = take("results-file", text)
    assert [(item.name, item.better, item.guardrail) for item in found] == [
        ("speed", "higher", False),
        ("size", "lower", True),
    ]
    assert score(found) == pytest.approx(1 / 8)
    assert plain(take("results-file", "run,seconds,note\n1,2.0,x\n3,4.0,y\n")) == {
        "run": (2.0, "", "lower"),
        "seconds": (3.0, "", "lower"),
    }


def test_a_regular_expression_names_its_figures() -> None:
    text = "parse took 1.5 ms\nsort took 3 ms\nparse took 2.5 ms\n"
    found = take("regex", text, r"(?P<name>\w+) took (?P<value>[\d.]+) (?P<unit>\w+)", "higher")
    assert plain(found) == {"parse": (2.0, "ms", "higher"), "sort": (3.0, "ms", "higher")}
    assert plain(take("regex", "total: 12 s", r"total: (\d+)")) == {"benchmark": (12.0, "", "lower")}


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("auto", "checksum: none", "holds no figure"),
        ("pyperf", "no json", "is no JSON"),
        ("hyperfine", '{"results": 3}', "cannot be read"),
        ("results-file", '{"seconds": NaN}', "no positive number"),
        ("results-file", '{"seconds": 0}', "no positive number"),
        ("regex", "nothing here", "holds no figure"),
    ],
)
def test_garbage_is_one_sentence(kind: str, text: str, sentence: str) -> None:
    with pytest.raises(OutputError, match=sentence):
        take(kind, text, "took (.*) s")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["benchmarks", "results", "runs", "values", "stats", "mean", "name", "metadata", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["auto", "results-file", "regex", *JSON, *TEXT]), st.text() | json_values.map(json.dumps))
def test_any_text_gives_positive_figures_or_one_sentence(kind: str, text: str) -> None:
    try:
        found = take(kind, text, r"(\S+)")
    except OutputError as error:
        assert str(error)
    else:
        assert found
        assert all(math.isfinite(item.value) and item.value > 0 for item in found)
        assert math.isfinite(score(found))


@given(st.sampled_from(sorted(EXAMPLES)), st.integers(0, 300), st.integers(0, 40), st.text(max_size=3))
def test_a_damaged_file_is_survived(kind: str, start: int, length: int, put: str) -> None:
    text = EXAMPLES[kind][0]
    damaged = text[:start] + put + text[start + length :]
    for name in (kind, "auto"):
        try:
            assert take(name, damaged)
        except OutputError as error:
            assert str(error)
