"""The session database (SQLite, WAL): the only module that speaks SQL.

A change and the event that tells of it are one transaction: what a client was told is on the disk. Nouns are
kept as JSON documents, one row each, keyed by kind and id; raw measurements are rows of their own. The event
log is bounded: a client that asks for more than it holds gets a snapshot.
"""

import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from engine.errors import UNREADABLE, DamagedError, EngineError
from engine.model import (
    AnswerReading,
    Application,
    Candidate,
    ContextEdit,
    Evaluation,
    Exchange,
    Experiment,
    Hunk,
    Job,
    Measurement,
    Noise,
    Noun,
    Profile,
    Project,
    Prompt,
)
from engine.protocol import (
    ApplicationChanged,
    BottleneckChanged,
    CandidateChanged,
    Change,
    ContextEdited,
    EvaluationChanged,
    Event,
    ExperimentBegun,
    JobChanged,
    Measured,
    NoiseChanged,
    ProfileChanged,
    PromptChanged,
    Snapshot,
)

EVENTS_KEPT = 20_000
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
KINDS: Mapping[str, type[Noun]] = {
    "profile": Profile,
    "prompt": Prompt,
    "candidate": Candidate,
    "evaluation": Evaluation,
    "application": Application,
    "job": Job,
    "noise": Noise,
    "context_edit": ContextEdit,
    "experiment": Experiment,
}
"""What each row of the table of nouns is."""

_MIGRATIONS = (
    """
    CREATE TABLE event (n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, change BLOB NOT NULL);
    CREATE TABLE noun (
        kind TEXT NOT NULL, id TEXT NOT NULL, born INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)
    );
    CREATE TABLE measurement (
        evaluation TEXT NOT NULL, pair INTEGER NOT NULL, arm TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX measurement_of ON measurement (evaluation);
    CREATE TABLE stream (subject TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL);
    CREATE INDEX stream_of ON stream (subject, position);
    CREATE TABLE decision (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, candidate TEXT NOT NULL, hunks BLOB NOT NULL, undone INTEGER NOT NULL
    );
    """,
    """
    CREATE TABLE exchange (id TEXT PRIMARY KEY, body BLOB NOT NULL);
    """,
    """
    DROP TABLE decision;
    CREATE TABLE step (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, candidate TEXT NOT NULL, hunks BLOB NOT NULL, undone INTEGER NOT NULL
    );
    """,
)
"""One script for each schema version, oldest first; a database of version v needs scripts v and later."""

_encode = msgspec.json.Encoder().encode
decode_change: msgspec.json.Decoder[Change] = msgspec.json.Decoder(Change)
N = TypeVar("N", bound=Noun)


class _Step(msgspec.Struct, frozen=True, array_like=True):
    """The two sides of a step as they are stored; steps of before edits could be placed have no readings."""

    before: tuple[Hunk, ...]
    after: tuple[Hunk, ...]
    read_before: AnswerReading | None = None
    read_after: AnswerReading | None = None


decode_step: msgspec.json.Decoder[_Step] = msgspec.json.Decoder(_Step)


class HunkStep(NamedTuple):
    """One thing that a person did to hunks of a candidate: those it changed, before and after."""

    candidate: str
    before: tuple[Hunk, ...]
    after: tuple[Hunk, ...]
    seq: int = 0
    """Its place in the history; 0 before it is stored."""
    read_before: AnswerReading | None = None
    """How the answer was read before, when the step changes that, and then all hunks with it."""
    read_after: AnswerReading | None = None


