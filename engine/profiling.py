"""Stage 1 as jobs: a profile from a run or from files, the marks on it, and what it says about one bottleneck."""

import asyncio
from pathlib import Path

import msgspec

from engine import profile as profile_stage
from engine.config import Config
from engine.errors import EditError, EngineError, ProfileError
from engine.generate.reading import read_baseline
from engine.git import Git
from engine.jobs import Jobs, RunningJob
from engine.model import ContextField, Job, Profile
from engine.profile.differences import comparable
from engine.profile.files import import_profiles
from engine.prompt.task import evidence
from engine.proof import Proof
from engine.protocol import BottleneckChanged, ImportProfile, Mark, ProfileChanged
from engine.session import Session


class Profiling:
    """The profiles of one project."""

    def __init__(self, config: Config, session: Session, jobs: Jobs, proof: Proof) -> None:
        self._config = config
        self._session = session
        self._jobs = jobs
        self._proof = proof

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self._config = config

    def run(self) -> Job:
        """Start a profile run."""

        async def work(running: RunningJob) -> None:
            async with self._proof.machine:
                running.started()
                commit = await asyncio.to_thread(_commit, self._config.root_path)
                workbench = await self._proof.workbench()
                found = await profile_stage.run(self._config, workbench.execute, running.progress)
            self._publish(msgspec.structs.replace(found, commit=commit))

        command = self._config.profile.command or self._config.benchmark.command
        if not command:
            raise EngineError("There is nothing to profile: give [benchmark] command in mpco.toml.")
        return self._jobs.start("profile", f"profile `{command}`", "", work)

    def import_files(self, command: ImportProfile) -> Job:
        """Start to read profiles from files; relative paths are meant from the project's root."""
        root = self._config.root_path
        files = [root / Path(name).expanduser() for name in command.files]
        if not files:
            raise EngineError("No file was named; give the path of a profile.")

        async def work(running: RunningJob) -> None:
            running.started()
            running.progress("reading")
            found = await asyncio.to_thread(import_profiles, files, root, self._config)
            if not found.bottlenecks:
                raise ProfileError(f"{found.command}: names no function of this project; nothing was replaced.")
            self._publish(found)

        return self._jobs.start("profile", f"import {', '.join(file.name for file in files)}", "", work)

    def mark(self, command: Mark) -> None:
        """Mark or unmark bottlenecks."""
        found = [self._session.bottleneck(id) for id in command.bottlenecks]
        changed = [msgspec.structs.replace(item, marked=command.marked) for item in found]
        self._session.publish(*(BottleneckChanged(bottleneck=item) for item in changed))

    def evidence(self, id: str) -> tuple[ContextField, ...]:
        """What the profile says about a bottleneck, in the words in which a prompt is told it."""
        bottleneck = self._session.bottleneck(id)
        text = read_baseline(self._config.root_path, bottleneck.file).text
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        source = "\n".join(lines[bottleneck.line - 1 : bottleneck.end_line])
        return evidence(bottleneck, source, self._session.profile)

    def _publish(self, found: Profile) -> None:
        """Marks of bottlenecks that are found again are kept, and so is the profile before, to compare with."""
        old = self._session.profile
        marked = {item.id for item in old.bottlenecks if item.marked} if old else set()
        items = tuple(msgspec.structs.replace(b, marked=b.id in marked) for b in found.bottlenecks)
        same = old is not None and comparable(old, found)
        before = msgspec.structs.replace(old, before=None) if old is not None and same else None
        self._session.publish(ProfileChanged(profile=msgspec.structs.replace(found, bottlenecks=items, before=before)))


def _commit(root: Path) -> str:
    try:
        return Git(root).described()
    except EditError:
        return ""
