"""The real `mpco` command in a home of its own; engines that a test has started end with it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.demo import copy_demo

MPCO = Path(sys.executable).with_name("mpco")
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "PYENV_ROOT")


@dataclass
class Person:
    """Somebody with an empty home folder who types commands."""

    home: Path
    runtime: Path
    roots: list[Path] = field(default_factory=list)

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of this person's terminal."""
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        kept |= {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime), "TERM": "xterm-256color"}
        return kept | {"COLORTERM": "truecolor", "GIT_CONFIG_NOSYSTEM": "1"}

    def begins(self, *arguments: str, cwd: Path) -> "subprocess.Popen[str]":
        """Start `mpco` with no terminal; what it prints can be read while it runs."""
        self.roots.append(cwd)
        pipe, none = subprocess.PIPE, subprocess.DEVNULL
        command = [str(MPCO), *arguments]
        return subprocess.Popen(command, cwd=cwd, env=self.env, stdin=none, stdout=pipe, stderr=pipe, text=True)

    def types(self, *arguments: str, cwd: Path, timeout: float = 600) -> "subprocess.CompletedProcess[str]":
        """Run `mpco` with no terminal and return what it printed."""
        self.roots.append(cwd)
        return subprocess.run(
            [str(MPCO), *arguments],
            cwd=cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """A person; the runtime folder's path is short, as a socket's path must be."""
    runtime = Path(tempfile.mkdtemp(prefix="mpco-run-"))
    home = tmp_path / "home"
    home.mkdir()
    person = Person(home, runtime)
    yield person
    for root in person.roots:
        subprocess.run([str(MPCO), "-C", str(root), "engine", "stop"], env=person.env, capture_output=True, timeout=120)
    shutil.rmtree(runtime)


def small_demo(folder: Path) -> Path:
    """The demo project in `folder`, shrunk, for tests to which it is all the same what is measured."""
    return shrunk(copy_demo(folder), pairs=1)


def shrunk(demo: Path, pairs: int = 60) -> Path:
    """The demo project with a benchmark of fewer lines, of which `visitors` still takes the most, and with as many
    pairs as a clear gain needs on a machine that other tests keep busy."""
    bench = (demo / "bench.py").read_text()
    (demo / "bench.py").write_text(bench.replace("LINES = 6000", "LINES = 3500"))
    config = (demo / "mpco.toml").read_text()
    for usual, mine in (("calm_seconds = 10", "calm_seconds = 0"), ("max_pairs = 12", f"max_pairs = {pairs}")):
        assert usual in config
        config = config.replace(usual, mine)
    (demo / "mpco.toml").write_text(config.replace("params = {}", "params = { chunk_delay = 0 }"))
    git(demo, "commit", "-qam", "A smaller benchmark")
    return demo


def git(folder: Path, *arguments: str) -> str:
    """What a git command prints in `folder`."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
