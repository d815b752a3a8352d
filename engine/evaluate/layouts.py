"""What each level of sandbox is told to build: who sees what, and who may write where."""

import os
from pathlib import Path
from typing import Any, Literal

from engine.config import SandboxSection
from engine.evaluate import surroundings
from engine.evaluate.workspace import Base

Level = Literal["namespaces", "landlock", "unsandboxed"]
"""Strongest first."""
NAMESPACES: Level = "namespaces"
LANDLOCK: Level = "landlock"
UNSANDBOXED: Level = "unsandboxed"

IO_INSIDE = "/run/mpco-io"
OPEN_FILES = 4096
THREADS_PER_PROCESS = 16
MEGABYTE = 1024 * 1024
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")

_memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def overlaid(base: Base, folder: Path, work: Path, section: SandboxSection) -> dict[str, Any]:
    """Namespaces, with the project as a copy-on-write view of the base over its own path."""
    root = base.root
    private = surroundings.private_folders(root, section)
    shown = surroundings.toolchains(root, section, private)
    binds = [(source, target, False) for source, target in shown]
    binds += [(path, path, True) for path in surroundings.writable(section)]
    return {
        "level": NAMESPACES,
        "network": section.network,
        "root": str(root),
        "stage": str(folder / "stage"),
        # Its files lie in memory, which the machine must keep some of.
        "disk": min(section.disk_mb * MEGABYTE, _memory // 2),
        "watched": [],
        "lowers": [str(path) for path in (folder / "changes", *base.layers)],
        "tree": str(folder / "tree"),
        "shared": [str(root / name) for name in base.survey.shared],
        "inside": surroundings.git_folders(root),
        "private": private,
        "binds": [*binds, (str(folder / "io"), IO_INSIDE, True)],
        "hidden": [*surroundings.secrets_to_hide(root), str(work)],
        "limits": _limits(section, counted=True),
    }


def copied(base: Base, folder: Path, work: Path, section: SandboxSection) -> dict[str, Any]:
    """Namespaces, with the project as an ordinary copy bound over its own path, for file systems without overlays."""
    layout = overlaid(base, folder, work, section)
    kept = {"lowers": [], "shared": [], "inside": [*layout["inside"], *layout["shared"]]}
    return layout | kept | {"watched": [layout["root"]]}


def landlock(base: Base, folder: Path, section: SandboxSection) -> dict[str, Any]:
    """Landlock and a filter of system calls, around an ordinary copy of the project at a path of its own."""
    root = base.root
    own = [str(folder / name) for name in ("tree", "home", "tmp", "io")]
    shared = [*(str(root / name) for name in base.survey.shared), *surroundings.git_folders(root)]
    return {
        **unsandboxed(base, folder, section),
        "level": LANDLOCK,
        "network": section.network,
        "readable": [*surroundings.system_folders(), *surroundings.everything_shown(root, section), *shared],
        "writable": [*own, *surroundings.writable(section)],
        "devices": DEVICES,
        "hidden": surroundings.secrets_to_hide(root),
    }


def unsandboxed(base: Base, folder: Path, section: SandboxSection) -> dict[str, Any]:
    """No walls, limits only, around an ordinary copy of the project."""
    return {
        "level": UNSANDBOXED,
        "tree": str(folder / "tree"),
        "watched": [str(folder / name) for name in ("tree", "home", "tmp", "io")],
        "disk": section.disk_mb * MEGABYTE,
        "limits": _limits(section, counted=False),
    }


def _limits(section: SandboxSection, counted: bool) -> dict[str, int]:
    """`counted`: processes are counted for each sandbox, and not for all that the user runs."""
    limits = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": OPEN_FILES, "RLIMIT_FSIZE": section.disk_mb * MEGABYTE}
    if counted and os.getuid() != 0:
        limits["RLIMIT_NPROC"] = section.processes * THREADS_PER_PROCESS
    return limits
