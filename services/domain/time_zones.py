"""IANA time zones by name: the rules that come with Python's `tzdata`, so that every runtime has the same."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every name."""
    return frozenset(available_timezones())


def is_known(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in names()


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone of a name; UTC for one that is not known (any more): a push that was kept must go on."""
    return ZoneInfo(name if is_known(name) else "UTC")
