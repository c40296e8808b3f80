"""How fast: how many places of the ring the next slice may hold under a pace, and when it may go."""

from __future__ import annotations

import math
from typing import Final

from services.domain.ring import SIZE
from services.domain.strategies.strategy import Pace

SHORTEST_SLICE_S: Final = 1.0
LONGEST_SLICE_S: Final = 5.0
"""A slice is worth so many seconds of the pace, the shorter of them where there is little to send."""
SLICES_OF_SHORT_ONES: Final = 20
"""What is sent within a minute or so is cut into about so many."""
FEW_PLACES: Final = SIZE // 64
"""So much is believed of an expectation before it has been seen: as if these places had been walked."""
MOST_GROWTH: Final = 3
"""A slice holds at most so many times the places that were walked before it, so that who has come since the audience
was counted is met by few places first."""
MOST_DEBT_S: Final = 1.0
"""If a slice found more than expected, the next one goes all the same when it is not more than so much too early, and
the one after it makes up for that. The same the other way round."""


def per_second_at(pace: Pace, reached: int) -> float:
    """The pace when so many terminals were reached: the ramp's rate, up to the pace."""
    ramp = pace.ramp
    if ramp is None:
        return pace.per_second
    risen = reached // ramp.each
    # A power that is far beyond the pace would overflow.
    if risen * math.log(ramp.multiply_by) >= math.log(pace.per_second / ramp.from_per_second):
        return pace.per_second
    return min(pace.per_second, ramp.from_per_second * ramp.multiply_by**risen)


def to_rise(pace: Pace, reached: int) -> int | None:
    """How many terminals are still to be reached until the ramp rises; None if it does not any more."""
    if pace.ramp is None or per_second_at(pace, reached) >= pace.per_second:
        return None
    return pace.ramp.each - reached % pace.ramp.each


def density(expected: int, *, found: int, walked: int) -> float:
    """Terminals per place: what was expected on the whole ring and what was found on the places walked, weighed."""
    return (found + expected * FEW_PLACES / SIZE) / (walked + FEW_PLACES)


def slice_places(
    per_second: float, terminals_per_place: float, *, left: int, walked: int, foreseen_s: float = 0.0
) -> int:
    """How many of the `left` places the next slice holds; at least one.

    It is worth 1 to 5 seconds of the pace, but at least one terminal, and the rest is cut evenly. A forecast, which
    knows that nothing else happens for `foreseen_s`, takes up to half of what is left at once.
    """
    most = max(FEW_PLACES, MOST_GROWTH * walked)
    if terminals_per_place > 0:
        all_s = left * terminals_per_place / per_second
        worth_s = min(max(all_s / SLICES_OF_SHORT_ONES, SHORTEST_SLICE_S), LONGEST_SLICE_S)
        worth_s = max(worth_s, min(all_s / 2, foreseen_s - LONGEST_SLICE_S))
        most = min(most, math.ceil(max(1.0, per_second * worth_s) / terminals_per_place))
    slices = math.ceil(left / most)
    return max(1, math.ceil(left / slices))
