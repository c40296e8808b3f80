"""Which lanes a push has: those whose window opens at the same moment, asked once, when the push begins.

Where each terminal's own clock rules and something is released later on (waves, a pace, what is sent again), those
whose window is open already are told apart by when it opened, since it shuts in that order too.
"""

from __future__ import annotations

from datetime import UTC, datetime

from services.domain import time_zones
from services.domain.pushes import Push
from services.domain.strategies.strategy import Window
from services.domain.targets.expression import Opening
from services.domain.timeline import windows
from services.domain.timeline.run import Lane


def lanes_at(push: Push, ready_at_s: float) -> tuple[Lane, ...]:
    """The lanes of a push that begins at `ready_at_s`, those that open first in front.

    Where each terminal's own clock rules, a lane for every moment at which a window opens anywhere, so that terminals
    that come later find theirs. Of a strategy that drops, only those lanes that are open now: perhaps none.
    """
    window = push.strategy.open_window
    if window is None:
        return (Lane(opens_at_s=ready_at_s, phase="send", since_s=ready_at_s, due_at_s=None),)
    if window.attribute is None:
        opens = {windows.next_open(window, window.timezone, ready_at_s): window.timezone}
    else:
        opens = _openings(push, window, ready_at_s)
    return tuple(
        Lane(
            id=timezone if window.attribute is None else f"{datetime.fromtimestamp(opens_at_s, UTC):%Y-%m-%dT%H:%MZ}",
            timezone=timezone,
            opens_at_s=opens_at_s,
            phase="window",
            since_s=ready_at_s,
            due_at_s=max(opens_at_s, ready_at_s),
        )
        for opens_at_s, timezone in sorted(opens.items())
        if window.outside == "wait" or opens_at_s <= ready_at_s
    )


def opening_of(push: Push, window: Window, lane: Lane, ready_at_s: float) -> Opening:
    """What tells the rows of a lane, where each terminal's own clock rules."""
    return Opening(
        window, ready_at_s, lane.opens_at_s, since_before=_is_one_release(push) and lane.opens_at_s == ready_at_s
    )


def terminals_in(push: Push, lane: Lane) -> int:
    """How many terminals of a lane the push's profile knows."""
    profile, window, ready_at_s = push.profile, push.strategy.open_window, push.run.ready_at_s
    if profile is None:
        return 0
    if window is None or window.attribute is None or ready_at_s is None:
        return profile.terminals
    return sum(
        terminals
        for value, terminals in profile.by_timezone.items()
        if _opens_at_s(push, window, windows.zone_of(window, value), ready_at_s) == lane.opens_at_s
    )


def _openings(push: Push, window: Window, ready_at_s: float) -> dict[float, str]:
    """When the window opens in all the world, each moment with the zone that speaks for its lane later on.

    That is the one which most terminals have, and of none known one that is named after a city.
    """
    known = {} if push.profile is None else push.profile.by_timezone

    def weight(name: str) -> tuple[int, bool, bool, str]:
        terminals = known.get(name, 0) + (known.get("", 0) if name == window.timezone else 0)
        return terminals, "/" in name, not name.startswith("Etc/"), name

    found: dict[float, str] = {}
    for name in sorted(time_zones.names(), key=weight):
        found[_opens_at_s(push, window, name, ready_at_s)] = name
    return found


def _opens_at_s(push: Push, window: Window, zone_name: str, ready_at_s: float) -> float:
    opens_at_s = windows.opening(window, zone_name, ready_at_s)
    return max(opens_at_s, ready_at_s) if _is_one_release(push) else opens_at_s


def _is_one_release(push: Push) -> bool:
    """Whether each lane is released as a whole when it opens, and never again."""
    strategy = push.strategy
    resends = strategy.ack is not None and strategy.ack.resend > 0
    return len(strategy.stages) == 1 and strategy.pace is None and not resends
