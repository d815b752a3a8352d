"""mpco.toml -> Config; every error names file, key, what was found and what was expected."""

from pathlib import Path
from typing import Any

import msgspec

from engine.model import EditFormat, Objective

PROTECTED_DEFAULT = ("mpco.toml", "tests/**", "test/**", "test_*.py", "*_test.py", "conftest.py", "bench*", "benchmarks/**")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of mpco.toml."""


class ProjectSection(Section):
    """[project]: what is optimised; all of it can be left out."""

    name: str = ""
    """Default: the folder's name."""
    description: str = ""
    """Default: the README's first paragraph."""
    languages: tuple[str, ...] = ()
    """Default: by the files' endings."""
    root: str = "."
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    protected: tuple[str, ...] = PROTECTED_DEFAULT
    """Globs of files that no candidate may change."""


class CommandSection(Section):
    """[build], [test], [benchmark]: a command line run in the project's root; timeout in seconds."""

    command: str = ""
    timeout: float = 600.0


class BenchmarkSection(CommandSection):
    """[benchmark]: its exit code must be 0; the time of the whole process is the metric."""

    max_pairs: int = 30
    max_seconds: float = 900.0


class ProfileSection(Section):
    """[profile]: default is the benchmark command under cProfile."""

    command: str = ""
    format: str = "cprofile"
    timeout: float = 600.0


class MetaPrompterSection(Section):
    """[meta_prompter]: the LLM that writes the prompts."""

    model: str = "offline/meta"
    api_base: str = ""
    params: dict[str, Any] = {}


class LlmSection(Section):
    """One [[llm]]: a target LLM."""

    model: str
    label: str = ""
    """Default: the model's name after the last slash."""
    considerations: str = ""
    api_base: str = ""
    api_key: str = ""
    """Only as ${VAR}: the value is taken from the environment or .env and never stored."""
    params: dict[str, Any] = {}
    edit_format: EditFormat = "function"
    max_parallel: int = 4


class TaskSection(Section):
    """[task]: what the LLMs are asked for."""

    description: str = ""
    considerations: tuple[str, ...] = ()
    """Default: the seven considerations of the objective."""
    objective: Objective = "runtime"


class BudgetSection(Section):
    """[budget]: caps for one session; None is no cap."""

    max_usd: float | None = None
    max_tokens: int | None = None


class SandboxSection(Section):
    """[sandbox]: loosens the sandbox, explicitly."""

    network: bool = False
    readable: tuple[str, ...] = ()
    """Further paths in the home folder that commands may read."""
    memory_mb: int = 4096
    processes: int = 256
    allow_unsandboxed: bool = False
    """Run without a sandbox where none works on this machine."""


DEFAULT_LLMS = (
    LlmSection(model="offline/algorithms", label="algorithms"),
    LlmSection(model="offline/loops", label="loops"),
    LlmSection(model="offline/caching", label="caching"),
)


class Config(Section):
    """All of mpco.toml, with every default filled in."""

    project: ProjectSection = ProjectSection()
    build: CommandSection = CommandSection()
    test: CommandSection = CommandSection()
    benchmark: BenchmarkSection = BenchmarkSection()
    profile: ProfileSection = ProfileSection()
    meta_prompter: MetaPrompterSection = MetaPrompterSection()
    llm: tuple[LlmSection, ...] = DEFAULT_LLMS
    task: TaskSection = TaskSection()
    budget: BudgetSection = BudgetSection()
    sandbox: SandboxSection = SandboxSection()
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
    raise NotImplementedError
