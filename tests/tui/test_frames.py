"""When the app paints: keys before streams, and no stream for ever behind keys."""

import asyncio
from collections.abc import Callable
from time import monotonic

from tui.frames import KEY_SECONDS, LONGEST_SECONDS, Frames


class Painter:
    """Counts what is painted, and when."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.painted = asyncio.Event()
        self.frames = Frames(self._call, self._paint)

    @staticmethod
    def _call(callback: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(callback)

    def _paint(self) -> None:
        self.at.append(monotonic())
        self.painted.set()

    async def next(self) -> float:
        """When it was painted the next time."""
        await self.painted.wait()
        self.painted.clear()
        return self.at[-1]


async def test_what_changes_at_the_same_time_is_painted_once() -> None:
    painter = Painter()
    for _ in range(5):
        painter.frames.soon()
        painter.frames.soon(growth=True)
    await painter.next()
    painter.frames.soon()
    await painter.next()
    assert len(painter.at) == 2


async def test_growth_leaves_the_time_after_a_key_to_the_key() -> None:
    painter = Painter()
    painter.frames.soon()
    await painter.next()
    painter.frames.soon(growth=True)
    painter.frames.key_pressed()
    pressed = monotonic()
    assert await painter.next() >= min(pressed + KEY_SECONDS, painter.at[0] + LONGEST_SECONDS) - 0.01


async def test_what_a_key_has_changed_does_not_wait_for_it() -> None:
    painter = Painter()
    painter.frames.soon()
    before = await painter.next()
    painter.frames.soon(growth=True)
    holding = True

    async def hold_a_key() -> None:
        while holding:
            painter.frames.key_pressed()
            await asyncio.sleep(0)

    held = asyncio.create_task(hold_a_key())
    painter.frames.soon()
    urgent = await painter.next()
    painter.frames.soon(growth=True)
    grown = await painter.next()  # a key that is held down for ever does not hide a stream for ever
    holding = False
    await held
    assert before < urgent < grown
    assert grown - urgent >= LONGEST_SECONDS - 0.01
