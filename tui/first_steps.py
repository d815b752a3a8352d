"""What the first minute needs from outside of the screen: a look at the project, its mpco.toml, and the demo."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.app import MpcoApp

CONFIG = "mpco.toml"
LOOK_SECONDS = 0.5


class Found(NamedTuple):
    """One thing found out about a project; `value` is empty when nothing spoke for one."""

    name: str
    value: str
    evidence: str
    """What spoke for it, or what was looked for, as a sentence."""


class Survey(NamedTuple):
    """What a project's files say, and the mpco.toml that would be written for it."""

    found: tuple[Found, ...]
    config: str


class FirstSteps(NamedTuple):
    """How a project without mpco.toml gets one; each may raise MpcoError."""

    survey: Callable[[Path], Survey]
    write: Callable[[Path, str], None]
    demo: Callable[[], Path]
    """Makes a copy of the demo project and returns its folder."""


def retry_when_mended(app: "MpcoApp") -> None:
    """Reach for an engine that could not start again once mpco.toml, the usual reason, is another one."""
    before = _stamp(app.root)

    def look() -> None:
        if app.engine != "failed":
            timer.stop()
        elif _stamp(app.root) != before:
            timer.stop()
            app.action_reconnect()

    timer = app.set_interval(LOOK_SECONDS, look)


def _stamp(root: Path) -> tuple[int, int]:
    try:
        found = (root / CONFIG).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
