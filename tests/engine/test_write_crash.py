"""A write to the working tree that is killed with -9 at each of its steps, and on a full disk: all files or none.

The process that writes is real and dies by a real SIGKILL: an audit hook of Python, which sees each file that is
opened, renamed or removed before it happens, counts them and kills the process at the one that is asked for.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.config import load
from engine.delivery import finish_interrupted
from engine.errors import EditError
from engine.journal import Journal
from engine.service import describe
from engine.session import Session
from engine.store import Store

FILES: dict[str, tuple[bytes | None, bytes | None]] = {
    "a.py": (b"a = 1\n", b"a = 2\n"),
    "b.py": (b"b = 1\r\n", b"b = 2\r\n"),
    "gone.py": ("é = 1\n".encode("latin-1"), None),
    "sub/moved.py": (None, b"m = 1\n"),
}
Run = Callable[..., tuple[int, str]]
WRITER = """
import json, os, resource, signal, sys, traceback
from pathlib import Path
from engine.config import load
from engine.delivery import apply, take_back
from engine.generate.hunks import make_hunks, removal
from engine.generate.reading import read_baseline
from engine.journal import Journal
from engine.model import BaselineFile, Candidate, Hunk, Project
from engine.protocol import Apply, CandidateChanged, UndoApply
from engine.session import Session
from engine.store import Store

def killed_at(root, last):
    seen = 0
    def watch(event, args):
        nonlocal seen
        if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod") and root in str(args[0]):
            seen += 1
            if seen == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)

def write(root, last, kind, most=0):
    root = Path(root)
    config = load(root)
    session = Session(Store(root / ".mpco" / "session.db"), Project(root=str(root), name="p"))
    if kind == "apply":
        texts = {name: read_baseline(root, name) for name in ("a.py", "b.py")}
        hunks = [h for n, f in texts.items() for h in make_hunks("c", n, f.text, f.text.replace("1", "2"))]
        gone = read_baseline(root, "gone.py")
        new = BaselineFile(path="sub/moved.py", text="", digest="")
        hunks += [removal("c", "gone.py", gone.text), *make_hunks("c", "sub/moved.py", "", "m = 1\\n")]
        files = (*texts.values(), gone, new)
        session.publish(CandidateChanged(candidate=Candidate(
            id="c", bottleneck="b", llm="l", prompt="p", state="ready", at=0.0, files=files, hunks=tuple(hunks))))
    killed_at(str(root), last)
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    if kind == "apply":
        apply(config, session, Journal(root / ".mpco"), Apply(hunks=tuple(h.id for h in hunks)))
    else:
        take_back(config, session, Journal(root / ".mpco"), UndoApply())

for line in sys.stdin:
    errors, *words = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        code = 1
        try:
            write(*words)
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / ".mpco").mkdir(parents=True)
    (root / "mpco.toml").write_text('[benchmark]\ncommand = "true"\n')
    for name, (before, _) in FILES.items():
        if before is not None:
            (root / name).write_bytes(before)
    (root / "b.py").chmod(0o750)
    (root / "gone.py").chmod(0o640)
    (root / "link.py").symlink_to("a.py")
    return root


@pytest.fixture(scope="module")
def writer() -> Iterator["subprocess.Popen[str]"]:
    """A process that has imported what a write needs, and forks one that writes for each line it reads."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", WRITER], stdin=pipe, stdout=pipe, text=True) as process:
        yield process


@pytest.fixture
def run(writer: "subprocess.Popen[str]", root: Path) -> Run:
    """`run(step, kind)` writes in a process that dies at that step; its exit code, and its last words."""

    def write(*words: object) -> tuple[int, str]:
        assert writer.stdin is not None and writer.stdout is not None
        errors = root.with_name("errors")
        writer.stdin.write(json.dumps([str(errors), str(root), *words]) + "\n")
        writer.stdin.flush()
        return int(writer.stdout.readline()), errors.read_text()

    return write


def restarted(root: Path) -> list[bool]:
    """What a start of the engine makes of it; whether each recorded application is undone."""
    store = Store(root / ".mpco" / "session.db")
    session = Session(store, describe(load(root)))
    finish_interrupted(session, Journal(root / ".mpco"))
    store.close()
    return [item.undone for item in session.applications.values()]


def written(root: Path) -> bool:
    """Whether all files are new; fails when only some are, or something is left over."""
    now = [(root / name).read_bytes() if (root / name).exists() else None for name in FILES]
    assert now in ([old for old, _ in FILES.values()], [new for _, new in FILES.values()])
    assert not [name for _, _, names in os.walk(root) for name in names if name.endswith((".tmp", ".journal"))]
    assert (root / "b.py").stat().st_mode & 0o777 == 0o750 and (root / "link.py").is_symlink()
    assert now[2] is None or (root / "gone.py").stat().st_mode & 0o777 == 0o640
    return now[0] == FILES["a.py"][1]


def test_killed_at_every_step_all_files_are_written_or_none(root: Path, run: Run) -> None:
    ends = set()
    for step in range(1, 60):
        code, said = run(step, "apply")
        was_killed = code == -9
        assert was_killed or code == 0, said
        applied = restarted(root)
        new = written(root)
        assert applied.count(False) == int(new)
        ends.add(new)
        if not was_killed:
            break
        if new:
            assert run(0, "undo")[0] == 0
            assert not written(root)
    assert ends == {True, False} and step > 10


def test_an_undo_that_is_killed_is_finished_or_never_begun(root: Path, run: Run) -> None:
    assert run(0, "apply")[0] == 0
    for step in range(1, 60):
        code, _ = run(step, "undo")
        applied = restarted(root)
        new = written(root)
        assert applied == [not new]
        if not new:
            break
    assert step > 5 and code in (0, -9)


def test_a_full_disk_leaves_all_old(root: Path, run: Run) -> None:
    (root / "b.py").write_text("# " + "x" * 300_000 + "\nb = 1\n")
    before = (root / "b.py").read_bytes()
    code, said = run(0, "apply", 250_000)
    assert code == 1 and "nothing was written" in said
    assert (root / "a.py").read_text() == "a = 1\n" and (root / "b.py").read_bytes() == before
    assert not list((root / ".mpco").glob("write.*")) and not list(root.rglob("*.tmp"))


def test_a_file_that_a_person_changed_after_the_crash_is_never_overwritten(root: Path, run: Run) -> None:
    step = 1
    while run(step, "apply")[0] == -9:
        if (root / "a.py").read_text() == "a = 2\n" and (root / "gone.py").exists():
            (root / "gone.py").write_text("mine\n")
            with pytest.raises(EditError, match=r"gone\.py has changed since"):
                restarted(root)
            assert (root / "gone.py").read_text() == "mine\n"
            return
        restarted(root)
        step += 1
    raise AssertionError("no step lies between two files")
