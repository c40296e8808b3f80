"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

MAX_RETRY_AFTER_S = 3_600.0
"""Longest wait that a server can ask for: a mistyped header must not silence a terminal for a week."""


@dataclass(slots=True)
class Backoff:
    """Exponential backoff with full jitter: each wait is drawn from 0 to a bound that doubles up to `cap_s`.

    Full jitter, since thousands of terminals lose their connections in the same moment, and API Gateway
    takes 500 new ones a second per account (WebSocket quotas). The first bound is `base_s`.
    """

    base_s: float = 1.0
    cap_s: float = 60.0
    rng: Random = field(default_factory=Random)
    _attempt: int = 0

    def next_s(self, retry_after_s: float | None = None) -> float:
        """Seconds to wait now. What the server asked for, `retry_after_s`, comes on top of the jitter."""
        bound_s = min(self.cap_s, self.base_s * 2 ** min(self._attempt, 32))
        self._attempt += 1
        asked_s = min(max(0.0, retry_after_s or 0.0), MAX_RETRY_AFTER_S)
        return asked_s + self.rng.uniform(0.0, bound_s)

    def reset(self) -> None:
        """Begin anew, after a connection that held."""
        self._attempt = 0
