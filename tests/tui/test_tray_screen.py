"""The tray: what is accepted of all candidates, as one variant."""

from pathlib import Path

import msgspec

from engine.protocol import Clash, Decide, PreviewVariant, Snapshot, Variant
from tests.tui import samples
from tests.tui.conftest import OpenApp


def accepted(root: Path) -> Snapshot:
    """The sample session with every hunk of one candidate accepted."""
    whole = msgspec.structs.replace(samples.full(root), jobs=())
    first = whole.candidates[0]
    hunks = tuple(msgspec.structs.replace(hunk, decision="accepted") for hunk in first.hunks)
    return msgspec.structs.replace(
        whole, candidates=(msgspec.structs.replace(first, hunks=hunks), *whole.candidates[1:])
    )


async def test_an_empty_tray_says_how_it_is_filled(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        await person.press("T")
        await person.sees("The tray is empty.", "a accepts a hunk")
        await person.press("escape")
        await person.sees("▸ Profile")


async def test_the_tray_shows_what_is_accepted_and_drops_it(open_app: OpenApp, root: Path) -> None:
    session = accepted(root)
    first = session.candidates[0]
    async with open_app(session, size=(80, 24)) as person:
        person.engine.answers[PreviewVariant] = Variant(
            patch="a patch", evaluation="e-algorithms", files=first.files, hunks=first.hunks
        )
        await person.press("T")
        await person.sees("logreport/parse.py", "3 hunks of 1 candidate", "no conflicts")
        await person.press("r")
        command = await person.engine.received(Decide)
        assert command.decision == "pending" and len(command.hunks) == 1


async def test_conflicts_are_told_and_nothing_is_written_then(open_app: OpenApp, root: Path) -> None:
    session = accepted(root)
    one, other, *_ = (hunk.id for hunk in session.candidates[0].hunks)
    async with open_app(session) as person:
        clash = Clash(hunk=one, other=other, file="logreport/parse.py", line=3)
        person.engine.answers[PreviewVariant] = Variant(conflicts=(clash,))
        await person.press("T")
        await person.sees("! conflict at logreport/parse.py:3")
        await person.press("w")
        await person.misses("Write accepted hunks")
