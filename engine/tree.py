"""Candidates and the working tree: a changed file is noticed, hunks move along with it, or are marked as stale."""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from engine.errors import EditError, MpcoError
from engine.generate.moving import Place, moved
from engine.generate.reading import inside, read_baseline
from engine.model import BaselineFile, Candidate, Flag, Hunk
from engine.protocol import CandidateChanged, Notice
from engine.session import Session

LOOK_SECONDS = 0.5
"""How often the files that candidates were made from are looked at: one `stat` each."""

Stamp = tuple[int, int, int] | None
log = logging.getLogger(__name__)


def written(session: Session) -> frozenset[str]:
    """Ids of the hunks that were written to the working tree and not taken back, and of the pieces of such hunks."""
    standing = (item for item in session.applications.values() if item.target == "tree" and not item.undone)
    whole = frozenset(id for item in standing for id in item.hunks)
    pieces = (hunk for item in session.candidates.values() for hunk in item.hunks if hunk.part_of in whole)
    return whole | {hunk.id for hunk in pieces}


def on_disk(session: Session, path: str) -> BaselineFile:
    """The file as it is now; an empty one when it is gone or is no text any more."""
    root = Path(session.project.root)
    try:
        if inside(root, path).exists():
            return read_baseline(root, path)
    except EditError:
        pass  # what it says is of no use here: the hunks do not fit, and that is said of each of them
    return BaselineFile(path=path, text="", digest=sha256(b"").hexdigest())


class TreeWatch:
    """Looks after the files that the candidates of a session were made from."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._root = Path(session.project.root)
        self._seen: dict[str, Stamp] = {}
        self._known: set[str] = set()
        """Candidates that were looked at since they are complete."""

    async def watch(self) -> None:
        """Look from time to time, for good."""
        while True:
            try:
                self.look()
            except (MpcoError, OSError) as error:  # a full disk, say: it is tried again
                log.error("the working tree could not be followed: %s", error)
                self._seen.clear()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Bring the candidates in step with their files; what has changed for them is told in one sentence."""
        candidates = [item for item in self._session.candidates.values() if item.hunks and item.state != "streaming"]
        stamps = {file.path: self._stamp(file.path) for item in candidates for file in item.files}
        changed = {path for path, stamp in stamps.items() if self._seen.get(path, ()) != stamp}
        changed |= {file.path for item in candidates if item.id not in self._known for file in item.files}
        files = {path: on_disk(self._session, path) for path in changed}
        behind = [item for item in candidates if any(_differs(item, file, files) for file in item.files)]
        self._follow(behind, files)
        self._seen, self._known = stamps, {item.id for item in candidates}

    def _stamp(self, path: str) -> Stamp:
        try:
            found = inside(self._root, path).stat()
        except (OSError, EditError):
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _follow(self, candidates: Collection[Candidate], files: dict[str, BaselineFile]) -> None:
        done = written(self._session)
        came = [(item, in_step(item, files, done)) for item in candidates]
        news = [(old, new) for old, new in came if old != new]
        if not news:
            return
        along = [new for old, new in news if new.moved != old.moved]
        lost = [new for old, new in news if len(new.stale) > len(old.stale)]
        self._session.publish(*(CandidateChanged(candidate=new) for _, new in news))
        told = [f"{_count(along)} moved along"] if along else []
        told += [f"{_count(lost)} no longer fit{'s' * (len(lost) == 1)}"] if lost else []
        if told:
            paths = ", ".join(sorted({file.path for item in (*along, *lost) for file in item.files} & files.keys()))
            level = "warning" if lost else "information"
            self._session.announce(Notice(text=f"{paths} changed: {', '.join(told)}.", severity=level))


def in_step(candidate: Candidate, files: dict[str, BaselineFile], done: Collection[str]) -> Candidate:
    """The candidate after its files have become `files`: on the new version of each where all of its hunks fit.

    Where one does not, the file stays as it was when the answer came, so that the diff still says what was meant; the
    hunk is marked, and the others are taken to the new version whenever they are used. Hunks whose ids are in `done`
    were written by us.
    """
    baselines: list[BaselineFile] = []
    hunks = {hunk.id: hunk for hunk in candidate.hunks}
    flags = candidate.flags
    for file in candidate.files:
        mine = [hunk for hunk in candidate.hunks if hunk.file == file.path]
        now = files.get(file.path, file) if mine else file
        places = moved(mine, file.text, now.text)
        fitting = [place for place in places.values() if isinstance(place, Hunk)]
        if len(fitting) == len(mine):
            baselines.append(now)
            hunks |= {place.id: msgspec.structs.replace(place, stale=False) for place in fitting}
            flags = tuple(_along(flag, mine, places) for flag in flags)
        else:
            baselines.append(file)
            gone = {id for id, place in places.items() if place == "gone"} - set(done)
            hunks |= {hunk.id: msgspec.structs.replace(hunk, stale=hunk.id in gone) for hunk in mine}
    moves = tuple(baselines) != candidate.files
    return msgspec.structs.replace(
        candidate,
        files=tuple(baselines),
        hunks=tuple(hunks.values()),
        flags=flags,
        moved=time.time() if moves else candidate.moved,
    )


def _along(flag: Flag, hunks: Sequence[Hunk], places: Mapping[str, Place]) -> Flag:
    """A flag names a line of the new text, so it moves with the hunk that this line is in."""
    for hunk in hunks:
        place = places[hunk.id]
        if flag.file == hunk.file and flag.line - hunk.new_start in range(len(hunk.new_lines) or 1):
            assert isinstance(place, Hunk)
            return msgspec.structs.replace(flag, line=flag.line + place.new_start - hunk.new_start)
    return flag


def _differs(candidate: Candidate, file: BaselineFile, files: dict[str, BaselineFile]) -> bool:
    """Whether a file is not the one the candidate stands on, or was not when hunks were marked."""
    now = files.get(file.path)
    marked = any(hunk.stale for hunk in candidate.hunks if hunk.file == file.path)
    return now is not None and (now.digest != file.digest or marked)


def _count(candidates: Collection[Candidate]) -> str:
    return f"{len(candidates)} candidate{'s' * (len(candidates) != 1)}"
