"""mpco.toml -> Config; every error names file, key, what was found and what was expected."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from engine.config_check import DROP, Expanded, Problems, clean, plain
from engine.config_kinds import KEY, BaseUrl, Count, Glob, KeyReference, Model, Pattern, Percent, Seconds, Share
from engine.environment import NAME, Variables, expand, references
from engine.errors import ConfigError
from engine.model import EditFormat, Objective

FILE_NAME = "mpco.toml"
PROTECTED_DEFAULT = (
    "mpco.toml",
    "tests/**",
    "test/**",
    "test_*",
    "*_test.*",
    "conftest.py",
    "bench*",
    "benchmarks/**",
)
_SECRET_NAME = re.compile(r"(?i)(^|[_-])(api[_-]?key|authorization|secret|password|(auth|access|bearer)[_-]?token)$")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of mpco.toml."""


class ProjectSection(Section, frozen=True, kw_only=True):
    """[project]: what is optimised; all of it can be left out."""

    name: str = ""
    """Default: the folder's name."""
    description: str = ""
    """Default: the README's first paragraph."""
    languages: tuple[str, ...] = ()
    """Default: by the files' endings."""
    root: str = "."
    include: tuple[Glob, ...] = ("**",)
    exclude: tuple[Glob, ...] = ()
    protected: tuple[Glob, ...] = PROTECTED_DEFAULT
    """Globs of files that no candidate may change."""


class CommandSection(Section, frozen=True, kw_only=True):
    """[build], [test], [benchmark]: a command line run in the project's root; timeout in seconds."""

    command: str = ""
    timeout: Seconds = 600.0


OutputFormat = Literal[
    "none",
    "auto",
    "pytest-benchmark",
    "pyperf",
    "hyperfine",
    "google-benchmark",
    "criterion",
    "catch2",
    "jmh",
    "go-bench",
    "results-file",
    "regex",
]


class SuiteSection(CommandSection, frozen=True, kw_only=True):
    """[test]: proves that the project works."""

    behaviour: Literal["fail", "warn", "off"] = "fail"
    """What it means when a changed function does on recorded calls what the baseline's does not."""


class BenchmarkSection(CommandSection, frozen=True, kw_only=True):
    """[benchmark]: its exit code must be 0; the time of the whole process is the metric."""

    max_pairs: Count = 100
    max_seconds: Seconds = 900.0
    calm_seconds: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    """How long an evaluation waits, in all, for other programs to come to rest."""
    noise_check: bool = True
    """Whether an engine with nothing to do finds out what this machine can see."""
    output: OutputFormat = "none"
    """How the benchmark's own figures are read; "none" measures the process from outside."""
    results: str = ""
    """The file that holds them; default: what the benchmark prints."""
    pattern: Pattern = ""
    direction: Literal["lower", "higher"] = "lower"
    guardrails: tuple[str, ...] = ()
    check_output: str = ""
    """`stdout` or a file that must equal the baseline's after each run."""
    alpha: Share = 0.05
    margin: Percent = 1.0
    worth: Percent = 2.0
    search_runs: Count = 200
    """Of measuring what each hunk is worth, and of searching for the best combination."""


class ProfileSection(Section, frozen=True, kw_only=True):
    """[profile]: default is the benchmark command, under the profiler that fits."""

    command: str = ""
    profiler: Literal["auto", "cprofile", "py-spy", "perf", "callgrind"] = "auto"
    """auto: cProfile for what runs in Python, otherwise perf, otherwise callgrind."""
    timeout: Seconds = 600.0


class CallSection(Section, frozen=True, kw_only=True):
    """How an LLM is called: what [meta_prompter] and [[llm]] have in common."""

    api_base: BaseUrl = ""
    api_key: KeyReference = ""
    """Only as ${VAR}: the value is taken from the environment or .env and never stored."""
    params: dict[str, Any] = {}
    context_window: Count | None = None
    """Tokens; default: what litellm knows of the model."""
    max_parallel: Count = 4
    requests_per_minute: Count | None = None
    retries: Annotated[int, msgspec.Meta(ge=0, le=20)] = 3
    first_timeout: Seconds = 120.0
    """Until the first piece of the answer."""
    chunk_timeout: Seconds = 60.0
    """Between two pieces."""
    total_timeout: Seconds = 1800.0
    """For the whole answer."""
    fallback: str = ""
    """The label of another [[llm]], else a model that is called in the same way."""


class MetaPrompterSection(CallSection, frozen=True, kw_only=True):
    """[meta_prompter]: the LLM that writes the prompts."""

    model: Model = "offline/meta"
    scope: Literal["bottleneck", "project"] = "bottleneck"
    """One prompt for each bottleneck with its evidence, or one for all of them (the paper's way)."""


