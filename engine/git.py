"""Git by its plumbing commands: nothing here touches the working tree, the index or an existing branch."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from engine.errors import EditError

TIMEOUT = 60.0
"""Seconds; every command here is about single files."""
INHERITED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE")
"""Set when the engine was started from a git hook; they would lead to another repository."""


class Git:
    """The git repository that a folder is in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        done = self._call(["rev-parse", "--show-toplevel"])
        if done.returncode:
            said = _first_line(done.stderr)
            why = "" if "not a git repository" in said else f" ({said})"
            raise EditError(f"{folder} is not in a git repository{why}; apply to the working tree or to a patch file.")
        self.top = Path(os.fsdecode(done.stdout).rstrip("\n")).resolve()

    def run(self, *args: str, data: bytes | None = None, env: Mapping[str, str] = {}) -> str:
        """What a git command prints, without the final newline.

        Raises:
            EditError: with what git says, when it fails.
        """
        done = self._call(list(args), data=data, env=env)
        if done.returncode:
            raise EditError(f"git {args[0]} failed: {_first_line(done.stderr)}.")
        return os.fsdecode(done.stdout).rstrip("\n")

    def head(self) -> str:
        """The id of the commit that is checked out.

        Raises:
            EditError: when there is no commit yet.
        """
        done = self._call(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        if done.returncode:
            raise EditError("The git repository has no commit yet; commit your files first.")
        return os.fsdecode(done.stdout).strip()

    def described(self) -> str:
        """The commit that is checked out, shortened, with a + when tracked files of the folder differ from it.

        Raises:
            EditError: when there is no commit yet.
        """
        changed = self.run("status", "--porcelain", "--untracked-files=no", "--", ".", env={"GIT_OPTIONAL_LOCKS": "0"})
        return self.head()[:12] + ("+" if changed else "")

    def check_new_branch(self, name: str) -> None:
        """That a branch of that name can be made.

        Raises:
            EditError: when the name is no name of a branch, or is taken.
        """
        if name.startswith("-") or self._call(["check-ref-format", f"refs/heads/{name}"]).returncode:
            raise EditError(f"{name!r} cannot be the name of a git branch; give another.")
        if not self._call(["show-ref", "--verify", "--quiet", f"refs/heads/{name}"]).returncode:
            raise EditError(f"The branch {name} exists already; give another name.")

    def entry(self, path: str) -> tuple[str, str]:
        """(mode, blob id) of a file in HEAD; empty strings when it is not there."""
        found = self.run("ls-tree", "-z", "--full-tree", "HEAD", "--", f":(literal,top){path}").split("\0")[0]
        if not found:
            return "", ""
        mode, _, blob = found.split("\t")[0].split(" ")
        return mode, blob

    def store(self, path: str, data: bytes, *, write: bool) -> str:
        """The blob id that `data` has as the file `path`, line ending and other filters applied."""
        flags = ["-w"] if write else []
        return self.run("hash-object", *flags, "--stdin", "--path", str(self.top / path), data=data)

    def identity(self) -> dict[str, str]:
        """What a commit needs besides: a name, where the user has told git none."""
        names: dict[str, str] = {}
        for role in ("AUTHOR", "COMMITTER"):
            if self._call(["var", f"GIT_{role}_IDENT"]).returncode or not self._configured():
                names |= {f"GIT_{role}_NAME": "MPCO", f"GIT_{role}_EMAIL": "mpco@localhost"}
        return {name: value for name, value in names.items() if not os.environ.get(name)}

    def _configured(self) -> bool:
        """Whether git was told who commits; otherwise it guesses from the machine's name."""
        return not self._call(["config", "user.email"]).returncode or bool(os.environ.get("EMAIL"))

    def _call(
        self, args: list[str], data: bytes | None = None, env: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[bytes]:
        inherited = {name: value for name, value in os.environ.items() if name not in INHERITED}
        try:
            return subprocess.run(
                ["git", *args],
                cwd=self.folder,
                env={**inherited, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **env},
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
                stdin=subprocess.DEVNULL if data is None else None,
                input=data,
            )
        except FileNotFoundError as error:
            raise EditError("git is not installed; apply to the working tree or to a patch file.") from error
        except subprocess.TimeoutExpired as error:
            raise EditError(f"git {args[0]} did not answer within {TIMEOUT:.0f} seconds.") from error


def _first_line(output: bytes) -> str:
    text = output.decode("utf-8", "replace").strip().removeprefix("fatal: ").removeprefix("error: ")
    return text.split("\n")[0].rstrip(".") or "without a word"
