"""Keeps a session's spend under its caps: money is reserved before a call and settled after it.

Calls run in parallel, so looking at what was spent so far is not enough: what is under way counts as well.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from engine.errors import BudgetError
from engine.llm import prices
from engine.model import Message, Usage

OUTPUT_TOKENS = 8192
"""Reserved for an answer whose length is not limited by max_tokens in the LLM's params."""


class Reservation(msgspec.Struct, frozen=True):
    """What one call may take at most."""

    id: int
    tokens: int
    usd: float


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

    def reserve(self, model: str, messages: tuple[Message, ...], params: Mapping[str, Any] = {}) -> Reservation:
        """Set aside what a call may take.

        Raises:
            BudgetError: when the call could go over a cap; nothing is set aside then.
        """
        output = _output_limit(model, params)
        usd = prices.estimate_usd(model, messages, output, params) if self.max_usd is not None else 0.0
        if usd is None:
            raise BudgetError(
                f"The price of {model} is unknown, so max_usd cannot be kept: give input_cost_per_token and "
                "output_cost_per_token in its params (0 when it is free), or remove max_usd from [budget]."
            )
        counted = prices.count_tokens(model, messages) if self.max_tokens is not None else 0
        # Nothing to count against is no call to refuse: free models go on when the money is gone.
        self._check_usd(model, usd)
        self._check_tokens(model, counted + output)
        self._made += 1
        reservation = Reservation(self._made, counted + output, usd)
        self._open[reservation.id] = reservation
        return reservation

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Give back what was set aside and count what was taken; None when the call told of no usage."""
        self._open.pop(reservation.id, None)
        if usage is not None:
            self.count(usage)

    def count(self, usage: Usage) -> None:
        """Add usage that was not reserved here, as when a session is taken up again."""
        self.usd += usage.usd or 0.0
        self.tokens += usage.input_tokens + usage.output_tokens

    def _check_usd(self, model: str, usd: float) -> None:
        if self.max_usd is None or usd == 0:
            return
        left = self.max_usd - self.usd - sum(item.usd for item in self._open.values())
        if usd > left:
            raise BudgetError(
                f"Asking {model} could cost ${usd:.4f}, but only ${max(0.0, left):.4f} of the budget of "
                f"${self.max_usd:.2f} is left; raise max_usd in [budget] to go on."
            )

    def _check_tokens(self, model: str, tokens: int) -> None:
        if self.max_tokens is None:
            return
        left = self.max_tokens - self.tokens - sum(item.tokens for item in self._open.values())
        if tokens > left:
            raise BudgetError(
                f"Asking {model} could take {tokens} tokens, but only {max(0, left)} of the budget of "
                f"{self.max_tokens} are left; raise max_tokens in [budget] to go on."
            )


def _output_limit(model: str, params: Mapping[str, Any]) -> int:
    """The most tokens an answer is expected to have."""
    for key in ("max_completion_tokens", "max_tokens"):
        if isinstance(params.get(key), int):
            return int(params[key])
    return min(prices.facts(model).max_output or OUTPUT_TOKENS, OUTPUT_TOKENS)
