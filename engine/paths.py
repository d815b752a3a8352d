"""Where the engine of a project keeps its state, its socket and its lock."""

import hashlib
import os
import warnings
from pathlib import Path

import platformdirs

from engine.errors import EngineError

STATE_DIR = ".mpco"


def state_dir(root: Path) -> Path:
    """The project's own state folder, made with a .gitignore of its own so that git sees nothing but prompts/.

    Raises:
        EngineError: when the folder cannot be made.
    """
    folder = root / STATE_DIR
    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n!/prompts/\n!/prompts/**\n")
    except OSError as error:
        raise EngineError(f"{folder}: cannot keep the session there ({error.strerror}); make it writable") from error
    return folder


def database(root: Path) -> Path:
    """The session database of the project in `root`."""
    return root / STATE_DIR / "session.db"


def archived(root: Path) -> Path:
    """The folder of the sessions that were kept when another was begun."""
    return root / STATE_DIR / "sessions"


def log_file(root: Path) -> Path:
    """The engine's log."""
    return root / STATE_DIR / "engine.log"


def runtime_dir() -> Path:
    """The user's private runtime folder.

    Raises:
        EngineError: when it belongs to somebody else or is open to others.
    """
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR platformdirs warns and falls back; what it falls back to is checked below.
        warnings.simplefilter("ignore")
        folder = Path(platformdirs.user_runtime_path("mpco"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            f"{folder}: cannot be made ({error.strerror}); set XDG_RUNTIME_DIR to a folder of yours"
        ) from error
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise EngineError(f"{folder}: must belong to you and have mode 700; set XDG_RUNTIME_DIR to a folder of yours")
    return folder


def _key(root: Path) -> str:
    return hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]


def socket_path(root: Path) -> Path:
    """The Unix-domain socket of the project's engine; short, since the system allows about 100 bytes."""
    return runtime_dir() / f"{_key(root)}.sock"


def lock_path(root: Path) -> Path:
    """The file whose lock makes the engine the only one of its project."""
    return runtime_dir() / f"{_key(root)}.lock"


def session_lock(root: Path) -> Path:
    """The file whose lock keeps engines with another runtime folder, as of cron or sudo, away from the session."""
    return state_dir(root) / "engine.lock"
