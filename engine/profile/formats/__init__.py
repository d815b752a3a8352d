"""The formats of profilers, one module each; a file is recognised by its content."""

from types import ModuleType

from engine.errors import ProfileError
from engine.profile.formats import (
    callgrind,
    collapsed,
    gprof,
    perf_script,
    pprof,
    pstats,
    pyinstrument,
    scalene,
    speedscope,
    vtune,
)
from engine.profile.formats.source import Source
from engine.profile.tally import Tally

FORMATS: tuple[ModuleType, ...] = (
    pstats, speedscope, scalene, pyinstrument, callgrind, gprof, perf_script, vtune, pprof, collapsed,
)  # fmt: skip
"""In the order they are tried, the most telling first; each has NAME, matches(head) and read(source, tally)."""


def format_of(source: Source) -> ModuleType:
    """The format of a file.

    Raises:
        ProfileError: when it is none that is known.
    """
    for format in FORMATS:
        if format.matches(source.head):
            return format
    names = ", ".join(format.NAME for format in FORMATS)
    raise ProfileError(f"{source.path}: is no profile that can be read; known are {names}.")


def read(source: Source, tally: Tally) -> str:
    """Add a file's profile to `tally`; the name of its format.

    Raises:
        ProfileError: when it cannot be read, or holds no profile.
    """
    format = format_of(source)
    format.read(source, tally)
    if tally.whole <= 0:
        raise ProfileError(f"{source.path}: is {format.NAME} without a single sample; record a longer run.")
    return str(format.NAME)
