"""Programs to profile, written into a temporary project."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.config import BenchmarkSection, Config, ProfileSection, ProjectSection
from engine.model import Bottleneck, Profile
from engine.profile import run
from tests.engine.profile.runner import PlainRunner


@dataclass
class Folder:
    """A project in a temporary folder."""

    root: Path
    progress: list[str] = field(default_factory=list)

    def write(self, path: str, text: str) -> Path:
        """Add a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def profile(
        self, command: str, timeout: float = 60.0, project: ProjectSection | None = None, profiler: str = "auto"
    ) -> Profile:
        """Profile `command`."""
        config = Config(
            project=project or ProjectSection(),
            benchmark=BenchmarkSection(command="false"),
            profile=ProfileSection(command=command, timeout=timeout, profiler=profiler),  # type: ignore[arg-type]
            root=str(self.root),
        )
        return asyncio.run(run(config, PlainRunner(self.root), self.progress.append))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty project; its path has a blank, as people's paths do."""
    root = tmp_path / "my project"
    root.mkdir()
    return Folder(root)


def named(profile: Profile, function: str) -> Bottleneck:
    """The bottleneck of that name."""
    return next(item for item in profile.bottlenecks if item.function == function)
