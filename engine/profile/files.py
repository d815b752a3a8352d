"""Profiles from files: any format, any folder with source code, no configuration and no session."""

from collections.abc import Sequence
from pathlib import Path

from engine.config import FILE_NAME, PROTECTED_DEFAULT, Config, load
from engine.errors import ConfigError, ProfileError
from engine.model import Difference, Profile
from engine.profile.differences import comparable, differences
from engine.profile.formats import read
from engine.profile.formats.source import Source
from engine.profile.places import Places
from engine.profile.ranking import profile_of
from engine.profile.tally import Tally

TESTS = (*(glob for glob in PROTECTED_DEFAULT if "test" in glob), "*_test.go", "*.test.js", "*.spec.js")


def import_profiles(files: Sequence[Path], root: Path, config: Config | None = None) -> Profile:
    """The profile that the files hold together, for the source code in `root`.

    Profiles of one unit are added up; where units differ, each file counts the same. Without `config`, that of an
    mpco.toml in `root` is used if there is a valid one.

    Raises:
        ProfileError: when a file cannot be read, or holds no profile.
    """
    places = _places(root, config)
    tallies, formats = [], []
    for file in files:
        tally = Tally(places)
        formats.append(read(Source(file), tally))
        tallies.append(tally)
    tallies = _merged_allocations(tallies)
    whole = tallies[0]
    if len(tallies) > 1:
        same = len({tally.unit for tally in tallies}) == 1
        whole = Tally(places, tallies[0].unit if same else "shares")
        for tally in tallies:
            whole.add(tally, 1.0 if same else 1 / tally.whole)
    return profile_of(whole, " + ".join(map(str, files)), " + ".join(dict.fromkeys(formats)))


def compare_profiles(before: Path, after: Path, root: Path) -> tuple[Difference, ...]:
    """The functions that two profiles of one program name, those whose own cost has changed most first.

    Raises:
        ProfileError: when a file cannot be read, or the two count different things.
    """
    old, new = import_profiles([before], root), import_profiles([after], root)
    if not comparable(old, new):
        counts = f"{before} counts {old.unit} ({old.format}), {after} counts {new.unit} ({new.format})"
        raise ProfileError(f"{counts}; compare profiles of one profiler.")
    return differences(old, new)


def _merged_allocations(tallies: list[Tally]) -> list[Tally]:
    """Profiles of memory say what was allocated where; beside profiles of time they say it of the same functions."""
    memory = [tally for tally in tallies if tally.unit == "bytes"]
    for tally in memory:
        tally.add_allocations(tally.heat)
    timed = [tally for tally in tallies if tally.unit != "bytes"]
    for tally in memory if timed else ():
        timed[0].add_allocations(tally.allocated)
    return timed or memory


def _places(root: Path, config: Config | None) -> Places:
    folder = root.resolve()
    if config is None and (folder / FILE_NAME).is_file():
        try:
            config = load(folder)
        except ConfigError:
            config = None  # what is wrong with it is said where it is needed
    if config is None:
        return Places(folder, exclude=TESTS)
    return Places(folder, config.project.include, (*config.project.exclude, *config.project.protected))
