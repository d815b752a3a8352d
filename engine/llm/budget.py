"""Keeps a session's spend under its caps: money is reserved before a call and settled after it.

Calls run in parallel, so looking at what was spent so far is not enough: what is under way counts as well.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.errors import BudgetError
from engine.llm import prices
from engine.llm.prices import CHARACTERS_PER_TOKEN
from engine.model import Message, Usage

OUTPUT_TOKENS = 8192
"""Reserved for an answer whose length is not limited by max_tokens in the LLM's params."""


class Reservation(msgspec.Struct):
    """What one call may take at most; it grows when an answer turns out longer than expected."""

    id: int
    model: str
    tokens: int
    usd: float
    output_tokens: int
    usd_per_output_token: float

    @property
    def characters(self) -> int:
        """How long an answer it is enough for, roughly."""
        return self.output_tokens * CHARACTERS_PER_TOKEN


class Budget:
    """The caps of one session; None is no cap."""

    def __init__(self, max_usd: float | None = None, max_tokens: int | None = None) -> None:
        self.max_usd = max_usd
        self.max_tokens = max_tokens
        self.usd = 0.0
        """Spent so far, as far as prices are known."""
        self.tokens = 0
        """Input and output tokens taken so far."""
        self._open: dict[int, Reservation] = {}
        self._made = 0
        self._waiting: list[asyncio.Future[bool]] = []

    @property
    def busy(self) -> bool:
        """Whether calls are under way that may give back some of what they hold."""
        return bool(self._open)

    def begin_anew(self) -> None:
        """Count from nothing again, for a session of its own."""
        self.usd, self.tokens = 0.0, 0
        self._wake(go_on=True)

    def cap(self, max_usd: float | None, max_tokens: int | None) -> None:
        """Set other caps; calls that wait for room try again."""
        self.max_usd, self.max_tokens = max_usd, max_tokens
        self._wake(go_on=True)

    async def room(self) -> bool:
        """Wait until money has come back or the caps have changed; False when the waiting calls were given up."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            return await future
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def give_up(self) -> None:
        """Tell the calls that wait for room that there will be none."""
        self._wake(go_on=False)

    def reserve(self, model: str, messages: tuple[Message, ...], params: Mapping[str, Any] = {}) -> Reservation:
        """Set aside what a call may take.

        Raises:
            BudgetError: when the call could go over a cap; nothing is set aside then.
        """
        output = output_limit(model, params)
        price = (0.0, 0.0) if self.max_usd is None else prices.prices(model, params)
        if price is None:
            raise BudgetError(
                f"The price of {model} is unknown, so max_usd cannot be kept: give input_cost_per_token and "
                "output_cost_per_token in its params (0 when it is free), or remove max_usd from [budget]."
            )
        capped = self.max_usd is not None or self.max_tokens is not None
        sent = prices.count_tokens(model, messages) if capped else 0
        usd = sent * price[0] + output * price[1]
        self._check(model, usd, sent + output)
        self._made += 1
        reservation = Reservation(self._made, model, sent + output, usd, output, price[1])
        self._open[reservation.id] = reservation
        return reservation

    def extend(self, reservation: Reservation) -> None:
        """Set aside as much again for an answer that is longer than was reserved for.

        Raises:
            BudgetError: when that could go over a cap.
        """
        usd = reservation.output_tokens * reservation.usd_per_output_token
        self._check(reservation.model, usd, reservation.output_tokens)
        reservation.usd += usd
        reservation.tokens += reservation.output_tokens
        reservation.output_tokens *= 2

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Give back what was set aside and count what was taken; None when the call took nothing."""
        self._open.pop(reservation.id, None)
        if usage is not None:
            self.count(usage)
        self._wake(go_on=True)

    def count(self, usage: Usage) -> None:
        """Add usage that was not reserved here, as when a session is taken up again."""
        self.usd += usage.usd or 0.0
        self.tokens += usage.input_tokens + usage.output_tokens

    def _wake(self, *, go_on: bool) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(go_on)
        self._waiting.clear()

    def _check(self, model: str, usd: float, tokens: int) -> None:
        # Nothing to count against is no call to refuse: free models go on when the money is gone.
        if self.max_usd is not None and usd > 0:
            left = self.max_usd - self.usd - sum(item.usd for item in self._open.values())
            if usd > left:
                raise BudgetError(
                    f"Asking {model} could cost ${usd:.4f}, but only ${max(0.0, left):.4f} of the budget of "
                    f"${self.max_usd:.4f} is left; raise max_usd in [budget] to go on.",
                    raisable=True,
                )
        if self.max_tokens is not None:
            left_tokens = self.max_tokens - self.tokens - sum(item.tokens for item in self._open.values())
            if tokens > left_tokens:
                raise BudgetError(
                    f"Asking {model} could take {tokens} tokens, but only {max(0, left_tokens)} of the budget of "
                    f"{self.max_tokens} are left; raise max_tokens in [budget] to go on."
                )


def output_limit(model: str, params: Mapping[str, Any]) -> int:
    """The most tokens an answer is expected to have."""
    for key in ("max_completion_tokens", "max_tokens"):
        if isinstance(params.get(key), int):
            return int(params[key])
    return min(prices.facts(model).max_output or OUTPUT_TOKENS, OUTPUT_TOKENS)