class Store:
    """The database of one session.

    Raises:
        EngineError: on opening, when the file is of a newer MPCO, or cannot be written.
        DamagedError: on opening and on reading, when it holds what cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.close(descriptor)
            self._db = sqlite3.connect(path, isolation_level=None)
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._migrate()
            except BaseException:
                self._db.close()
                raise
        except (OSError, sqlite3.Error) as error:
            kind = DamagedError if is_damage(error) else EngineError
            raise kind(
                f"{path}: the session database cannot be opened ({error}); move it away to begin a new session."
            ) from error

    @classmethod
    def over(cls, db: sqlite3.Connection, path: Path) -> "Store":
        """The store in an open database, brought to the newest schema; `path` is for what is told of it.

        Raises:
            EngineError: when it is of a newer MPCO.
        """
        store = cls.__new__(cls)
        store._path, store._db = path, db
        store._migrate()
        return store

    def close(self) -> None:
        """Close the database; everything recorded is already on the disk."""
        self._db.close()

    def record(self, *changes: Change) -> tuple[Event, ...]:
        """Store the changes and their events in one transaction and return the numbered events.

        Raises:
            EngineError: when the disk refuses; nothing was stored then.
        """
        with self._transaction():
            return tuple(self._record(change) for change in changes)

    def keep(self, changes: Iterable[Change]) -> None:
        """Store what the changes come to, without events that tell of it."""
        with self._transaction():
            for change in changes:
                self._keep(change)

    def begin_anew(self, kept: Collection[str]) -> None:
        """Forget everything but nouns of the `kept` kinds; events go on with numbers that no client has seen."""
        marks = ", ".join("?" * len(kept))
        with self._transaction():
            self._db.execute(f"DELETE FROM noun WHERE kind NOT IN ({marks})", tuple(kept))
            for table in ("measurement", "stream", "step", "exchange", "event"):
                self._db.execute(f"DELETE FROM {table}")
            self._db.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'event'")
        with suppress(sqlite3.Error):  # it is only the room that it took
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def profiles(self) -> tuple[Profile, ...]:
        """All profiles of the session, oldest first."""
        return tuple(self._nouns("profile", Profile))

    def append_text(self, pieces: Mapping[str, tuple[int, str]]) -> None:
        """Keep streamed text: subject (prompt or candidate) -> (offset in characters, text)."""
        with self._transaction():
            rows = [(subject, offset, text) for subject, (offset, text) in pieces.items()]
            self._db.executemany("INSERT INTO stream VALUES (?, ?, ?)", rows)

    def streamed_text(self, subject: str) -> str:
        """The text of a stream that has not ended, as far as it was kept."""
        rows = self._db.execute("SELECT text FROM stream WHERE subject = ? ORDER BY position", (subject,))
        return "".join(text for (text,) in rows)

    def keep_exchanges(self, *exchanges: Exchange) -> None:
        """Keep recorded calls; one that is known already is replaced."""
        with self._transaction():
            rows = [(item.id, _encode(item)) for item in exchanges]
            self._db.executemany(
                "INSERT INTO exchange VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", rows
            )

    def exchanges(self) -> tuple[Exchange, ...]:
        """The recorded calls, oldest first."""
        rows = self._db.execute("SELECT body FROM exchange ORDER BY rowid")
        return tuple(msgspec.json.decode(body, type=Exchange) for (body,) in rows)

    def last_number(self) -> int:
        """Number of the newest event, 0 when there is none."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
        return int(row[0]) if row else 0

    def events_after(self, n: int) -> tuple[Event, ...] | None:
        """The events numbered above `n`, or None when the log no longer reaches back that far."""
        oldest = self._db.execute("SELECT min(n) FROM event").fetchone()[0]
        if n > self.last_number() or (oldest is not None and n + 1 < oldest):
            return None
        rows = self._db.execute("SELECT n, at, change FROM event WHERE n > ? ORDER BY n", (n,))
        return tuple(Event(n=number, at=at, change=decode_change.decode(body)) for number, at, body in rows)

    def snapshot(self, project: Project) -> Snapshot:
        """The whole session."""
        try:
            return self._snapshot(project)
        except (sqlite3.DatabaseError, *UNREADABLE) as error:
            kind = DamagedError if is_damage(error) else EngineError
            raise kind(f"{self._path}: the session database cannot be read ({error}).") from error

    def _snapshot(self, project: Project) -> Snapshot:
        profiles = list(self._nouns("profile", Profile))
        return Snapshot(
            project=project,
            profile=profiles[-1] if profiles else None,
            prompts=tuple(self._nouns("prompt", Prompt)),
            candidates=tuple(self._nouns("candidate", Candidate)),
            evaluations=tuple(self._evaluations()),
            applications=tuple(self._nouns("application", Application)),
            jobs=tuple(self._nouns("job", Job)),
            noise=next(self._nouns("noise", Noise), None),
            context_edits=tuple(self._nouns("context_edit", ContextEdit)),
            experiments=tuple(self._nouns("experiment", Experiment)),
        )

    # ---------------------------------------------------------------------------- history of the hunks

    def record_step(self, step: HunkStep, change: CandidateChanged) -> tuple[Event, ...]:
        """Store what a person did to hunks, so that it can be undone; steps that had been undone are forgotten."""
        pair = _encode(_Step(step.before, step.after, step.read_before, step.read_after))
        with self._transaction():
            self._db.execute("DELETE FROM step WHERE undone = 1")
            row = (step.candidate, pair)
            self._db.execute("INSERT INTO step (candidate, hunks, undone) VALUES (?, ?, 0)", row)
            return (self._record(change),)

    def step_to_undo(self) -> HunkStep | None:
        """The last step that stands."""
        return self._step("undone = 0 ORDER BY seq DESC")

    def step_to_redo(self) -> HunkStep | None:
        """The first step that was undone."""
        return self._step("undone = 1 ORDER BY seq ASC")

    def turn_step(self, step: HunkStep, undone: bool, change: CandidateChanged) -> tuple[Event, ...]:
        """Store that a step was undone or redone, with the candidate as it is now."""
        with self._transaction():
            self._db.execute("UPDATE step SET undone = ? WHERE seq = ?", (int(undone), step.seq))
            return (self._record(change),)

    def _step(self, where: str) -> HunkStep | None:
        row = self._db.execute(f"SELECT seq, candidate, hunks FROM step WHERE {where} LIMIT 1").fetchone()
        if row is None:
            return None
        kept = decode_step.decode(row[2])
        return HunkStep(row[1], kept.before, kept.after, row[0], kept.read_before, kept.read_after)

    # ------------------------------------------------------------------------------------------ inside

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise EngineError(f"{self._path}: cannot be written ({error}); nothing of this step was kept.") from error

    def _record(self, change: Change) -> Event:
        self._keep(change)
        at = time.time()
        cursor = self._db.execute("INSERT INTO event (at, change) VALUES (?, ?)", (at, _encode(change)))
        number = cursor.lastrowid or 0
        if number % 1000 == 0:
            self._db.execute("DELETE FROM event WHERE n <= ?", (number - EVENTS_KEPT,))
        return Event(n=number, at=at, change=change)

    def _keep(self, change: Change) -> None:
        match change:
            case ProfileChanged(profile=profile):
                self._put("profile", profile.id, profile)
            case BottleneckChanged(bottleneck=bottleneck):
                self._put_bottleneck(bottleneck.id, bottleneck)
            case PromptChanged(prompt=prompt):
                self._put("prompt", prompt.id, prompt)
                self._end_stream(prompt.id, prompt.state)
            case ExperimentBegun(experiment=experiment):
                self._put("experiment", experiment.id, experiment)
            case ContextEdited(edit=edit):
                self._put("context_edit", edit.id, edit)
            case CandidateChanged(candidate=candidate):
                self._put("candidate", candidate.id, candidate)
                self._end_stream(candidate.id, candidate.state)
            case EvaluationChanged(evaluation=evaluation):
                self._put("evaluation", evaluation.id, msgspec.structs.replace(evaluation, measurements=()))
            case Measured():
                rows = [(change.evaluation, m.pair, m.arm, _encode(m)) for m in change.measurements]
                self._db.executemany("INSERT INTO measurement VALUES (?, ?, ?, ?)", rows)
            case ApplicationChanged(application=application):
                self._put("application", application.id, application)
            case NoiseChanged(noise=noise):
                self._put("noise", "noise", noise)
            case JobChanged(job=job):
                self._put("job", job.id, job)

    def _put(self, kind: str, id: str, noun: Noun) -> None:
        self._db.execute(
            "INSERT INTO noun VALUES (?, ?, (SELECT count(*) FROM noun WHERE kind = ?), ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, id, kind, _encode(noun)),
        )

    def _put_bottleneck(self, id: str, bottleneck: Noun) -> None:
        profiles = list(self._nouns("profile", Profile))
        if profiles:
            items = tuple(bottleneck if item.id == id else item for item in profiles[-1].bottlenecks)
            self._put("profile", profiles[-1].id, msgspec.structs.replace(profiles[-1], bottlenecks=items))

    def _end_stream(self, subject: str, state: str) -> None:
        if state != "streaming":
            self._db.execute("DELETE FROM stream WHERE subject = ?", (subject,))

    def _nouns(self, kind: str, type: type[N]) -> Iterator[N]:
        rows: Iterable[tuple[Any]] = self._db.execute(
            "SELECT body FROM noun WHERE kind = ? ORDER BY born", (kind,)
        ).fetchall()
        return (msgspec.json.decode(body, type=type) for (body,) in rows)

    def _evaluations(self) -> Iterator[Evaluation]:
        measured: dict[str, list[Measurement]] = {}
        for evaluation, body in self._db.execute("SELECT evaluation, body FROM measurement ORDER BY rowid"):
            measured.setdefault(evaluation, []).append(msgspec.json.decode(body, type=Measurement))
        for evaluation in self._nouns("evaluation", Evaluation):
            yield msgspec.structs.replace(evaluation, measurements=tuple(measured.get(evaluation.id, ())))

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_MIGRATIONS):
            raise EngineError(f"{self._path}: was written by a newer MPCO (schema {version}); update MPCO to open it.")
        if version < 0:
            raise DamagedError(f"{self._path}: is no session that can be read (schema {version}).")
        for number in range(version, len(_MIGRATIONS)):
            self._db.executescript(f"BEGIN; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")


def is_damage(error: Exception) -> bool:
    """Whether an error tells of content that cannot be read, not of a disk or a lock."""
    return isinstance(error, UNREADABLE) or (getattr(error, "sqlite_errorcode", 0) & 0xFF) in DAMAGED