class LlmSection(CallSection, frozen=True, kw_only=True):
    """One [[llm]]: a target LLM."""

    model: Model
    label: str = ""
    """Default: the model's name after the last slash."""
    considerations: str = ""
    edit_format: EditFormat = "function"


class TaskSection(Section, frozen=True, kw_only=True):
    """[task]: what the LLMs are asked for."""

    description: str = ""
    considerations: tuple[str, ...] = ()
    """Default: the seven considerations of the objective."""
    objective: Objective = "runtime"
    rounds: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    """How often `mpco run` lets an LLM try again after a candidate that failed or was no faster."""
    context_tokens: Annotated[int, msgspec.Meta(ge=0)] = 2000
    """How much related code is told beside the bottleneck's own; 0 for none."""


class BudgetSection(Section, frozen=True, kw_only=True):
    """[budget]: caps for one session; None is no cap."""

    max_usd: Annotated[float, msgspec.Meta(ge=0)] | None = None
    max_tokens: Count | None = None


class PrivacySection(Section, frozen=True, kw_only=True):
    """[privacy]: what may leave this machine."""

    local_only: bool = False
    """Refuse every model that is not on this machine, nor at one of these addresses:"""
    allow: tuple[BaseUrl, ...] = ()
    mask_secrets: bool = True
    """Send a placeholder for what is likely a secret."""


class ExperimentSection(Section, frozen=True, kw_only=True):
    """[experiment]: the grid that `mpco experiment` works through; empty means all LLMs, or [meta_prompter]."""

    bottlenecks: Count = 3
    strategies: tuple[str, ...] = ("mpco", "base")
    llms: tuple[str, ...] = ()
    meta_prompters: tuple[str, ...] = ()
    repetitions: Count = 1
    cross: bool = False


class SandboxSection(Section, frozen=True, kw_only=True):
    """[sandbox]: loosens the sandbox, explicitly."""

    network: bool = False
    readable: tuple[str, ...] = ()
    """Further paths that commands may read, or write as well; relative ones lie in the home folder."""
    writable: tuple[str, ...] = ()
    memory_mb: Count = 4096
    disk_mb: Count = 4096
    processes: Count = 256
    allow_unsandboxed: bool = False
    """Run without a sandbox where none works on this machine."""


DEFAULT_LLMS = (
    LlmSection(model="offline/algorithms", label="algorithms"),
    LlmSection(model="offline/loops", label="loops"),
    LlmSection(model="offline/caching", label="caching"),
)


class Config(Section, frozen=True, kw_only=True):
    """All of mpco.toml, with every default filled in."""

    project: ProjectSection = ProjectSection()
    build: CommandSection = CommandSection()
    test: SuiteSection = SuiteSection()
    benchmark: BenchmarkSection = BenchmarkSection()
    profile: ProfileSection = ProfileSection()
    meta_prompter: MetaPrompterSection = MetaPrompterSection()
    llm: tuple[LlmSection, ...] = DEFAULT_LLMS
    task: TaskSection = TaskSection()
    budget: BudgetSection = BudgetSection()
    privacy: PrivacySection = PrivacySection()
    sandbox: SandboxSection = SandboxSection()
    experiment: ExperimentSection = ExperimentSection()
    path: str = ""
    """The file it was read from; not a key of it."""
    root: str = ""
    """The project's root as an absolute path; not a key of the file."""

    @property
    def root_path(self) -> Path:
        """The project's root."""
        return Path(self.root)


def load(root: Path) -> Config:
    """The configuration of the project in `root`, from its mpco.toml and the environment.

    Raises:
        ConfigError: with one sentence for each thing that is wrong, all of them at once.
    """
    raw = _read(root / FILE_NAME)
    problems = Problems(FILE_NAME)
    try:
        tree = _checked(raw, Variables(root), problems)
    except OSError as error:
        raise ConfigError([f"{error.filename}: cannot be read ({error.strerror}); make it readable."]) from error
    except RecursionError:
        raise ConfigError([f"{FILE_NAME}: its tables are nested too deeply to be read."]) from None
    below = tree.get("project", {}).get("root", ".")
    folder = root / below
    # os.path.isdir answers no where Path.is_dir raises, as for names that are too long.
    if not os.path.isdir(folder):
        problems.found(("project", "root"), below, "the path of an existing folder")
    if problems.sentences:
        raise ConfigError(problems.sentences)
    return _filled(msgspec.convert(plain(tree), Config), root, folder)


def resolve_key(section: LlmSection | MetaPrompterSection, root: Path) -> str:
    """The API key that the section names, or "" when it names none; `root` is the project's root.

    Raises:
        ConfigError: naming the variable, when it is not set.
    """
    found = KEY.fullmatch(section.api_key)
    if found is None:
        return ""
    above = (folder for folder in (root, *root.parents) if (folder / FILE_NAME).is_file())
    value = Variables(next(above, root)).get(found[1])
    if not value:
        raise ConfigError([f"{FILE_NAME}: {section.model}: {_unset(found[1])}."])
    return value


