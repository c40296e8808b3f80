"""A token bucket, as API Gateway throttles: a steady rate and a burst."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """Holds at most `burst` tokens and gains `rate_per_s`; a rate of None never runs dry.

    `clock` gives seconds that only go forward.
    """

    __slots__ = ("_at_s", "_burst", "_clock", "_rate_per_s", "_tokens")

    def __init__(self, rate_per_s: float | None, burst: int, clock: Callable[[], float]) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at_s = clock()

    def take(self, wanted: int = 1) -> int:
        """Take up to `wanted` tokens; returns how many there were."""
        if self._rate_per_s is None:
            return wanted
        now_s = self._clock()
        self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return taken
