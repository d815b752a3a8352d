"""What is told about a project, a bottleneck and an LLM, and from where."""

import os
from pathlib import Path

import msgspec
import pytest

from engine.config import Config, LlmSection, ProjectSection, TaskSection
from engine.model import Allocation, Bottleneck, ContextField, Counter, Edge, LineHeat, LlmFacts, Profile
from engine.prompt import fields_for, llm_fields, project_fields, task_fields
from engine.prompt.llm import families

SOURCE = "@cached\ndef parse(line):\n    match = re.match(PATTERN, line)\n\n    return Entry(match)"
BOTTLENECK = Bottleneck(
    id="b",
    file="src/parse.py",
    function="Reader.parse",
    line=41,
    end_line=45,
    self_share=0.382,
    total_share=0.97,
    calls=120_000,
    callers=(
        Edge(function="load", file="src/load.py", line=7, share=0.97, calls=3),
        Edge(function="follow", share=0.03),
    ),
    callees=(Edge(function="re.match", share=0.63),),
    heat=(LineHeat(line=43, share=0.241), LineHeat(line=45, share=0.012), LineHeat(line=44, share=0.001)),
)
PROFILE = Profile(id="p", command="x", format="cprofile", seconds=12.4, at=0.0, bottlenecks=(BOTTLENECK,))


def named(fields: tuple[ContextField, ...], name: str) -> ContextField:
    (found,) = [field for field in fields if field.name == name]
    return found


def names(fields: tuple[ContextField, ...]) -> list[str]:
    return [field.name for field in fields]


def config(root: Path, **sections: object) -> Config:
    return Config(**{"project": ProjectSection(name="demo"), "root": str(root), **sections})  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- project


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_an_empty_project_says_only_what_is_known(tmp_path: Path) -> None:
    assert names(project_fields(config(tmp_path))) == ["name"]


def test_size_and_languages_are_counted_from_the_projects_own_files(tmp_path: Path) -> None:
    write(tmp_path, a_DOT_py="1\n2\n3\n", lib__b_DOT_cpp="1\n2\n", notes_DOT_md="x\n", gen__c_DOT_py="1\n" * 50)
    write(tmp_path, _DOT_venv__d_DOT_py="1\n" * 99, node_modules__e_DOT_js="1\n" * 99)
    project = ProjectSection(name="demo", exclude=("gen",))
    fields = project_fields(config(tmp_path, project=project))
    assert named(fields, "size").value == "2 source files, 5 lines of code"
    assert named(fields, "languages").value == "Python, C++"
    assert named(fields, "languages").source == "source files"


