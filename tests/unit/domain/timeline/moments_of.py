"""Moments as tests write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def utc(text: str) -> float:
    """The epoch seconds of a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def local(text: str, zone: str, *, fold: int = 0) -> float:
    """The epoch seconds of a time by the clock of a zone; `fold` 1 is the second time that it shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def shown(at_s: float, zone: str) -> str:
    """What the clock of a zone shows, with its offset."""
    return datetime.fromtimestamp(at_s, ZoneInfo(zone)).isoformat(timespec="minutes")
