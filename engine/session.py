"""The session in memory, in step with the store: every change is stored first and told to the clients then."""

import asyncio
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.errors import DamagedError, EngineError
from engine.following import followed
from engine.model import (
    Application,
    Bottleneck,
    Candidate,
    ContextEdit,
    Evaluation,
    Experiment,
    Job,
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
    ProjectChanged,
    PromptChanged,
    Snapshot,
)
from engine.store import Store
from engine.store_salvage import salvage

FLUSH_SECONDS = 1 / 30
"""Streamed text is stored and told at most this often."""

T = TypeVar("T")
Listener = Callable[[Event], None]
Tell = Callable[[int, str, str], Change]
"""(offset, new text, all text so far) -> what the clients are told."""


def open_session(path: Path, project: Project) -> "Session":
    """The session that is kept at `path`; of a damaged one, what can be read, with a notice in its project.

    Raises:
        EngineError: when the database cannot be opened, or is of a newer MPCO.
    """
    try:
        store = Store(path)
        try:
            return Session(store, project)
        except DamagedError:
            store.close()  # SQLite would later remove the new database's log, which has the same name
            raise
    except DamagedError as error:
        told = msgspec.structs.replace(project, notice=salvage(path, error))
        return Session(Store(path), told)


class Session:
    """The nouns of one session; the only way to change them is `publish`."""

    def __init__(self, store: Store, project: Project) -> None:
        self._store = store
        self._listeners: set[Listener] = set()
        self._open_streams: dict[str, Stream] = {}
        self._flush: asyncio.TimerHandle | None = None
        self.project = project
        self._load()

    def _load(self) -> None:
        kept = self._store.snapshot(self.project)
        self.profile: Profile | None = kept.profile
        self.prompts: dict[str, Prompt] = {item.id: item for item in kept.prompts}
        self.experiments: dict[str, Experiment] = {item.id: item for item in kept.experiments}
        self.context_edits: dict[str, ContextEdit] = {item.id: item for item in kept.context_edits}
        self.candidates: dict[str, Candidate] = {item.id: item for item in kept.candidates}
        self.evaluations: dict[str, Evaluation] = {item.id: item for item in kept.evaluations}
        self.applications: dict[str, Application] = {item.id: item for item in kept.applications}
        self.jobs: dict[str, Job] = {item.id: item for item in kept.jobs}
        self.noise = kept.noise

    @property
    def store(self) -> Store:
        """The database under this session."""
        return self._store

    def begin_anew(self) -> None:
        """Forget what was found, asked and measured; the machine's noise and a person's own words on contexts stay."""
        self._store.begin_anew(("noise", "context_edit"))
        self._load()
        self.publish(ProjectChanged(project=self.project))
        self.broadcast(Event(n=self._store.last_number(), at=time.time(), change=self.snapshot()))

    def publish(self, *changes: Change) -> None:
        """Store the changes in one transaction, take them over, and tell every listener.

        Raises:
            EngineError: when they could not be stored; nobody is told then.
        """
        self.take(self._store.record(*changes))

    def take(self, events: tuple[Event, ...]) -> None:
        """Take over and tell events that the store has just recorded."""
        for event in events:
            self._apply(event.change)
        for event in events:
            self.broadcast(event)

    def announce(self, change: Change) -> None:
        """Tell the listeners of a moment that is not stored."""
        self.broadcast(Event(n=0, at=time.time(), change=change))

    def broadcast(self, event: Event) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            listener(event)

    def follow(self, after: int, listener: Listener) -> None:
        """Tell `listener` everything after event `after`, then every event as it happens."""
        missed = self._store.events_after(after) if after > 0 else None
        if missed is None:
            missed = (Event(n=self._store.last_number(), at=time.time(), change=self.snapshot()),)
        for event in missed:
            listener(event)
        for stream in self._open_streams.values():
            listener(Event(n=0, at=time.time(), change=stream.whole()))
        self._listeners.add(listener)

    def unfollow(self, listener: Listener) -> None:
        """Tell `listener` nothing more."""
        self._listeners.discard(listener)

    def snapshot(self) -> Snapshot:
        """The whole session as it is now."""
        return Snapshot(
            project=self.project,
            profile=self.profile,
            prompts=tuple(self.prompts.values()),
            candidates=tuple(self.candidates.values()),
            evaluations=tuple(self.evaluations.values()),
            applications=tuple(self.applications.values()),
            jobs=tuple(self.jobs.values()),
            noise=self.noise,
            context_edits=tuple(self.context_edits.values()),
            experiments=tuple(self.experiments.values()),
        )

    # -------------------------------------------------------------------------------------------- nouns

    def bottleneck(self, id: str) -> Bottleneck:
        """The bottleneck of that id, where its function stands in the file as it is now.

        Raises:
            EngineError: when the current profile has none.
        """
        for item in self.profile.bottlenecks if self.profile else ():
            if item.id == id:
                return self._followed(item)
        raise EngineError("That bottleneck is not in the current profile; profile again (p).")

    def files_changed(self, files: Collection[str]) -> None:
        """Those files were written: their bottlenecks are where their functions are now."""
        for item in self.profile.bottlenecks if self.profile else ():
            if item.file in files:
                self._followed(item)

    def _followed(self, item: Bottleneck) -> Bottleneck:
        found = followed(item, Path(self.project.root), self.profile.at) if self.profile else item
        if found != item:
            self.publish(BottleneckChanged(bottleneck=found))
        return found

    def named(self, name: str) -> Bottleneck:
        """The bottleneck of that id, or the only one of that function's name.

        Raises:
            EngineError: when there is none, or more than one.
        """
        items = self.profile.bottlenecks if self.profile else ()
        found = [item for item in items if item.id == name] or [item for item in items if item.function == name]
        if len(found) == 1:
            return self._followed(found[0])
        if found:
            places = ", ".join(item.place for item in found)
            raise EngineError(f"There are {len(found)} bottlenecks {name}, at {places}; give an id.")
        raise EngineError(f"There is no bottleneck {name!r}; profile first (p), then name one as the profile does.")

    def prompt(self, id: str) -> Prompt:
        """The prompt version of that id.

        Raises:
            EngineError: when there is none.
        """
        return _found(self.prompts, id, "prompt")

    def candidate(self, id: str) -> Candidate:
        """The candidate of that id.

        Raises:
            EngineError: when there is none.
        """
        return _found(self.candidates, id, "candidate")

    def versions(self, bottleneck: str, llm: str) -> list[Prompt]:
        """The versions of one prompt, oldest first."""
        return [item for item in self.prompts.values() if item.bottleneck == bottleneck and item.llm == llm]

    # ------------------------------------------------------------------------------------------ streams

    def open_stream(self, subject: str, tell: Tell) -> "Stream":
        """A stream of text that belongs to a prompt or a candidate."""
        stream = Stream(self, subject, tell)
        self._open_streams[subject] = stream
        return stream

    def close_stream(self, subject: str) -> None:
        """End a stream; its text is in the noun by now."""
        self._open_streams.pop(subject, None)

    def flush_soon(self) -> None:
        """Store and tell what the streams have collected within `FLUSH_SECONDS`."""
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Store what the streams have collected in one transaction, then tell it."""
        self._flush = None
        waiting = [stream for stream in self._open_streams.values() if stream.pending]
        if waiting:
            self._store.append_text({item.subject: (item.told, item.pending) for item in waiting})
            for stream in waiting:
                self.announce(stream.step())

    def _apply(self, change: Change) -> None:
        match change:
            case ProjectChanged(project=project):
                self.project = project
            case ProfileChanged(profile=profile):
                self.profile = profile
            case BottleneckChanged(bottleneck=bottleneck) if self.profile is not None:
                items = tuple(bottleneck if old.id == bottleneck.id else old for old in self.profile.bottlenecks)
                self.profile = msgspec.structs.replace(self.profile, bottlenecks=items)
            case PromptChanged(prompt=prompt):
                self.prompts[prompt.id] = prompt
            case ExperimentBegun(experiment=experiment):
                self.experiments[experiment.id] = experiment
            case ContextEdited(edit=edit):
                self.context_edits[edit.id] = edit
            case CandidateChanged(candidate=candidate):
                self.candidates[candidate.id] = candidate
            case EvaluationChanged(evaluation=evaluation):
                self.evaluations[evaluation.id] = evaluation
            case ApplicationChanged(application=application):
                self.applications[application.id] = application
            case NoiseChanged(noise=noise):
                self.noise = noise
            case JobChanged(job=job):
                self.jobs[job.id] = job
            case Measured():
                old = self.evaluations[change.evaluation]
                self.evaluations[old.id] = msgspec.structs.replace(
                    old, measurements=old.measurements + change.measurements, estimate=change.estimate
                )


class Stream:
    """Text on its way from an LLM: collected here, stored and told in steps."""

    def __init__(self, session: Session, subject: str, tell: Tell) -> None:
        self.subject = subject
        self.text = ""
        self.told = 0
        self._session = session
        self._tell = tell

    @property
    def pending(self) -> str:
        """What has come since the last step."""
        return self.text[self.told :]

    def add(self, piece: str) -> None:
        """Take up more text."""
        self.text += piece
        self._session.flush_soon()

    def step(self) -> Change:
        """What to tell the clients of the text since the last step."""
        offset, piece = self.told, self.pending
        self.told = len(self.text)
        return self._tell(offset, piece, self.text)

    def whole(self) -> Change:
        """What to tell a client that has just come."""
        return self._tell(0, self.text[: self.told], self.text[: self.told])


def _found(nouns: dict[str, T], id: str, name: str) -> T:
    if id not in nouns:
        raise EngineError(f"There is no {name} {id!r} in this session.")
    return nouns[id]
