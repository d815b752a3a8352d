"""Setting a project up: what `mpco init` finds out and writes down, and what `mpco doctor` looks at."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import tomli_w

from engine.config import FILE_NAME, Config, LlmSection, MetaPrompterSection, load, resolve_key
from engine.errors import ConfigError, MpcoError
from engine.source import language_of

OLDEST_PYTHON = (3, 11)
SKIPPED = {"node_modules", "__pycache__", "venv", "env", "build", "dist"}
MOST_FILES = 20_000
TEST_TARGETS = ("test", "tests", "check")
BENCHMARK_TARGETS = ("bench", "benchmark", "benchmarks")

KEY_VARIABLES = {
    "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY",
    "mistral": "MISTRAL_API_KEY", "groq": "GROQ_API_KEY", "deepseek": "DEEPSEEK_API_KEY", "xai": "XAI_API_KEY",
    "cohere": "COHERE_API_KEY", "openrouter": "OPENROUTER_API_KEY", "together_ai": "TOGETHERAI_API_KEY",
    "fireworks_ai": "FIREWORKS_AI_API_KEY", "perplexity": "PERPLEXITYAI_API_KEY", "azure": "AZURE_API_KEY",
    "huggingface": "HF_TOKEN", "cerebras": "CEREBRAS_API_KEY", "nvidia_nim": "NVIDIA_NIM_API_KEY",
}  # fmt: skip
"""The variable that litellm reads a provider's key from."""
KEYLESS = {"offline", "ollama", "ollama_chat", "hosted_vllm", "vllm", "lm_studio", "llamafile"}
FAMILIES = (("gpt", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("claude", "anthropic"))
"""Providers of models that are commonly named without one."""
OPTIONAL_TOOLS = {
    "py-spy": "samples Python programs from outside, with threads and native code; pip install py-spy",
    "perf": "samples C and C++ programs",
    "valgrind": "counts the instructions of C and C++ programs",
}


class Guess(msgspec.Struct, frozen=True):
    """A command found for the project; empty when nothing spoke for one."""

    command: str
    evidence: str
    """What spoke for it, as a sentence."""


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """What a project's files say about it."""

    name: str
    languages: tuple[str, ...]
    """Most files first."""
    interpreter: Guess
    build: Guess
    test: Guess
    benchmark: Guess


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that `mpco doctor` looked at."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    """What to do about it; empty when it is ok."""


# -------------------------------------------------------------------------------------------------- init


def detect(root: Path) -> Detected:
    """Languages and commands of the project in `root`, each with what spoke for it; nothing is run."""
    files = _files(root)
    languages = _languages(files)
    interpreter = _interpreter(root)
    compiled = bool(languages) and languages[0] in ("C", "C++")
    python = "Python" in languages and not compiled
    return Detected(
        name=root.resolve().name,
        languages=languages,
        interpreter=interpreter,
        build=_build(root, files, interpreter.command, compiled),
        test=(_python_tests(root, files, interpreter.command) if python else None) or _other_tests(root),
        benchmark=_benchmark(root, files, interpreter.command, python),
    )


def _files(root: Path) -> tuple[str, ...]:
    """Relative paths of the files that git would keep, or of all that are not hidden where git is not there."""
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    found: Iterable[str] = listed.split("\0") if listed is not None else _walk(root)
    kept = [path for path, _ in zip(found, range(MOST_FILES), strict=False) if path and (root / path).is_file()]
    return tuple(sorted(kept, key=lambda path: (path.count("/"), path)))


def _walk(root: Path) -> Iterator[str]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in SKIPPED)
        yield from (os.path.relpath(os.path.join(folder, name), root) for name in sorted(files))


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints, or None where it is not there, fails, or has nothing to do with this folder."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, errors="replace", timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _languages(files: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(language for path in files if (language := language_of(path)))
    return tuple(language for language, count in counts.most_common(4) if count * 10 >= sum(counts.values()))


def _interpreter(root: Path) -> Guess:
    for folder in (".venv", "venv", "env"):
        if (root / folder / "bin" / "python").exists():
            return Guess(f"{folder}/bin/python", f"The project has a virtual environment in {folder}.")
    return Guess("python3", "The project has no virtual environment of its own.")


def _build(root: Path, files: Sequence[str], python: str, compiled: bool) -> Guess:
    if (root / "CMakeLists.txt").is_file() and compiled:
        command = "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build"
        return Guess(command, "There is a CMakeLists.txt.")
    if (makefile := _makefile(root)) and compiled:
        programs = [target for target in (*TEST_TARGETS, *BENCHMARK_TARGETS) if _links(root, target)]
        return Guess(" && ".join(["make", *(f"make {target}" for target in programs)]), f"There is a {makefile}.")
    if "ext_modules" in _read(root / "setup.py") or any(path.endswith(".pyx") for path in files):
        return Guess(f"{python} setup.py build_ext --inplace", "setup.py builds extension modules.")
    return Guess("", "Nothing needs to be built.")


def _python_tests(root: Path, files: Sequence[str], python: str) -> Guess | None:
    pytest = f"{python} -m pytest -q"
    for name, pattern in (
        ("pyproject.toml", r"\[tool\.pytest\b"),
        ("pytest.ini", r""),
        ("tox.ini", r"\bpytest\b"),
        ("setup.cfg", r"\[tool:pytest\]"),
        ("conftest.py", r""),
    ):
        if (root / name).is_file() and re.search(pattern, _read(root / name)):
            return Guess(pytest, f"{name} sets pytest up." if pattern else f"There is a {name}.")
    tests = [path for path in files if re.fullmatch(r"(test_.*|.*_test)\.py", os.path.basename(path))]
    if not tests:
        return None
    if not any(re.search(r"\bpytest\b|^def test_", _read(root / path), re.MULTILINE) for path in tests[:50]):
        folder = os.path.dirname(tests[0])
        where = f" -s {shlex.quote(folder)}" if folder else ""
        top = " -t ." if folder and (root / folder / "__init__.py").exists() else ""
        return Guess(f"{python} -m unittest discover{where}{top}", f"{tests[0]} is written for unittest.")
    return Guess(pytest, f"{tests[0]} is written for pytest.")


def _other_tests(root: Path) -> Guess:
    if re.search(r"(?im)^\s*(enable_testing|add_test)\s*\(", _read(root / "CMakeLists.txt")):
        return Guess("ctest --test-dir build --output-on-failure", "CMakeLists.txt defines tests.")
    for target in TEST_TARGETS:
        if _has_target(root, target):
            return _making(root, target)
    return Guess("", "No tests were found.")


def _benchmark(root: Path, files: Sequence[str], python: str, in_python: bool) -> Guess:
    scripts = [path for path in files if in_python and _is_benchmark(path)]
    for path in scripts:
        if not re.search(r"^(class Test|def test_|import pytest)", _read(root / path), re.MULTILINE):
            return Guess(f"{python} {shlex.quote(path)}", f"There is a {path}.")
    for target in BENCHMARK_TARGETS:
        if _has_target(root, target):
            return _making(root, target)
    if scripts:
        return Guess(f"{python} -m pytest -q {shlex.quote(scripts[0])}", f"{scripts[0]} holds benchmarks for pytest.")
    if found := re.search(r"(?i)add_executable\s*\(\s*(\w*bench\w*)", _read(root / "CMakeLists.txt")):
        return Guess(f"build/{found[1]}", f"CMakeLists.txt builds the program {found[1]}.")
    return Guess("", "No benchmark was found.")


def _is_benchmark(path: str) -> bool:
    folder, name = os.path.split(path)
    if re.fullmatch(r"(bench.*|.*[_-]bench(mark)?s?)\.py", name):
        return True
    return bool(re.fullmatch(r"bench(mark)?s?", folder)) and name in ("__main__.py", "main.py", "run.py")


def _makefile(root: Path) -> str:
    return next((name for name in ("GNUmakefile", "makefile", "Makefile") if (root / name).is_file()), "")


def _has_target(root: Path, target: str) -> bool:
    name = _makefile(root)
    return (
        bool(name)
        and re.search(rf"^(?:[\w.-]+ +)*{target}(?: +[\w.-]+)* *::?(?!=)", _read(root / name), re.M) is not None
    )


def _making(root: Path, target: str) -> Guess:
    """What a make target for tests or benchmarks stands for: itself, or the program that it only links."""
    if _links(root, target):
        return Guess(f"./{target}", f"The {_makefile(root)} links a program `{target}`.")
    return Guess(f"make {target}", f"The {_makefile(root)} has a target `{target}`.")


def _links(root: Path, target: str) -> bool:
    """Whether making the target only links a program of that name, so that nothing would be run."""
    text = _read(root / _makefile(root)).replace("\\\n", " ")
    rule = re.search(rf"^{target} *:(?![:=]).*\n((?:\t.*\n?)*)", text, re.M)
    phony = re.search(rf"^\.PHONY *:(?:.*\s)?{target}(?:\s|$)", text, re.M)
    return bool(rule and not phony and re.search(rf"-o *(?:\$@|\$\(@\)|{target}\b)", rule[1]))


def _read(path: Path) -> str:
    """The file's text; of one that is not there or cannot be read, no evidence can be had."""
    try:
        return path.read_bytes()[:1_000_000].decode("utf-8", errors="replace")
    except OSError:
        return ""


def render_config(detected: Detected) -> str:
    """A small mpco.toml for what was found; what was not is left as a comment to fill in."""
    parts = [
        f"# Written by `mpco init`; the {FILE_NAME} of `mpco demo` is the full reference and explains every key.\n"
    ]
    parts.append(tomli_w.dumps({"project": {"name": detected.name, "languages": list(detected.languages)}}))
    for section, guess in (("build", detected.build), ("test", detected.test), ("benchmark", detected.benchmark)):
        if guess.command:
            # As in the reference, ${VAR} is a variable of the environment; nothing here is meant to be one.
            command = guess.command.replace("${", "$${")
            parts.append(f"# {guess.evidence}\n" + tomli_w.dumps({section: {"command": command}}))
        elif section != "build":
            parts.append(f'# {guess.evidence}\n# [{section}]\n# command = ""\n')
    return "\n".join(parts)


def write_config(root: Path, text: str, overwrite: bool = False) -> None:
    """Write `text` as the project's mpco.toml.

    Raises:
        MpcoError: when there is one and it may not be replaced, or it cannot be written.
    """
    target = root / FILE_NAME
    if not overwrite and os.path.lexists(target):
        raise MpcoError(f"{target} is there already and was left as it is; `mpco init --force` replaces it.")
    draft = target.with_name(f".{FILE_NAME}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise MpcoError(f"{target}: cannot be written ({error.strerror}); make the folder writable.") from error


# ------------------------------------------------------------------------------------------------ doctor


def diagnose(root: Path) -> tuple[Finding, ...]:
    """What is there and what is missing for the project in `root`; names of keys, never their values."""
    config: Config | None = None
    try:
        config = load(root)
        settings = _finding(FILE_NAME, True, "valid", "")
    except ConfigError as error:
        settings = _finding(FILE_NAME, False, "\n".join(error.problems), f"correct {root / FILE_NAME}")
        if not (root / FILE_NAME).exists():
            settings = _finding(FILE_NAME, False, "not there", "`mpco init` writes one")
    found = [_python(), _repository(root), _identity(root), settings]
    if config is not None:
        found += [_command(config, "test"), _command(config, "benchmark"), *_keys(config, root)]
    return (*found, _sandbox(config), *map(_tool, OPTIONAL_TOOLS))


def _finding(name: str, ok: bool, found: str, fix: str) -> Finding:
    return Finding(name=name, ok=ok, found=found, fix="" if ok else fix)


def _python() -> Finding:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    ok = sys.version_info >= OLDEST_PYTHON
    return _finding("Python", ok, sys.version.split()[0], f"run mpco with Python {wanted} or later")


def _repository(root: Path) -> Finding:
    if shutil.which("git") is None:
        return _finding("git", False, "not installed", "install git")
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None:
        return _finding("git", False, "no repository", f"run `git init` in {root}")
    return _finding("git", True, f"repository {top.strip()}", "")


def _identity(root: Path) -> Finding:
    """Commits on a new branch are made in the person's name."""
    name, email = ((_git(root, "config", key) or "").strip() for key in ("user.name", "user.email"))
    fix = "`git config --global user.name NAME` and `git config --global user.email ADDRESS`, for results on a branch"
    found = f"{name} <{email}>" if name and email else "no name or address for commits"
    return _finding("git identity", bool(name and email), found, fix)


def _command(config: Config, section: str) -> Finding:
    command = (config.test if section == "test" else config.benchmark).command
    name = f"{section} command"
    if not command:
        return _finding(name, False, "none", f"give [{section}] command in {FILE_NAME}")
    program = _program(command)
    here = (config.root_path / program) if "/" in program else None
    there = os.access(here, os.X_OK) if here else not program or shutil.which(program) is not None
    if there:
        return _finding(name, True, command, "")
    if here and config.build.command:  # it runs in a copy that has been built
        return _finding(name, True, f"{command} (made by the build)", "")
    fix = f"make {program} available, or change [{section}] command in {FILE_NAME}"
    return _finding(name, False, f"`{command}`: {program} is not there", fix)


def _program(command: str) -> str:
    """The first program of a shell line; empty when that takes a shell to say."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    first = next((word for word in words if word not in ("env", "exec") and not re.match(r"\w+=", word)), "")
    builtin = first in ("cd", "for", "if", "while", "set", "export", ".", "source", "test", "[", "!", "{", "ulimit")
    return "" if builtin or re.search(r"[$`(){}*?<>|&;~]", first) else first


def _keys(config: Config, root: Path) -> Iterator[Finding]:
    """One finding for each model; its key's variable is named, its value never read further than that it is there."""
    sections: list[LlmSection | MetaPrompterSection] = [config.meta_prompter, *config.llm]
    yield from {section.model: _key(section, root) for section in sections}.values()


def _key(section: LlmSection | MetaPrompterSection, root: Path) -> Finding:
    name = f"model {section.model}"
    provider = section.model.partition("/")[0] if "/" in section.model else ""
    provider = provider or next((by for start, by in FAMILIES if section.model.startswith(start)), "")
    if section.api_key:
        variable = section.api_key.strip("${}")
        try:
            resolve_key(section, root)
        except ConfigError:
            return _finding(name, False, f"{variable} is not set", f"export {variable}, or put it into .env")
        return _finding(name, True, f"key in {variable}", "")
    if provider in KEYLESS or section.api_base:
        return _finding(name, True, "needs no key" if provider in KEYLESS else f"at {section.api_base}", "")
    variable = KEY_VARIABLES.get(provider, "")
    if not variable:
        return _finding(name, True, "which key it needs is not known", "")
    if os.environ.get(variable):
        return _finding(name, True, f"key in {variable}", "")
    fix = f'export {variable}, or give api_key = "${{{variable}}}" and put it into .env'
    return _finding(name, False, f"{variable} is not set", fix)


def _sandbox(config: Config | None) -> Finding:
    # Evaluating is a stage of its own; only this finding needs it.
    from engine.evaluate.sandbox import strongest

    found = strongest()
    allowed = config is not None and config.sandbox.allow_unsandboxed
    fix = "use Linux with user namespaces or Landlock, or trust the code: allow_unsandboxed = true under [sandbox]"
    return _finding("sandbox", found.works or allowed, f"{found.name}: {found.about}", fix)


def _tool(name: str) -> Finding:
    path = shutil.which(
        name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), os.path.dirname(sys.executable)))
    )
    return _finding(name, True, path or f"not installed; optional, {OPTIONAL_TOOLS[name]}", "")
