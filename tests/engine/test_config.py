"""mpco.toml as people write it, right and wrong: what is read, and the sentences they get."""

import math
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import Config, LlmSection, Section, load, reference_path, resolve_key
from engine.environment import parse_dotenv
from engine.errors import ConfigError


def problems(folder: Path, text: str) -> list[str]:
    (folder / "mpco.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return caught.value.problems


def read(folder: Path, text: str) -> Config:
    (folder / "mpco.toml").write_text(text)
    return load(folder)


def test_the_smallest_useful_file(tmp_path: Path) -> None:
    config = read(tmp_path, '[test]\ncommand = "make test"\n[benchmark]\ncommand = "make bench"\n')
    assert config.project.name == tmp_path.name
    assert config.profile.command == "make bench"
    assert [llm.label for llm in config.llm] == ["algorithms", "loops", "caching"]
    assert config.meta_prompter.model == "offline/meta"
    assert config.root_path == tmp_path.resolve()
    assert config.path == str(tmp_path.resolve() / "mpco.toml")


def test_no_file_names_the_two_commands_that_help(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mpco init.*mpco demo"):
        load(tmp_path)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
tests = 3
[project]
root = "nowhere"
include = ["../x", "a[", "ok/**"]
languages = "python"
[test]
comand = "x"
timeout = -3
[benchmark]
command = ["a"]
max_pairs = 0
timeout = nan
[task]
objective = "run time"
[[llm]]
label = "a"
[[llm]]
model = "x/a"
edit_format = "funtion"
max_parallel = true
[budget]
max_usd = "5"
max_tokens = 99999999999999999999
""",
    )
    expected = [
        'tests: unknown key, expected one of project, build, .*; did you mean "test"[?]',
        'project.root: found "nowhere", expected the path of an existing folder.',
        r'project.include\[0\]: found "../x", expected a glob .*',
        r'project.include\[1\]: found "a\[", expected a glob .*',
        r'project.languages: found "python", expected a list of texts, as in \["one", "two"\].',
        'test.comand: unknown key, expected one of command, timeout, behaviour; did you mean "command"[?]',
        "test.timeout: found -3, expected a number greater than 0 and at most 31,536,000.",
        "benchmark.command: found a list, expected a text in quotes.",
        "benchmark.max_pairs: found 0, expected a whole number of at least 1.",
        "benchmark.timeout: found nan, expected a number greater than 0 .*",
        'task.objective: found "run time", expected one of runtime, cpu time, memory; did you mean "runtime"[?]',
        r"llm\[0\].model: missing, expected a model as litellm names it, .*",
        r'llm\[1\].edit_format: found "funtion", expected one of function, search_replace, file, diff; '
        'did you mean "function"[?]',
        r"llm\[1\].max_parallel: found true, expected a whole number of at least 1.",
        r'llm\[1\].label: found "a", expected another one: llm\[0\] has it already.',
        'budget.max_usd: found "5", expected a number of at least 0.',
        "budget.max_tokens: found a number too large to use, expected a whole number of at least 1.",
    ]
    assert len(found) == len(expected), found
    for pattern in expected:
        assert any(re.fullmatch("mpco.toml: " + pattern, sentence) for sentence in found), (pattern, found)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("[test]\ncommand = x", r"not valid TOML.*line 2"),
        ("a = " + "9" * 5000, "not valid TOML"),
        ("project." + "a." * 5000 + "b = 3", "nested too deeply"),
        ("llm = []", r"llm: found a list, expected at least one \[\[llm\]\] table"),
        ("[llm]\nmodel = 'a'", r"llm: found a table, expected one or more \[\[llm\]\] tables"),
        ("[[llm]]\nmodel = ' '", "model: found .*a model as litellm names it"),
        ("[[llm]]\nmodel = 'offline/loop'", 'found "offline/loop", expected .*; did you mean "offline/loops"'),
        ("[benchmark]\nalpha = 1", "alpha: found 1, expected a number greater than 0 and less than 1."),
        ("[benchmark]\nmargin = 100", "margin: found 100, expected a number of at least 0 and less than 100."),
        ("[[llm]]\nmodel = 'a'\napi_base = 'localhost'", "api_base: found .*expected the URL"),
        ("[[llm]]\nmodel = 'a'\nparams = {since = 2020-01-01}", "params.since: found a date or time"),
        ("project.exclude = ['.']", r"exclude\[0\]: found \".\", expected a glob"),
        ("build = 'make'", r"build: found \"make\", expected a table, as in \[build\]"),
    ],
)
def test_single_problems(tmp_path: Path, text: str, pattern: str) -> None:
    (sentence,) = problems(tmp_path, text)
    assert re.search(pattern, sentence)


def test_bytes_that_are_not_utf8_are_a_problem_with_a_line(tmp_path: Path) -> None:
    (tmp_path / "mpco.toml").write_bytes(b"[test]\ncommand = '\xff'\n")
    with pytest.raises(ConfigError, match="line 2: found a byte that is not UTF-8"):
        load(tmp_path)


def test_a_folder_in_place_of_the_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "mpco.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_the_root_may_be_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    config = read(tmp_path, "[project]\nroot = 'code'\n")
    assert config.root_path == tmp_path.resolve() / "code"
    assert config.project.name == "code"


def test_labels_come_from_the_models_last_part(tmp_path: Path) -> None:
    config = read(tmp_path, "[[llm]]\nmodel = 'openrouter/qwen/qwen3'\n[[llm]]\nmodel = 'gpt-4o'\n")
    assert [llm.label for llm in config.llm] == ["qwen3", "gpt-4o"]


# --------------------------------------------------------------------------------------- variables and keys


def test_variables_are_put_in_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPCO_TEST_BOTH", "environment")
    (tmp_path / ".env").write_text("MPCO_TEST_BOTH=file\nMPCO_TEST_FILE='from file'\n")
    config = read(tmp_path, '[build]\ncommand = "a ${MPCO_TEST_BOTH} ${MPCO_TEST_FILE} $${x:-1} $HOME"\n')
    assert config.build.command == "a environment from file ${x:-1} $HOME"
    assert msgspec.json.decode(msgspec.json.encode(config), type=Config) == config


def test_each_unset_variable_is_a_problem_of_its_own(tmp_path: Path) -> None:
    found = problems(tmp_path, '[build]\ncommand = "${MPCO_NO_1} ${MPCO_NO_2} ${no-name}"\n')
    assert len(found) == 3
    assert "MPCO_NO_1 is not set" in found[0]
    assert ".env" in found[0]
    assert "MPCO_NO_2 is not set" in found[1]
    assert "write $${ for a literal ${" in found[2]


def test_problems_show_what_stands_in_the_file_not_the_variables_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPCO_TEST_FORMAT", "s3cret")
    (sentence,) = problems(tmp_path, '[[llm]]\nmodel = "a"\nedit_format = "${MPCO_TEST_FORMAT}"\n')
    assert "${MPCO_TEST_FORMAT}" in sentence
    assert "s3cret" not in sentence


def test_a_key_is_kept_by_name_and_resolved_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text('export MPCO_TEST_KEY="s3cret"  # mine\n')
    (tmp_path / "code").mkdir()
    config = read(
        tmp_path, '[project]\nroot = "code"\n[[llm]]\nmodel = "a/b"\napi_key = "${MPCO_TEST_KEY}"\n[[llm]]\nmodel = "c"'
    )
    assert config.llm[0].api_key == "${MPCO_TEST_KEY}"
    assert "s3cret" not in repr(config)
    assert b"s3cret" not in msgspec.json.encode(config)
    assert resolve_key(config.llm[0], config.root_path) == "s3cret"
    assert resolve_key(config.llm[1], config.root_path) == ""
    monkeypatch.setenv("MPCO_TEST_KEY", "other")
    assert resolve_key(config.llm[0], tmp_path) == "other"


@pytest.mark.parametrize("value", ["s3cret", "x${HOME}", "${A}${B}"])
def test_a_literal_key_is_refused_and_not_shown(tmp_path: Path, value: str) -> None:
    (sentence,) = problems(tmp_path, f'[[llm]]\nmodel = "a"\napi_key = "{value}"\n')
    assert "api_key: found a value (not shown)" in sentence
    assert value not in sentence.replace("${OPENAI_API_KEY}", "")


def test_keys_have_no_place_in_params_or_commands(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
build.command = "echo ${MPCO_TEST_KEY}"
test.command = "echo ${OTHER_API_KEY}"
[[llm]]
model = "a"
api_key = "${MPCO_TEST_KEY}"
[llm.params]
api_key = "s3cret"
extra_headers = { Authorization = "Bearer s3cret" }
""",
    )
    assert "s3cret" not in "".join(found)
    keys = [sentence.split(": ")[1] for sentence in found]
    assert keys == [
        "build.command",
        "test.command",
        "llm[0].params.api_key",
        "llm[0].params.extra_headers.Authorization",
    ]


def test_an_unset_key_is_named_when_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="MPCO_TEST_UNSET is not set"):
        resolve_key(LlmSection(model="a", api_key="${MPCO_TEST_UNSET}"), tmp_path)


