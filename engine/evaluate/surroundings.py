"""What a command of the project may see of the user's machine: folders, toolchains and environment variables.

The home folder and the folders for temporary files are replaced by empty private ones. What commands need from
there (interpreters and compilers that live in the home folder) is shown again, read-only; credentials never are,
unless [sandbox] readable in mpco.toml names them.
"""

import os
import pwd
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.config import SandboxSection

TEMPORARY = ("/tmp", "/var/tmp", "/run", "/var/run")

_PASSED = (
    "PATH LANG LANGUAGE TZ TERM USER LOGNAME CC CXX CPP LD AR CFLAGS CXXFLAGS CPPFLAGS LDFLAGS LD_LIBRARY_PATH "
    "LIBRARY_PATH CPATH PKG_CONFIG_PATH CMAKE_PREFIX_PATH CMAKE_GENERATOR MAKEFLAGS JAVA_HOME GOPATH GOROOT GOFLAGS "
    "GOTOOLCHAIN CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN RUSTFLAGS PYENV_ROOT PYENV_VERSION NVM_DIR VIRTUAL_ENV "
    "CONDA_PREFIX PYTHONPATH PYTHONHASHSEED PYTHONUTF8 NODE_PATH OMP_NUM_THREADS OPENBLAS_NUM_THREADS "
    "MKL_NUM_THREADS RAYON_NUM_THREADS GOMAXPROCS"
)
PASSED = frozenset(_PASSED.split())
"""Variables that are passed on, with LC_*; PYTHONDONTWRITEBYTECODE is not, it would make every run a cold one."""

TOOLCHAIN_VARIABLES = (
    *("PYENV_ROOT", "CARGO_HOME", "RUSTUP_HOME", "NVM_DIR", "JAVA_HOME", "GOROOT", "GOPATH"),
    *("VIRTUAL_ENV", "CONDA_PREFIX"),
)
TOOLCHAIN_FOLDERS = (".cargo", ".rustup", ".pyenv", ".local/lib", ".local/share/uv", ".local/share/mise")

_SECRETS = (
    ".ssh .aws .gnupg .config .netrc .docker .kube .azure .gcloud .password-store .git-credentials .pypirc .npmrc "
    ".mozilla .env"
)
SECRETS = frozenset(_SECRETS.split())
"""Names, directly in the home folder, that a toolchain's path never opens."""
SECRETS_WITHIN = (".cargo/credentials", ".cargo/credentials.toml")
SYSTEM_SECRETS = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh", "/etc/sudoers.d")

VENV_NAMES = (".venv", "venv", "env")


def home() -> Path:
    """The user's home folder."""
    return Path(os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)


def private_folders() -> list[str]:
    """The folders that are replaced by empty ones, outermost first."""
    homes = (home(), Path(pwd.getpwuid(os.getuid()).pw_dir))
    found = {Path(place).resolve() for place in (*TEMPORARY, tempfile.gettempdir(), *homes)}
    return sorted(str(place) for place in found if place.is_dir() and place != Path("/"))


def is_environment(folder: Path) -> bool:
    """Whether the folder is a Python or Node environment: needed by commands, never part of a variant."""
    return folder.name == "node_modules" or (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def toolchains(root: Path, section: SandboxSection, private: Sequence[str]) -> list[tuple[str, str]]:
    """(real folder, where it is expected) of all that has to be shown again, read-only."""
    shown: dict[str, str] = {}
    named: list[Path] = [_in_home(name) for name in section.readable]
    for path in (*_wanted(root), *named):
        if not os.access(path, os.R_OK) or not (path in named or _harmless(path, root, private)):
            continue
        for target in (path, path.resolve()):
            if _within(target, private):
                shown[str(target)] = str(path.resolve())
    return [(source, target) for target, source in sorted(shown.items())]


def secrets_to_hide() -> list[str]:
    """Files with credentials that lie in folders which are shown."""
    inside = (str(home() / name) for name in SECRETS_WITHIN)
    return [path for path in (*SYSTEM_SECRETS, *inside) if os.path.exists(path)]


def _in_home(name: str) -> Path:
    return home() / Path(name).expanduser()


def _wanted(root: Path) -> Iterator[Path]:
    yield Path(sys.base_prefix)
    yield Path(sys.prefix)
    for name in TOOLCHAIN_FOLDERS:
        yield home() / name
    for name in TOOLCHAIN_VARIABLES:
        if value := os.environ.get(name):
            yield Path(value)
    for entry in os.environ.get("PATH", "").split(":"):
        if entry.startswith("/"):
            yield from _tools(Path(entry), root)
    for name in VENV_NAMES:
        yield from _interpreter(root / name)


def _tools(folder: Path, root: Path) -> Iterable[Path]:
    """The installation a folder of PATH belongs to; for ~/bin and the like, those its links lead to."""
    owner = folder.parent
    shared = owner in (home(), home() / ".local") or owner == root or owner in root.parents
    if folder.name in ("bin", "shims", "sbin") and not shared:
        yield owner
        return
    yield folder
    if shared and os.access(folder, os.R_OK):
        for entry in sorted(folder.iterdir()):
            target = entry.resolve()
            if entry.is_symlink() and target.parent.name == "bin":
                yield target.parent.parent


def _interpreter(environment: Path) -> Iterable[Path]:
    program = environment / "bin" / "python"
    if os.path.exists(program):
        yield program.resolve().parent.parent


def _harmless(path: Path, root: Path, private: Sequence[str]) -> bool:
    """Whether showing the folder shows a toolchain and not the home folder, the project or a secret."""
    real = path.resolve()
    user = home().resolve()
    if any(Path(folder).is_relative_to(real) for folder in (*private, str(user))) or real == root:
        return False
    return not (real.is_relative_to(user) and real.relative_to(user).parts[0] in SECRETS)


def _within(path: Path, folders: Sequence[str]) -> bool:
    return any(path.is_relative_to(folder) and str(path) != folder for folder in folders)


def environment(root: Path, home_folder: str, temporary: str) -> dict[str, str]:
    """The variables a command gets: an allow-list of the user's own, nothing that could hold a key."""
    passed: dict[str, str] = {k: v for k, v in os.environ.items() if k in PASSED or k.startswith("LC_")}
    path = [entry for entry in passed.get("PATH", os.defpath).split(":") if entry.startswith("/")]
    for name in VENV_NAMES:
        if (root / name / "pyvenv.cfg").is_file():
            path.insert(0, str(root / name / "bin"))
            passed["VIRTUAL_ENV"] = str(root / name)
            break
    own: Mapping[str, str] = {"PATH": ":".join(path), "HOME": home_folder, "TMPDIR": temporary, "SHELL": "/bin/sh"}
    return {**passed, **own}
