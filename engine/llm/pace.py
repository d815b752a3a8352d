"""Keeps the calls to one LLM below a number of requests a minute."""

import asyncio
from collections import deque

WINDOW = 60.0
"""Seconds over which providers count requests."""


class Pace:
    """The last requests of one LLM."""

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute
        self._begun: deque[float] = deque()

    def wait(self) -> float:
        """Seconds until the next request may be made; when that is now (0.0), it counts as made."""
        if self._per_minute is None:
            return 0.0
        now = asyncio.get_running_loop().time()
        while self._begun and self._begun[0] <= now - WINDOW:
            self._begun.popleft()
        if len(self._begun) >= self._per_minute:
            return self._begun[0] + WINDOW - now
        self._begun.append(now)
        return 0.0
