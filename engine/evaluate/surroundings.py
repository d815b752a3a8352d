"""What a command of the project may see of the user's machine: folders, toolchains and environment variables.

The home folder and the folders for temporary files are replaced by empty private ones. What commands need from
there (interpreters and compilers that live in the home folder) is shown again, read-only; credentials never are,
unless [sandbox] readable in mpco.toml names them.
"""

import os
import pwd
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.config import SandboxSection

TEMPORARY = ("/tmp", "/var/tmp", "/run", "/var/run")
SYSTEM = frozenset({"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "opt", "nix", "proc", "sys", "dev"})
"""What commands see of the root folder: programs, libraries and settings. The rest may be anybody's data."""

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

_KEY_IN_GIT = re.compile(r"(?i)extraheader|://[^/\s]*:[^/\s]*@|password|token")

VENV_NAMES = (".venv", "venv", "env")


def home() -> Path:
    """The user's home folder."""
    return Path(os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)


def private_folders(root: Path, section: SandboxSection) -> list[str]:
    """The folders that are replaced by empty ones, outermost first: all but the system's own and toolchains."""
    homes = (home(), Path(pwd.getpwuid(os.getuid()).pw_dir))
    found = {Path(place).resolve() for place in (*TEMPORARY, tempfile.gettempdir(), *homes)}
    kept = {path.resolve() for path in _wanted(root)}
    top = (Path("/", name) for name in os.listdir("/") if name not in SYSTEM)
    found |= {path for path in top if not path.is_symlink() and path not in kept}
    asked = {Path(path) for path in (*_named(section.readable), *_named(section.writable))}
    return sorted(str(place) for place in found - asked if place.is_dir() and place != Path("/"))


def system_folders() -> list[str]:
    """The folders that commands see as they are."""
    return sorted(str(path) for name in SYSTEM - {"dev"} if (path := Path("/", name)).is_dir())


def writable(section: SandboxSection) -> list[str]:
    """The paths that mpco.toml opens for writing, as far as they exist."""
    return [path for path in _named(section.writable) if os.path.exists(path)]


def is_environment(folder: Path) -> bool:
    """Whether the folder is a Python or Node environment: needed by commands, never part of a variant."""
    return folder.name == "node_modules" or (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def toolchains(root: Path, section: SandboxSection, private: Sequence[str]) -> list[tuple[str, str]]:
    """(real folder, where it is expected) of all that has to be shown again, read-only."""
    shown: dict[str, str] = {}
    for text in everything_shown(root, section):
        path = Path(text)
        for target in (path, path.resolve()):
            if _within(target, private):
                shown[str(target)] = str(path.resolve())
    return [(source, target) for target, source in sorted(shown.items())]


def everything_shown(root: Path, section: SandboxSection) -> list[str]:
    """Toolchains wherever they lie, and what mpco.toml opens for reading, as far as they can be read."""
    tools = [path for path in _wanted(root) if _harmless(path, root)]
    return [str(path) for path in (*tools, *map(Path, _named(section.readable))) if os.access(path, os.R_OK)]


def secrets_to_hide(root: Path) -> list[str]:
    """Files with credentials that lie in folders which are shown, and doors to other programs."""
    inside = (str(home() / name) for name in SECRETS_WITHIN)
    found = [path for path in (*SYSTEM_SECRETS, *inside) if os.path.exists(path)]
    return [*found, *_git_settings(root), *_socket_files()]


def git_folders(root: Path) -> list[str]:
    """What a git command in the project reads: `.git`, and for a linked worktree the repository it leads to."""
    git = root / ".git"
    if not git.is_file():
        return [str(git)] if git.is_dir() else []
    own = root / git.read_text(errors="replace").removeprefix("gitdir:").strip()
    try:
        common = own / (own / "commondir").read_text().strip()
    except OSError:
        return [str(git)]
    return [str(git), str(common.resolve())]


def _git_settings(root: Path) -> list[str]:
    """Settings of git that hold a password or a token."""
    found = (Path(folder, "config") for folder in git_folders(root))
    return [str(path) for path in found if path.is_file() and _KEY_IN_GIT.search(path.read_text(errors="replace"))]


def _socket_files() -> list[str]:
    """The socket files of running programs: even on a read-only file system one can talk to them."""
    try:
        listed = Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    paths = (line.partition(" /")[2] for line in listed)
    return sorted({f"/{path}" for path in paths if path and os.path.lexists(f"/{path}")})


def _named(names: Iterable[str]) -> list[str]:
    """Paths of mpco.toml; one that is not absolute lies in the home folder."""
    return [str(home() / Path(name).expanduser()) for name in names]


def _wanted(root: Path) -> Iterator[Path]:
    yield Path(sys.base_prefix)
    yield Path(sys.prefix)
    for name in TOOLCHAIN_FOLDERS:
        yield home() / name
    for name in TOOLCHAIN_VARIABLES:
        if value := os.environ.get(name):
            yield Path(value)
    for entry in os.environ.get("PATH", "").split(":"):
        if entry.startswith("/") and not SYSTEM.intersection(Path(entry).parts[1:2]):
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
            # A link that leads nowhere, or back to itself, exists no more than what it names.
            if entry.is_symlink() and entry.exists() and (tool := entry.resolve()).parent.name == "bin":
                yield tool.parent.parent


def _interpreter(environment: Path) -> Iterable[Path]:
    program = environment / "bin" / "python"
    if os.path.exists(program):
        yield program.resolve().parent.parent


def _harmless(path: Path, root: Path) -> bool:
    """Whether showing the folder shows a toolchain and not the home folder, the project or a secret."""
    real = path.resolve()
    user = home().resolve()
    closed = (Path(tempfile.gettempdir()).resolve(), *map(Path, TEMPORARY), user, root)
    if any(folder.is_relative_to(real) for folder in closed):
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
