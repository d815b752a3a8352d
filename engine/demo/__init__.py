"""A small real project with tests and a benchmark, so that MPCO can be seen at work out of the box."""

import os
import shutil
import subprocess
from pathlib import Path

import engine
from engine.errors import MpcoError

PROJECT = Path(__file__).with_name("logreport")
PACKAGE = Path(engine.__file__).parent
REFERENCES = (PACKAGE / "reference.toml", PACKAGE.parent / "mpco.toml")
"""The reference configuration: as a wheel installs it, and as a checkout has it."""
GIT = ("git", "-c", "user.name=MPCO demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")
PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "init.defaultBranch=main")


def copy_demo(destination: Path) -> Path:
    """Copy the demo project into `destination`, with mpco.toml beside it, as a git repository of one commit.

    Raises:
        MpcoError: when `destination` exists and is not empty, cannot be written, or git does not work.
    """
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise MpcoError(f"{destination} exists already and is not an empty folder; name another one for the demo.")
    reference = next((path for path in REFERENCES if path.is_file()), None)
    if reference is None:
        raise MpcoError("The reference mpco.toml is missing from this installation; install MPCO again.")
    try:
        shutil.copytree(PROJECT, destination, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        shutil.copyfile(reference, destination / "mpco.toml")
    except OSError as error:
        raise MpcoError(f"The demo cannot be copied to {destination}: {error.strerror}.") from error
    _git(destination, "init", "-q")
    _git(destination, "add", "-A")
    _git(destination, "commit", "-q", "-m", "logreport, as it was written")
    return destination


def _git(folder: Path, *arguments: str) -> None:
    # Variables such as GIT_DIR would lead git to another repository than the one in `folder`.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            [*GIT, *PLAIN, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise MpcoError("git is not installed; the demo needs it to keep its project's versions.") from None
    if done.returncode:
        raise MpcoError(f"git {arguments[0]} failed in {folder}: {done.stderr.strip()}")
