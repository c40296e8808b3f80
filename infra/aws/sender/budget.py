"""How many requests a second may be made: all that an account calls shares API Gateway's 10,000."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A rate and how many may go at once after a pause. Raises ValueError unless both let something through.

    Event loops wake up to the millisecond: with a burst of less than a few of them are worth, the rate is not reached.
    """

    per_s: float
    burst: float

    def __post_init__(self) -> None:
        if not (self.per_s > 0 and self.burst >= 1):
            raise ValueError(f"a budget of {self.per_s}/s with a burst of {self.burst} lets nothing through")


class TokenBucket:
    """A budget that is being spent. Times are seconds of one clock that does not go back."""

    __slots__ = ("_at_s", "_budget", "_tokens")

    def __init__(self, budget: Budget, now_s: float) -> None:
        self._budget = budget
        self._tokens = budget.burst
        self._at_s = now_s

    def take(self, now_s: float) -> float:
        """0.0 if one request may go now, which is then spent; else how many seconds until one may."""
        tokens = min(self._budget.burst, self._tokens + (now_s - self._at_s) * self._budget.per_s)
        self._at_s = now_s
        if tokens >= 1.0:
            self._tokens = tokens - 1.0
            return 0.0
        self._tokens = tokens
        return (1.0 - tokens) / self._budget.per_s
