"""When a window is open: by the clock on the wall of a time zone, daylight saving included.

Both edges of an opening are the first moment at which the clock shows them. Where it skips an edge (the gap in spring),
the edge is the first moment after the gap; where it shows one twice (the fold in autumn), the first time counts, so
that a window opens once. An opening of no length, both of its edges in one gap, is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.domain import time_zones
from services.domain.identity import AttributeValue
from services.domain.strategies.strategy import Window

_DAYS_BEFORE: Final = 3
"""An opening that still lasts began at most so many days ago: it may go over midnight, and a zone may skip a day."""
_DAYS_AHEAD: Final = 400
"""So far the next opening is looked for. A window opens every week, but where a zone skips that very hour."""
_LATEST_S: Final = datetime(9990, 1, 1, tzinfo=UTC).timestamp()
_EARLIEST_S: Final = datetime(1910, 1, 1, tzinfo=UTC).timestamp()


def next_open(window: Window, zone_name: str, at_s: float) -> float:
    """`at_s` itself if the window is open then by the clock of that zone, else when it opens next; epoch seconds."""
    return max(opening(window, zone_name, at_s), at_s)


@lru_cache(maxsize=8192)
def opening(window: Window, zone_name: str, at_s: float) -> float:
    """When the window opened that is open at `at_s`, else when it opens next."""
    for opens_s, closes_s in _openings(window, zone_name, at_s):
        if closes_s > at_s:
            return opens_s
    return at_s


def closes(window: Window, zone_name: str, at_s: float) -> float | None:
    """When the window that is open at `at_s` closes. None if it never does, or is not open."""
    until_s: float | None = None
    for opens_s, closes_s in _openings(window, zone_name, at_s):
        if closes_s <= at_s:
            continue
        if opens_s > (at_s if until_s is None else until_s):
            return until_s
        until_s = closes_s
        if closes_s > at_s + 8 * 86_400:
            return None
    return None


def is_open(window: Window, zone_name: str, at_s: float) -> bool:
    """Whether it is open at `at_s`; the moment of closing is outside of it."""
    return next_open(window, zone_name, at_s) == at_s


def zone_of(window: Window, value: AttributeValue | None) -> str:
    """The zone by whose clock the window is for a terminal whose attribute holds `value`; None: it has none.

    That is the window's own one where the window goes by no attribute, and for a value that names no zone.
    """
    if window.attribute is not None and isinstance(value, str) and time_zones.is_known(value):
        return value
    return window.timezone


def _openings(window: Window, zone_name: str, at_s: float) -> Iterator[tuple[float, float]]:
    """The openings from some days before `at_s` on, in order, none without length."""
    zone = time_zones.zone(zone_name)
    at_s = min(max(at_s, _EARLIEST_S), _LATEST_S)
    today = datetime.fromtimestamp(at_s, zone).date()
    over_midnight = window.to_minute <= window.from_minute
    for ahead in range(-_DAYS_BEFORE, _DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        if day.weekday() not in window.days:
            continue
        opens_s = _first_moment(zone, day, window.from_minute)
        closes_s = _first_moment(zone, day, window.to_minute + (1_440 if over_midnight else 0))
        if opens_s < closes_s:
            yield opens_s, closes_s


def _first_moment(zone: ZoneInfo, day: date, minute: int) -> float:
    """The first moment at which that zone's clock shows that minute of a day, or a later one if it skips it."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall's clock, no moment
    earlier = wall.replace(tzinfo=zone)
    later = wall.replace(tzinfo=zone, fold=1)
    before, after = earlier.utcoffset(), later.utcoffset()
    assert before is not None
    assert after is not None
    if after <= before:
        return earlier.timestamp()
    return _change(zone, later.timestamp(), earlier.timestamp(), after)


@lru_cache(maxsize=4096)
def _change(zone: ZoneInfo, before_s: float, after_s: float, offset: timedelta) -> float:
    """The second in (before_s, after_s] from which on the zone has that offset."""
    while after_s - before_s > 1:
        middle_s = (before_s + after_s) // 2
        if datetime.fromtimestamp(middle_s, zone).utcoffset() == offset:
            after_s = middle_s
        else:
            before_s = middle_s
    return after_s
