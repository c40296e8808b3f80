"""When a push is to be sent: at once, at a moment, or again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A cron expression by the clock of a time zone (an IANA name), until a moment or so many times; None: for ever."""

    cron: str
    timezone: str = "UTC"
    until_s: float | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`send_at_s` is None for at once. With `repeat` the push itself reaches nobody: each run is a push of its own."""

    send_at_s: float | None = None
    repeat: Repeat | None = None


AT_ONCE: Final = Schedule()
