"""When a push is to be sent: at once, at a moment, or again and again."""

from __future__ import annotations

from collections.abc import Mapping
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

    def expires_at_s(self, expires_in_s: int | None, *, now_s: float) -> float | None:
        """When a push submitted at `now_s` ends, which lives `expires_in_s` from its time to be sent on.

        None: never. One that repeats has no end of its own: each of its runs has one.
        """
        if expires_in_s is None or self.repeat is not None:
            return None
        return max(now_s, self.send_at_s or now_s) + expires_in_s


AT_ONCE: Final = Schedule()


def to_json(schedule: Schedule) -> dict[str, object]:
    """A schedule as it is kept; what it does not have is left out."""
    written: dict[str, object] = {}
    if schedule.send_at_s is not None:
        written["send_at_s"] = schedule.send_at_s
    if schedule.repeat is not None:
        repeat = schedule.repeat
        written["repeat"] = [repeat.cron, repeat.timezone, repeat.until_s, repeat.times]
    return written


def from_json(value: Mapping[str, object]) -> Schedule:
    """The schedule that `to_json` wrote."""
    repeat = value.get("repeat")
    return Schedule(
        send_at_s=_optional_s(value.get("send_at_s")), repeat=_repeat(*repeat) if isinstance(repeat, list) else None
    )


def _repeat(*written: object) -> Repeat:
    cron, timezone, until_s, times = written
    return Repeat(
        cron=str(cron),
        timezone=str(timezone),
        until_s=_optional_s(until_s),
        times=None if times is None else int(str(times)),
    )


def _optional_s(value: object) -> float | None:
    if value is None:
        return None
    assert isinstance(value, int | float)
    return float(value)