def reference_path() -> Path:
    """The commented reference configuration: packed into the wheel, or at the top of a checkout."""
    packed = Path(__file__).parent / "reference.toml"
    return packed if packed.is_file() else Path(__file__).parent.parent / FILE_NAME


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        advice = "`mpco init` writes one for this project, `mpco demo` shows a complete example"
        raise ConfigError([f"{path}: there is no such file; {advice}."]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); make it a readable file."]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{FILE_NAME}: line {line}: found a byte that is not UTF-8; save it as UTF-8."]) from None
    except (ValueError, RecursionError) as error:
        # tomllib lets two errors of Python through: for numbers of thousands of digits and for deep nesting.
        raise ConfigError([f"{FILE_NAME}: is not valid TOML: {error}."]) from None


def _checked(raw: dict[str, Any], variables: Variables, problems: Problems) -> dict[str, Any]:
    expanded = _expanded(raw, (), variables, _key_names(raw), problems)
    tree: dict[str, Any] = clean(expanded, Config, (), problems, hidden=("path", "root"))
    _label_llms(tree, problems)
    _check_params(expanded, problems)
    return tree


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """All texts of a parsed file with their paths."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, str):
        yield path, value
    for key, item in items:
        yield from _texts(item, (*path, key))


def _key_names(raw: dict[str, Any]) -> set[str]:
    """The variables that some api_key names."""
    return {name for path, text in _texts(raw) if path[-1] == "api_key" for name in references(text)}


def _expanded(value: Any, path: tuple[str | int, ...], variables: Variables, keys: set[str], problems: Problems) -> Any:
    """`value` with each `${VAR}` of its texts put in, except in api_key, which keeps the variable's name only."""
    if isinstance(value, dict):
        return {key: _expanded(item, (*path, key), variables, keys, problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item, (*path, index), variables, keys, problems) for index, item in enumerate(value)]
    if not isinstance(value, str) or path[-1] == "api_key" or "${" not in value:
        return value
    values = {}
    for name in references(value):
        problem = _misuse(name, keys)
        found = variables.get(name) if not problem else None
        if found is None:
            problems.add(path, problem or _unset(name))
        else:
            values[name] = found
    if set(references(value)) - set(values):
        return DROP
    return Expanded(expand(value, values), value)


def _misuse(name: str, keys: set[str]) -> str:
    if not NAME.fullmatch(name):
        return f'found "${{{name[:40]}", expected a variable as in "${{HOME}}"; write $${{ for a literal ${{'
    if name in keys or name.upper().endswith("_API_KEY"):
        return f"the variable {name} holds a key, expected it in api_key only"
    return ""


def _unset(name: str) -> str:
    # A running engine has the environment of the shell that started it: to export a key later changes nothing for it.
    before = "or in the environment before the engine starts (`mpco engine stop` ends one that runs)"
    return f"the variable {name} is not set; set it in a .env file beside {FILE_NAME}, {before}"


def _label_llms(tree: dict[str, Any], problems: Problems) -> None:
    """Give each LLM its label; labels name LLMs on every screen, so they have to differ."""
    if tree.get("llm") == []:
        expected = "at least one [[llm]] table, or none at all for the offline models"
        problems.found(("llm",), [], expected)
    seen: dict[str, int] = {}
    for index, llm in enumerate(tree.get("llm", ())):
        label = llm.get("label") or llm.get("model", "").rstrip("/").rpartition("/")[2]
        llm["label"] = label
        first = seen.setdefault(label, index)
        if label and first != index:
            problems.found(("llm", index, "label"), label, f"another one: llm[{first}] has it already")


def _check_params(tree: dict[str, Any], problems: Problems) -> None:
    """No key may stand where it would be stored, and no address where [privacy] does not look for it.

    A key that is not set is no problem of the file: other LLMs can work without it, and a recording needs none.
    """
    for path, _ in _texts(tree):
        if "params" not in path:
            continue
        if _SECRET_NAME.search(str(path[-1])):
            problems.add(path, 'keys do not belong in this file, expected api_key = "${NAME}" beside params instead')
        elif path[-1] in ("api_base", "base_url"):
            problems.add(path, "is no parameter of the call, expected api_base beside params instead")


def _filled(config: Config, root: Path, folder: Path) -> Config:
    """`config` with the defaults that depend on other values."""
    top = folder.resolve()
    replace = msgspec.structs.replace
    return replace(
        config,
        project=replace(config.project, name=config.project.name or top.name or "project"),
        profile=replace(config.profile, command=config.profile.command or config.benchmark.command),
        path=str((root / FILE_NAME).resolve()),
        root=str(top),
    )
