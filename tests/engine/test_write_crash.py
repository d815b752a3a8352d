"""A write to the working tree that is killed with -9 at each of its steps, and on a full disk: all files or none.

The process that writes is real and dies by a real SIGKILL: an audit hook of Python, which sees each file that is
opened, renamed or removed before it happens, counts them and kills the process at the one that is asked for.
"""

import os
import subprocess
import sys
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
WRITER = """
import os, signal, sys
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

root, last, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
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
seen = 0

def watch(event, args):
    global seen
    if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod") and str(root) in str(args[0]):
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
if len(sys.argv) > 4:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
if kind == "apply":
    apply(config, session, Journal(root / ".mpco"), Apply(hunks=tuple(h.id for h in hunks)))
else:
    take_back(config, session, Journal(root / ".mpco"), UndoApply())
print(seen)
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


def run(root: Path, *words: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", WRITER, str(root), *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


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


def test_killed_at_every_step_all_files_are_written_or_none(root: Path) -> None:
    ends = set()
    for step in range(1, 60):
        ended = run(root, step, "apply")
        was_killed = ended.returncode == -9
        assert was_killed or ended.returncode == 0, ended.stderr
        applied = restarted(root)
        new = written(root)
        assert applied.count(False) == int(new)
        ends.add(new)
        if not was_killed:
            break
        if new:
            assert run(root, 0, "undo").returncode == 0
            assert not written(root)
    assert ends == {True, False} and step > 10


def test_an_undo_that_is_killed_is_finished_or_never_begun(root: Path) -> None:
    assert run(root, 0, "apply").returncode == 0
    for step in range(1, 60):
        ended = run(root, step, "undo")
        applied = restarted(root)
        new = written(root)
        assert applied == [not new]
        if not new:
            break
    assert step > 5 and (ended.returncode in (0, -9))


def test_a_full_disk_leaves_all_old(root: Path) -> None:
    (root / "b.py").write_text("# " + "x" * 300_000 + "\nb = 1\n")
    before = (root / "b.py").read_bytes()
    ended = run(root, 0, "apply", 250_000)
    assert ended.returncode == 1 and "nothing was written" in ended.stderr
    assert (root / "a.py").read_text() == "a = 1\n" and (root / "b.py").read_bytes() == before
    assert not list((root / ".mpco").glob("write.*")) and not list(root.rglob("*.tmp"))


def test_a_file_that_a_person_changed_after_the_crash_is_never_overwritten(root: Path) -> None:
    step = 1
    while run(root, step, "apply").returncode == -9:
        if (root / "a.py").read_text() == "a = 2\n" and (root / "gone.py").exists():
            (root / "gone.py").write_text("mine\n")
            with pytest.raises(EditError, match=r"gone\.py has changed since"):
                restarted(root)
            assert (root / "gone.py").read_text() == "mine\n"
            return
        restarted(root)
        step += 1
    raise AssertionError("no step lies between two files")