def test_what_mpco_toml_says_comes_first(tmp_path: Path) -> None:
    write(tmp_path, a_DOT_py="1\n")
    project = ProjectSection(name="demo", description="Does it.", languages=("Rust",))
    fields = project_fields(config(tmp_path, project=project))
    assert named(fields, "languages") == ContextField(
        context="project", name="languages", value="Rust", source="mpco.toml"
    )
    assert named(fields, "description").value == "Does it."


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("README.md", "# T\n\n[![b](x)](y) ![c](d)\n\n**Demo** reads\n[logs](x).\n\nMore.", "**Demo** reads logs."),
        ("README.md", "<p align=center>\n<img src=x>\n</p>\n\n```\ncode\n```\n\nProse.\n", "Prose."),
        ("README.rst", "Title\n=====\n\n.. image:: x\n\nReads logs\nfast.\n\n- item", "Reads logs fast."),
        ("README", "Reads logs.", "Reads logs."),
    ],
)  # fmt: skip
def test_the_readmes_first_paragraph_is_prose(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    field = named(project_fields(config(tmp_path)), "README")
    assert (field.value, field.source) == (expected, name)


def test_a_long_paragraph_is_cut_at_a_word(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("word " * 500)
    value = named(project_fields(config(tmp_path)), "README").value
    assert value.endswith("word ...")
    assert len(value) <= 610


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "pyproject.toml",
            '[project]\ndependencies = ["numpy>=2", "httpx[http2]~=0.27; x", "own @ https://tok@host/x"]\n'
            "[tool.poetry.dependencies]\npython = '^3.11'\nrich = '^13'\n",
            "numpy>=2, httpx~=0.27, own, rich",
        ),
        (
            "requirements.txt",
            "# c\n--index-url https://user:tok@host/simple\nnumpy==2.1 # c\ngit+https://tok@host/x\n-e .\n",
            "numpy==2.1",
        ),
        ("package.json", '{"dependencies": {"react": "18"}}', "react"),
        ("Cargo.toml", '[dependencies]\nserde = "1"\n', "serde"),
        ("go.mod", "module x\n\nrequire (\n\tgithub.com/a/b v1.2.3\n)\n", "github.com/a/b v1.2.3"),
        ("CMakeLists.txt", "find_package(Boost REQUIRED)\n  find_package( fmt )\n", "Boost, fmt"),
    ],
)
def test_dependencies_are_named_without_their_urls(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    field = named(project_fields(config(tmp_path)), "dependencies")
    assert (field.value, field.source) == (expected, name)


@pytest.mark.parametrize("text", ["not toml", "[project]\ndependencies = 3", "a = " + "9" * 5000])
def test_a_broken_package_file_names_no_dependencies(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert "dependencies" not in names(project_fields(config(tmp_path)))


# ------------------------------------------------------------------------------------------------- task


def test_the_evidence_of_the_profile(tmp_path: Path) -> None:
    fields = task_fields(config(tmp_path), BOTTLENECK, SOURCE, PROFILE)
    assert named(fields, "bottleneck").value == "`Reader.parse`, lines 41 to 45 of src/parse.py"
    time = named(fields, "time")
    assert time.value == "38.2% of all 12.4 s profiled in the function itself, 97.0% together with what it calls"
    assert time.source == "profile"
    assert named(fields, "calls").value == "120,000"
    assert named(fields, "callers").value.splitlines()[1:] == [
        "- `load` (src/load.py:7): 97.0%, 3 calls",
        "- `follow`: 3.0%",
    ]
    assert named(fields, "callees").value.endswith("- `re.match`: 63.0%")
    assert named(fields, "hot lines").value.splitlines()[1:] == [
        "- line 43: 24.1% `match = re.match(PATTERN, line)`",
        "- line 45: 1.2% `return Entry(match)`",
    ]
    assert named(fields, "source").value == f"lines 41 to 45 of src/parse.py:\n```python\n{SOURCE}\n```"


def test_allocations_and_counters_are_evidence_where_they_are_known(tmp_path: Path) -> None:
    told = msgspec.structs.replace(BOTTLENECK, allocations=(Allocation(line=43, bytes=2.5 * 2**20),))
    values = {"instructions": 3e9, "cycles": 2e9, "branches": 5e8, "branch-misses": 1e7, "page-faults": 1234}
    counters = tuple(Counter(name=name, value=value) for name, value in values.items())
    profile = msgspec.structs.replace(PROFILE, counters=counters, unit="instructions")
    fields = task_fields(config(tmp_path), told, SOURCE, profile)
    assert named(fields, "hot lines").value.startswith("share of all instructions by line:")
    assert named(fields, "allocations").value.splitlines()[1:] == [
        "- line 43: 2.5 MiB `match = re.match(PATTERN, line)`"
    ]
    assert named(fields, "counters").source == "perf stat"
    assert named(fields, "counters").value.splitlines() == [
        "of one run of the whole command:",
        "- instructions a cycle: 1.50",
        "- branches mispredicted: 2.0%",
        "- instructions: 3,000,000,000",
        "- page faults: 1,234",
    ]


def test_the_hardware_is_told_and_the_machine_is_not(tmp_path: Path) -> None:
    field = named(task_fields(config(tmp_path), BOTTLENECK, SOURCE, PROFILE), "hardware")
    assert field.source == "psutil"
    assert "GiB" in field.value
    assert os.uname().nodename not in field.value


def test_without_a_profile_there_is_no_evidence(tmp_path: Path) -> None:
    bare = Bottleneck(id="b", file="a.c", function="f", line=1, end_line=1, self_share=0.0, total_share=0.0)
    fields = task_fields(config(tmp_path), bare, "int f();", None)
    assert names(fields) == ["objective", "description", "considerations", "bottleneck", "hardware", "source"]
    assert "```c\n" in named(fields, "source").value


def test_a_fence_is_longer_than_those_in_the_code(tmp_path: Path) -> None:
    value = named(task_fields(config(tmp_path), BOTTLENECK, 's = """```"""', PROFILE), "source").value
    assert value.splitlines()[1] == "````python"


def test_runtime_has_seven_considerations_and_each_objective_its_own(tmp_path: Path) -> None:
    seen = set()
    for objective in ("runtime", "cpu time", "memory"):
        task = TaskSection(objective=objective)
        field = named(task_fields(config(tmp_path, task=task), BOTTLENECK, SOURCE, PROFILE), "considerations")
        assert field.value.count("\n- ") == 7
        seen.add(field.value)
    assert len(seen) == 3


def test_the_users_own_task_comes_first(tmp_path: Path) -> None:
    task = TaskSection(description="Only the parser.", considerations=("Mind the cache.",))
    fields = task_fields(config(tmp_path, task=task), BOTTLENECK, SOURCE, PROFILE)
    assert named(fields, "description").value == "Only the parser."
    assert named(fields, "considerations").value.endswith(":\n- Mind the cache.")
    assert named(fields, "considerations").source == "mpco.toml"


# -------------------------------------------------------------------------------------------------- llm


def test_what_is_known_about_an_llm() -> None:
    facts = LlmFacts(
        model="anthropic/claude-haiku-4-5",
        provider="anthropic",
        context_window=200_000,
        usd_per_input_token=1e-6,
        usd_per_output_token=5e-6,
        reasoning=True,
    )
    fields = llm_fields(LlmSection(model=facts.model, label="haiku", considerations="Quick."), facts)
    assert named(fields, "context window").value == "200,000 tokens"
    assert named(fields, "price").value == "$1.00 per million tokens read, $5.00 per million written"
    assert named(fields, "considerations").source == "mpco.toml"
    family = named(fields, "family considerations")
    assert "XML" in family.value
    assert "Small" in family.value
    assert "Anthropic" in family.source


def test_what_is_unknown_about_an_llm_is_left_out() -> None:
    fields = llm_fields(LlmSection(model="openai/mine", label="mine"), LlmFacts(model="openai/mine"))
    assert names(fields) == ["label", "model"]


def test_an_offline_model_says_what_it_is() -> None:
    facts = LlmFacts(model="offline/loops", usd_per_input_token=0.0, usd_per_output_token=0.0, about="Rules only.")
    fields = llm_fields(LlmSection(model="offline/loops", label="loops"), facts)
    assert named(fields, "about").value == "Rules only."
    assert named(fields, "price").value == "free"


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("openai/o3-mini", "step by step"),
        ("gpt-4.1", "to the letter"),
        ("ollama_chat/qwen2.5-coder:7b", "Small"),
        ("openrouter/deepseek/DeepSeek-R1", "user message"),
        ("gemini/gemini-2.5-pro", "specific"),
    ],
)
def test_families_are_found_by_the_models_name(model: str, word: str) -> None:
    fields = llm_fields(LlmSection(model=model, label="x"), LlmFacts(model=model))
    assert word in named(fields, "family considerations").value


@pytest.mark.parametrize("model", ["gpt-4o", "qwen2.5-coder:32b", "mistral-large", "offline/loops"])
def test_other_models_belong_to_no_family(model: str) -> None:
    fields = llm_fields(LlmSection(model=model, label="x"), LlmFacts(model=model))
    assert "family considerations" not in names(fields)


def test_each_statement_about_a_family_has_a_source() -> None:
    assert all(statement.source and statement.text for family in families() for statement in family.statements)


def test_fields_for_collects_all_contexts_but_those_switched_off(tmp_path: Path) -> None:
    llm = LlmSection(model="a/b", label="b")
    arguments = (config(tmp_path), BOTTLENECK, SOURCE, PROFILE, llm, LlmFacts(model="a/b"))
    assert [f.context for f in fields_for(*arguments)] == sorted(
        (f.context for f in fields_for(*arguments)), key=["project", "task", "llm"].index
    )
    assert {field.context for field in fields_for(*arguments, ["task"])} == {"project", "llm"}
    assert fields_for(*arguments, ("project", "task", "llm")) == ()
