"""When a webhook that was not taken is tried again, and when it is given up."""

from __future__ import annotations

from typing import Final

FIRST_WAIT_S: Final = 5.0
FACTOR: Final = 2.5
LONGEST_WAIT_S: Final = 3 * 3_600.0
JITTER: Final = 0.2
"""How much a wait may differ, either way: those that failed together must not come together again."""
GIVEN_UP_AFTER_S: Final = 86_400.0
"""An event that nobody took for a day is given up."""
TRIES: Final = 17
"""About how often one is tried in that day; where tries are counted and not the time, this is when it is given up."""


def wait_s(tries: int, *, chance: float, retry_after_s: float | None = None) -> float:
    """How long to wait after `tries` (at least 1) that have failed.

    Exponential up to three hours. `chance` is from 0 to 1. An endpoint may ask for more by `Retry-After`, up to the
    same three hours.
    """
    # 30 tries are past the longest wait by far, and the power of many more has no float.
    grown = FIRST_WAIT_S * FACTOR ** (min(tries, 30) - 1)
    wait = min(grown, LONGEST_WAIT_S) * (1 + JITTER * (2 * chance - 1))
    return max(wait, min(retry_after_s or 0.0, LONGEST_WAIT_S))
