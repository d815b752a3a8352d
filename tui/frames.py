"""When the app paints: at most so often, and what the reader's keys do before what merely grows."""

import asyncio
from collections.abc import Callable
from time import monotonic

FRAME_SECONDS = 1 / 30
"""The screen is painted at most this often, whatever the LLMs send."""
KEY_SECONDS = 0.1
"""So long after a key only what is urgent is painted: its own frame, those of more keys while it is held down."""
LONGEST_SECONDS = 1.5
"""After so long growth is painted all the same; of keys that come 25 times a second, one in forty waits for it then."""


class Frames:
    """Calls `paint` by `call` (as `MessagePump.call_next`) when it is due, once for all that has changed until then."""

    def __init__(self, call: Callable[[Callable[[], None]], None], paint: Callable[[], None]) -> None:
        self._call = call
        self._paint = paint
        self._painted = self._keyed = 0.0
        self._urgent = False
        self._timer: asyncio.TimerHandle | None = None

    def key_pressed(self) -> None:
        """A person waits for something."""
        self._keyed = monotonic()

    def soon(self, *, growth: bool = False) -> None:
        """Paint with the next frame; what is `growth` only, such as a stream's next words, leaves keys their time."""
        if not growth and not self._urgent:
            self._urgent = True
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if self._timer is None:
            wait = max(0.001, self._due - monotonic())
            # Not `set_timer`: that one never calls back when the machine is so busy that it begins to wait too late.
            self._timer = asyncio.get_running_loop().call_later(wait, self._call, self._frame)

    @property
    def _due(self) -> float:
        next_frame = self._painted + FRAME_SECONDS
        if self._urgent:
            return next_frame
        return max(next_frame, min(self._keyed + KEY_SECONDS, self._painted + LONGEST_SECONDS))

    def _frame(self) -> None:
        self._timer = None
        if monotonic() < self._due:  # a key was pressed meanwhile
            self.soon(growth=True)
            return
        self._painted = monotonic()
        self._urgent = False
        self._paint()