def test_dotenv_lines() -> None:
    text = """
# comment
A=1
export B = two words  # comment
C="x # y\\n\\"z\\""   # comment
D='$a\\n'
E=
F=#none
G=a#b
not a line
"""
    expected = {"A": "1", "B": "two words", "C": 'x # y\n"z"', "D": "$a\\n", "E": "", "F": "", "G": "a#b"}
    assert parse_dotenv(text) == expected


# -------------------------------------------------------------------------------------- arbitrary contents


def loads_or_explains(folder: Path, content: bytes) -> None:
    (folder / "mpco.toml").write_bytes(content)
    try:
        config = load(folder)
    except ConfigError as error:
        assert error.problems
        assert all(error.problems)
    else:
        assert config.llm
        assert math.isfinite(config.test.timeout)


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_arbitrary_bytes_raise_nothing_else(tmp_path: Path, content: bytes) -> None:
    loads_or_explains(tmp_path, content)


def keys_of(section: type[Section]) -> st.SearchStrategy[str]:
    return st.sampled_from([field.name for field in msgspec.structs.fields(section)]) | st.text(max_size=5)


texts = st.text(max_size=8) | st.sampled_from(["${", "${A}", "$${", "a/b", "**", "..", "\0", "x" * 5000])
values = st.recursive(
    texts | st.integers() | st.floats() | st.booleans() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
llms = st.lists(st.dictionaries(keys_of(LlmSection), values, max_size=5), max_size=3)
tables = st.dictionaries(
    keys_of(Config),
    values | st.dictionaries(st.sampled_from(["command", "timeout", "root", "include", "max_usd"]), values),
    max_size=5,
)


@quick
@given(tables, llms)
def test_arbitrary_tables_raise_nothing_else(tmp_path: Path, tables: dict[str, Any], llms: list[Any]) -> None:
    loads_or_explains(tmp_path, tomli_w.dumps({**tables, "llm": llms}).encode())


# ------------------------------------------------------------------------------------- reference configuration


def sections() -> list[tuple[str, type[Section]]]:
    kinds = ((name, kind) for name, hint in get_type_hints(Config).items() for kind in (hint, *get_args(hint)))
    return [(name, kind) for name, kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]


@pytest.mark.parametrize(("name", "section"), sections())
def test_every_key_is_explained_in_the_reference(name: str, section: type[Section]) -> None:
    text = reference_path().read_text()
    block = re.split(rf"^\[+{name}\]+$", text, flags=re.MULTILINE)[1]
    block = re.split(r"^\[", block, flags=re.MULTILINE)[0]
    for field in msgspec.structs.fields(section):
        explained = re.search(rf"^# [^\n=]{{10,}}[^\n]*\n(?:# [^\n]*\n)*(?:# )?{field.name} = ", block, re.MULTILINE)
        assert explained, f"[{name}] {field.name} is not explained"


def test_the_reference_configuration_loads_with_and_without_its_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = reference_path().read_text()
    config = read(tmp_path, text)
    assert config.project.name == "logreport"
    assert [llm.label for llm in config.llm] == ["algorithms", "loops", "caching"]
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "LOCAL_API_KEY"):
        monkeypatch.setenv(name, "any")
    active = re.sub(r"^# (\[\[llm\]\]|\w+ = )", r"\1", text, flags=re.MULTILINE)
    everything = read(tmp_path, active)
    assert len(everything.llm) == 8
    assert everything.budget.max_usd == 5.0


def test_what_the_reference_shows_as_defaults_are_the_defaults(tmp_path: Path) -> None:
    reference = read(tmp_path, reference_path().read_text())
    default = read(tmp_path, "")
    for name in ("build", "meta_prompter", "task", "budget", "sandbox"):
        assert getattr(reference, name) == getattr(default, name)
    assert reference.project.protected == default.project.protected
    assert reference.benchmark.timeout == default.benchmark.timeout
